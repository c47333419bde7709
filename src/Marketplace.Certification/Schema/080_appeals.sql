-- Appeals against decisions and complaints about a body's work (ISO/IEC 17065, 7.13): admitted by somebody who had no part, judged by a panel
-- of three people outside the case, each voting for themselves.

create type certification.appeal_kind as enum ('appeal', 'complaint');
create type certification.appeal_stage as enum ('filed', 'in_hearing', 'upheld', 'rejected', 'remitted', 'inadmissible', 'withdrawn');

create table certification.appeal (
    id          uuid primary key,
    tenant_id   text not null default kernel.tenant(),
    number      text not null,
    kind        certification.appeal_kind not null,
    application uuid not null references certification.application,
    -- The certificate whose suspension is appealed against; null for a refusal.
    certificate uuid references certification.certificate,
    body        uuid not null,
    household   uuid not null,
    village     text not null,
    ground      text not null check (length(ground) between 3 and 4000),
    stage       certification.appeal_stage not null default 'filed',
    version     int not null default 1,
    -- The panel's draw can be replayed from it.
    seed        text,
    filed_by    uuid not null default kernel.person(),
    filed_at    timestamptz not null default kernel.now(),
    unique (tenant_id, number)
);
create unique index "appeal-open" on certification.appeal (application, kind, filed_by) where stage in ('filed', 'in_hearing');
create index appeal_body on certification.appeal (body, id);
select kernel.protect('certification.appeal', 'select, insert');
grant update (stage, version, seed) on certification.appeal to marketplace_app;

-- A case that is judged again after an appeal, by other people and without a fee.
alter table certification.application add column appeal uuid references certification.appeal;

-- Whether the human behind an account stands outside a case: no part in it, no hand on its certificate, no interest.
create function certification.outside(a_application uuid, a_certificate uuid, a_person uuid) returns boolean
    language sql stable security definer set search_path = certification, pg_temp as
$$
    with mine as (select certification.accounts(a_person) as accounts)
    select not exists (select from participation p, mine where p.application = a_application and p.person = any (mine.accounts))
       and not exists (select from certificate_change c, mine where c.certificate = a_certificate and c.person = any (mine.accounts))
       and not exists (select from application a where a.id = a_application and certification.conflicted(a, a_person))
$$;
revoke all on function certification.outside from public;
grant execute on function certification.outside to marketplace_app;

create table certification.appeal_admission (
    appeal      uuid primary key references certification.appeal,
    tenant_id   text not null default kernel.tenant(),
    admissible  boolean not null,
    reason      text not null check (length(reason) between 3 and 2000),
    person      uuid not null default kernel.person(),
    recorded_at timestamptz not null default kernel.now()
);
select kernel.protect('certification.appeal_admission', 'select, insert');

create table certification.panelist (
    appeal      uuid not null references certification.appeal,
    place       int not null check (place between 1 and 3),
    tenant_id   text not null default kernel.tenant(),
    person      uuid not null,
    drawn_at    timestamptz not null default kernel.now(),
    primary key (appeal, place),
    constraint "own-work" unique (appeal, person)
);
select kernel.protect('certification.panelist', 'select, insert');

create table certification.appeal_statement (
    appeal      uuid not null references certification.appeal,
    number      int not null check (number > 0),
    tenant_id   text not null default kernel.tenant(),
    text        text not null check (length(text) between 3 and 4000),
    person      uuid not null default kernel.person(),
    recorded_at timestamptz not null default kernel.now(),
    primary key (appeal, number)
);
select kernel.protect('certification.appeal_statement', 'select, insert');

create table certification.appeal_vote (
    appeal      uuid not null references certification.appeal,
    person      uuid not null default kernel.person(),
    tenant_id   text not null default kernel.tenant(),
    outcome     certification.appeal_stage not null check (outcome in ('upheld', 'rejected', 'remitted')),
    reason      text not null check (length(reason) between 3 and 2000),
    recorded_at timestamptz not null default kernel.now(),
    primary key (appeal, person)
);
select kernel.protect('certification.appeal_vote', 'select, insert');

-- Whoever acts signs for themselves, at the transaction's time, while the appeal is at that stage. The appeal's row is shared until commit:
-- nothing is added beside its end.
create function certification.heard() returns trigger language plpgsql security definer set search_path = certification, pg_temp as
$$
declare
    v_appeal appeal;
begin
    select * into v_appeal from appeal where id = new.appeal for share;
    if v_appeal.stage <> tg_argv[0]::appeal_stage then
        raise exception using errcode = 'P0001', constraint = 'wrong-stage', message = 'The appeal is not in a stage that allows this.';
    end if;
    if tg_table_name = 'panelist' then
        new.drawn_at := kernel.now();
    else
        if new.person is distinct from kernel.person() then
            raise exception using errcode = 'P0001', constraint = 'not-assigned', message = 'Nobody signs for somebody else.';
        end if;
        new.recorded_at := kernel.now();
    end if;
    if tg_table_name in ('panelist', 'appeal_admission')
        and (v_appeal.filed_by = any (accounts(new.person)) or not outside(v_appeal.application, v_appeal.certificate, new.person)) then
        raise exception using errcode = 'P0001', constraint = 'own-work', message = 'Nobody judges a case they had a part in.';
    end if;
    if tg_table_name = 'panelist' and exists (select from appeal_admission where appeal = new.appeal and person = new.person) then
        raise exception using errcode = 'P0001', constraint = 'own-work', message = 'Who admits an appeal does not judge it.';
    end if;
    if tg_table_name = 'appeal_vote' and not exists (select from panelist where appeal = new.appeal and person = new.person) then
        raise exception using errcode = 'P0001', constraint = 'not-assigned', message = 'Only the panel votes.';
    end if;
    return new;
end
$$;
create trigger heard before insert on certification.appeal_admission for each row execute function certification.heard('filed');
create trigger heard before insert on certification.panelist for each row execute function certification.heard('filed');
create trigger heard before insert on certification.appeal_statement for each row execute function certification.heard('in_hearing');
create trigger heard before insert on certification.appeal_vote for each row execute function certification.heard('in_hearing');

-- What the panel says: the outcome two of three agree on; three different opinions send the case back. Null while it is open.
create function certification.panel_outcome(a_appeal uuid) returns certification.appeal_stage
    language sql stable security definer set search_path = certification, pg_temp as
$$
    select coalesce((select outcome from appeal_vote where appeal = a_appeal group by outcome having count(*) >= 2),
                    (select 'remitted'::appeal_stage from appeal_vote where appeal = a_appeal having count(*) = 3))
$$;
grant execute on function certification.panel_outcome to marketplace_app;

create function certification.appeal_turns() returns trigger language plpgsql security definer set search_path = certification, pg_temp as
$$
declare
    v_admissible boolean;
begin
    select admissible into v_admissible from appeal_admission where appeal = new.id;
    if new.stage <> old.stage and not coalesce(case new.stage
        when 'in_hearing' then old.stage = 'filed' and v_admissible and (select count(*) = 3 from panelist where appeal = new.id)
        when 'inadmissible' then old.stage = 'filed' and not v_admissible
        when 'withdrawn' then old.stage in ('filed', 'in_hearing')
        else old.stage = 'in_hearing' and panel_outcome(new.id) = new.stage end, false) then
        raise exception using errcode = 'P0001', constraint = 'wrong-stage', message = 'The appeal does not go that way.';
    end if;
    return new;
end
$$;
create trigger appeal_turns before update on certification.appeal for each row execute function certification.appeal_turns();

-- An appeal is about a refusal, or a suspension that lasts; a complaint is about any case that is over.
create function certification.appeal_filed() returns trigger language plpgsql security definer set search_path = certification, pg_temp as
$$
declare
    v_case application;
begin
    select * into v_case from application where id = new.application;
    if new.kind = 'appeal' and not (case when new.certificate is null then v_case.stage = 'refused'
        else exists (select from certificate where id = new.certificate and application = new.application and state = 'suspended') end) then
        raise exception using errcode = 'P0001', constraint = 'nothing-to-appeal', message = 'There is no refusal or suspension to appeal against.';
    end if;
    if (v_case.body, v_case.household, v_case.village) is distinct from (new.body, new.household, new.village) then
        raise exception using errcode = 'P0001', constraint = 'nothing-to-appeal', message = 'The appeal is about another case.';
    end if;
    new.filed_at := kernel.now();
    return new;
end
$$;
create trigger appeal_filed before insert on certification.appeal for each row execute function certification.appeal_filed();

-- Judged again means by other people: nobody takes part, or is drawn for one, who worked on the case appealed against or heard the appeal.
create or replace function certification.own_work(a_case certification.application, a_person uuid, a_part certification.part) returns boolean
    language sql stable as
$$
    with mine as (select certification.accounts(a_person) as accounts)
    select exists (select from certification.participation p, mine
                    where p.application = a_case.id and p.part <> a_part and p.person = any (mine.accounts))
        or exists (select from unnest(enum_range(null::certification.part)) as other, mine
                    where other <> a_part and (to_jsonb(a_case) ->> other::text)::uuid = any (mine.accounts))
        or exists (select from identity.public_human h, mine
                    where h.person = any (mine.accounts)
                      and (h.household = a_case.household
                           or exists (select from registry.public_household_human m where m.household = a_case.household and m.human = h.human)))
        or exists (select from certification.appeal p, mine
                    where p.id = a_case.appeal
                      and (exists (select from certification.participation o
                                    where o.application = p.application and o.part <> 'producer' and o.person = any (mine.accounts))
                           or exists (select from certification.panelist o where o.appeal = p.id and o.person = any (mine.accounts))))
$$;
