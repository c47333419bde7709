-- Appeals count humans, not telephones; panels are refilled; a suspension may be stayed; scope certificates are appealed like any other.

alter table certification.appeal add column scope uuid references certification.scope, add check (num_nonnulls(certificate, scope) <= 1),
    add column ended_at timestamptz, add check ((stage in ('filed', 'in_hearing')) = (ended_at is null));
-- One appeal against a decision at a time, whoever of the household files it; everybody may complain for themselves.
drop index certification."appeal-open";
create unique index "appeal-open" on certification.appeal (coalesce(certificate, scope, application), kind, (case kind when 'complaint' then filed_by end))
    nulls not distinct where stage in ('filed', 'in_hearing');

-- Judged again means by other people: nobody takes part, or is drawn for one, who had a part in a case before it in the line of appeals, who
-- belongs to its household, or who judged one of those appeals.
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
        or exists (select from certification.appeal p join certification.application o on o.id = p.application, mine
                    where p.id = a_case.appeal
                      and (certification.own_work(o, a_person, 'producer')
                           or exists (select from certification.panelist l where l.appeal = p.id and l.person = any (mine.accounts))))
$$;

-- Whether the human behind an account may judge an appeal: not of the household, no part in the case or one before it, no hand on what is appealed
-- against, no interest, did not file it and judged no other appeal of the case.
create function certification.may_judge(a_appeal uuid, a_person uuid) returns boolean
    language sql stable security definer set search_path = certification, pg_temp as
$$
    -- The household appealed for, which is not the case's own under a group's scope.
    with mine as (select certification.accounts(a_person) as accounts)
    select coalesce((select p.filed_by <> all (mine.accounts) and not own_work(theirs, a_person, 'producer') and not conflicted(theirs, a_person)
                            and not exists (select from participation o where o.application = a.id and o.person = any (mine.accounts))
                            and not exists (select from certificate_change c where c.certificate = p.certificate and c.person = any (mine.accounts))
                            and not exists (select from scope_change c where c.scope = p.scope and c.person = any (mine.accounts))
                            and not exists (select from panelist l join appeal other on other.id = l.appeal
                                             where other.application = a.id and other.id <> p.id and l.person = any (mine.accounts))
                       from mine, appeal p join application a on a.id = p.application
                      cross join lateral jsonb_populate_record(a, jsonb_build_object('household', p.household, 'village', p.village)) as theirs
                      where p.id = a_appeal), false)
$$;
revoke all on function certification.may_judge from public;
grant execute on function certification.may_judge to marketplace_app;

-- A panelist who cannot go on leaves, and the next one of the same draw sits down in the same place.
alter table certification.panelist add column turn int not null default 1 check (turn > 0), add column left_at timestamptz, add column left_by uuid,
    add column left_because text check (length(left_because) between 3 and 2000), add check (num_nonnulls(left_at, left_by, left_because) in (0, 3));
alter table certification.panelist drop constraint panelist_pkey, add primary key (appeal, place, turn);
create unique index "panel-full" on certification.panelist (appeal, place) where left_at is null;
grant update (left_at, left_by, left_because) on certification.panelist to marketplace_app;

-- Whether the human behind an account admitted an appeal, or sits or sat on its panel.
create function certification.admitted_or_judges(a_appeal uuid, a_person uuid) returns boolean language sql as
$$
    select exists (select from certification.appeal_admission where appeal = a_appeal and person = any (certification.accounts(a_person)))
        or exists (select from certification.panelist where appeal = a_appeal and person = any (certification.accounts(a_person)))
$$;

create function certification.panelist_leaves() returns trigger language plpgsql security definer set search_path = certification, pg_temp as
$$
declare
    v_appeal appeal;
begin
    -- Waits for a vote under way, and a vote for it.
    select * into v_appeal from appeal where id = new.appeal for update;
    if v_appeal.stage <> 'in_hearing' or old.left_at is not null then
        raise exception using errcode = 'P0001', constraint = 'wrong-stage', message = 'The appeal is not in a stage that allows this.';
    end if;
    if new.left_by is distinct from kernel.person() then
        raise exception using errcode = 'P0001', constraint = 'not-assigned', message = 'Nobody signs for somebody else.';
    end if;
    if new.left_by <> new.person and not may_judge(new.appeal, new.left_by) then
        raise exception using errcode = 'P0001', constraint = 'own-work', message = 'Nobody judges a case they had a part in.';
    end if;
    if exists (select from appeal_vote where appeal = new.appeal and person = new.person) then
        raise exception using errcode = 'P0001', constraint = 'already-voted', message = 'This panelist has voted.';
    end if;
    new.left_at := kernel.now();
    return new;
end
$$;
create trigger panelist_leaves before update on certification.panelist for each row execute function certification.panelist_leaves();

-- Whether what is appealed against is still suspended by what was decided before: a later suspension has reasons of its own.
create function certification.suspension_stands(a_appeal uuid) returns boolean
    language sql stable security definer set search_path = certification, pg_temp as
$$
    select exists (select from appeal p join certificate c on c.id = p.certificate where p.id = a_appeal and c.state = 'suspended' and not exists (
                        select from certificate_change h where h.certificate = c.id and h.state = 'suspended' and h.recorded_at > p.filed_at))
        or exists (select from appeal p join scope s on s.id = p.scope where p.id = a_appeal and s.state = 'suspended' and not exists (
                        select from scope_change h where h.scope = s.id and h.state = 'suspended' and h.recorded_at > p.filed_at))
$$;
revoke all on function certification.suspension_stands from public;
grant execute on function certification.suspension_stands to marketplace_app;

-- Order of a deputy that a suspension does not bind while it is appealed against.
create table certification.appeal_stay (
    appeal      uuid primary key references certification.appeal,
    tenant_id   text not null default kernel.tenant(),
    reason      text not null check (length(reason) between 3 and 2000),
    person      uuid not null default kernel.person(),
    recorded_at timestamptz not null default kernel.now()
);
select kernel.protect('certification.appeal_stay', 'select, insert');

create or replace function certification.heard() returns trigger language plpgsql security definer set search_path = certification, pg_temp as
$$
declare
    v_appeal appeal;
begin
    select * into v_appeal from appeal where id = new.appeal for share;
    if v_appeal.stage::text <> all (tg_argv) then
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
    if tg_table_name = 'appeal_vote' and not exists (select from panelist where appeal = new.appeal and person = new.person and left_at is null) then
        raise exception using errcode = 'P0001', constraint = 'not-assigned', message = 'Only the panel votes.';
    end if;
    -- A vote too: an interest may have been declared since the draw.
    if tg_table_name <> 'appeal_statement' and not may_judge(new.appeal, new.person) then
        raise exception using errcode = 'P0001', constraint = 'own-work', message = 'Nobody judges a case they had a part in.';
    end if;
    if tg_table_name = 'panelist' and admitted_or_judges(new.appeal, new.person) then
        raise exception using errcode = 'P0001', constraint = 'own-work', message = 'Who admits an appeal does not judge it, and nobody has two votes.';
    end if;
    if tg_table_name = 'appeal_stay' and (v_appeal.kind <> 'appeal' or not suspension_stands(new.appeal)) then
        raise exception using errcode = 'P0001', constraint = 'nothing-to-stay', message = 'Only a suspension that is appealed against is stayed.';
    end if;
    return new;
end
$$;
drop trigger heard on certification.panelist;
create trigger heard before insert on certification.panelist for each row execute function certification.heard('filed', 'in_hearing');
create trigger heard before insert on certification.appeal_stay for each row execute function certification.heard('filed', 'in_hearing');
drop function certification.outside;

create or replace function certification.appeal_turns() returns trigger language plpgsql security definer set search_path = certification, pg_temp as
$$
declare
    v_admissible boolean;
begin
    select admissible into v_admissible from appeal_admission where appeal = new.id;
    if new.stage <> old.stage and not coalesce(case new.stage
        when 'in_hearing' then old.stage = 'filed' and v_admissible and (select count(*) = 3 from panelist where appeal = new.id and left_at is null)
        when 'inadmissible' then old.stage = 'filed' and not v_admissible
        when 'withdrawn' then old.stage in ('filed', 'in_hearing')
        else old.stage = 'in_hearing' and panel_outcome(new.id) = new.stage end, false) then
        raise exception using errcode = 'P0001', constraint = 'wrong-stage', message = 'The appeal does not go that way.';
    end if;
    new.ended_at := case when new.stage not in ('filed', 'in_hearing') then coalesce(old.ended_at, kernel.now()) end;
    return new;
end
$$;

-- When the refusal, or the suspension that lasts, was decided; null when there is none. A stay that ended with its appeal decided nothing anew.
create function certification.decided_at(a_application uuid, a_certificate uuid, a_scope uuid) returns timestamptz
    language sql stable security definer set search_path = certification, pg_temp as
$$
    select case
        when a_certificate is not null then (select max(h.recorded_at) from certificate c join certificate_change h on h.certificate = c.id
            where c.id = a_certificate and c.application = a_application and c.state = 'suspended' and h.state = 'suspended'
              and not exists (select from appeal p where p.certificate = c.id and p.ended_at = h.recorded_at))
        when a_scope is not null then (select max(h.recorded_at) from scope s join scope_change h on h.scope = s.id
            where s.id = a_scope and s.application = a_application and s.state = 'suspended' and h.state = 'suspended'
              and not exists (select from appeal p where p.scope = s.id and p.ended_at = h.recorded_at))
        else (select d.recorded_at from decision d join application a on a.id = d.application where a.id = a_application and a.stage = 'refused') end
$$;
revoke all on function certification.decided_at from public;
grant execute on function certification.decided_at to marketplace_app;

-- An appeal is about a refusal, or a suspension that lasts, and each is judged once; a complaint may be about any case.
create or replace function certification.appeal_filed() returns trigger language plpgsql security definer set search_path = certification, pg_temp as
$$
declare
    v_case    application;
    v_decided timestamptz := decided_at(new.application, new.certificate, new.scope);
begin
    select * into v_case from application where id = new.application;
    if new.kind = 'appeal' then
        if v_decided is null then
            raise exception using errcode = 'P0001', constraint = 'nothing-to-appeal', message = 'There is no refusal or suspension to appeal against.';
        end if;
        if exists (select from appeal p where p.application = new.application and p.kind = 'appeal' and p.stage in ('upheld', 'rejected', 'remitted')
                      and (p.certificate, p.scope) is not distinct from (new.certificate, new.scope) and p.filed_at >= v_decided) then
            raise exception using errcode = 'P0001', constraint = 'appeal-decided', message = 'A panel has judged this decision.';
        end if;
    end if;
    if (case when new.certificate is not null then not exists (select from certificate c where c.id = new.certificate
                and (c.application, c.issuer, c.household, c.village) = (new.application, new.body, new.household, new.village))
            else (v_case.body, v_case.household, v_case.village) is distinct from (new.body, new.household, new.village) end)
        or new.scope is not null and not exists (select from scope where id = new.scope and application = new.application) then
        raise exception using errcode = 'P0001', constraint = 'nothing-to-appeal', message = 'The appeal is about another case.';
    end if;
    new.filed_at := kernel.now();
    return new;
end
$$;
create unique index application_appeal on certification.application (appeal) where appeal is not null;
create index appeal_application on certification.appeal (application);

-- What a finding suspended comes back after the quality manager's ruling alone, whoever asks: the body, a deputy's stay or a panel.
create function certification.comes_back() returns trigger language plpgsql security definer set search_path = certification, pg_temp as
$$
begin
    perform not_held_back(new.household, new.scheme);
    return new;
end
$$;
create trigger comes_back before update of state on certification.certificate for each row
    when (old.state = 'suspended' and new.state = 'active') execute function certification.comes_back();
create trigger comes_back before update of state on certification.scope for each row
    when (old.state = 'suspended' and new.state = 'active') execute function certification.comes_back();
