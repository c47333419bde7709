-- Who is qualified for a part of a scheme, by two persons: the quality manager who grants and another who confirms. -----------------

create table certification.qualification (
    id           uuid primary key,
    tenant_id    text not null default kernel.tenant(),
    person       uuid not null,
    -- The certification body or laboratory it is held in.
    organisation uuid not null,
    -- A scheme's code or how it begins.
    scheme       text not null check (length(scheme) between 1 and 31),
    part         certification.part not null check (part <> 'producer'),
    -- Everything below it; null means anywhere.
    territory    text,
    valid_from   date not null,
    valid_until  date check (valid_until >= valid_from),
    evidence     text not null check (length(evidence) between 3 and 2000),
    granted_by   uuid not null default kernel.person(),
    granted_at   timestamptz not null default kernel.now(),
    confirmed_by uuid,
    confirmed_at timestamptz,
    withdrawn_by uuid,
    withdrawn_at timestamptz,
    constraint "second-person" check (certification.all_different(person, granted_by, confirmed_by)),
    check ((confirmed_by is null) = (confirmed_at is null)),
    check ((withdrawn_by is null) = (withdrawn_at is null))
);
create index qualification_of on certification.qualification (organisation, part, person);
select kernel.protect('certification.qualification', 'select, insert');
grant update (confirmed_by, confirmed_at, withdrawn_by, withdrawn_at) on certification.qualification to marketplace_app;

create function certification.qualification_signed() returns trigger language plpgsql security definer set search_path = certification, pg_temp as
$$
begin
    if tg_op = 'INSERT' then
        new.granted_at := kernel.now();
        if new.granted_by is distinct from kernel.person() or new.confirmed_by is not null or new.withdrawn_by is not null then
            raise exception using errcode = 'P0001', constraint = 'second-person', message = 'A grant is confirmed by another person later.';
        end if;
    elsif new.confirmed_by is distinct from old.confirmed_by then
        new.confirmed_at := kernel.now();
        if old.confirmed_by is not null or new.confirmed_by is distinct from kernel.person() then
            raise exception using errcode = 'P0001', constraint = 'second-person', message = 'A grant is confirmed once, by whoever acts.';
        end if;
    end if;
    -- Two telephones of one human are one person.
    if new.granted_by = any (certification.accounts(new.person)) or new.confirmed_by = any (certification.accounts(new.granted_by))
        or new.confirmed_by = any (certification.accounts(new.person)) then
        raise exception using errcode = 'P0001', constraint = 'second-person', message = 'Grant, confirmation and holder are three people.';
    end if;
    return new;
end
$$;
create trigger qualification_signed before insert or update on certification.qualification
    for each row execute function certification.qualification_signed();

-- How well somebody fits a part: 0 qualified for this territory, 1 qualified anywhere or nobody registers qualifications here, null not at
-- all. An organisation that registered one qualification for a scheme and part lets only the qualified take it from then on.
create function certification.fitness(a_organisation uuid, a_scheme text, a_part certification.part, a_village text, a_person uuid) returns int
    language sql stable as
$$
    select case when not exists (select from certification.qualification q
                                  where q.organisation = a_organisation and q.part = a_part and starts_with(a_scheme, q.scheme)
                                    and q.confirmed_at is not null and q.withdrawn_at is null) then 1
           else (select min(case when q.territory is null then 1 else 0 end) from certification.qualification q
                  where q.organisation = a_organisation and q.part = a_part and starts_with(a_scheme, q.scheme)
                    and q.person = a_person and q.confirmed_at is not null and q.withdrawn_at is null
                    and certification.today() between q.valid_from and coalesce(q.valid_until, 'infinity')
                    and (q.territory is null
                         or exists (select from registry.public_territory t where t.code = a_village and q.territory = any (t.path)))) end
$$;

-- Accreditation of certification bodies, checked inside the transaction that issues. -------------------------------------------------

create table certification.accreditation (
    id          uuid primary key,
    tenant_id   text not null default kernel.tenant(),
    body        uuid not null,
    number      text not null check (length(number) between 3 and 60),
    -- Codes of schemes or how they begin.
    schemes     text[] not null check (cardinality(schemes) between 1 and 50),
    -- Groups of products; empty means every group of these schemes.
    rule_groups text[] not null check (cardinality(rule_groups) <= 100),
    territory   text,
    valid_from  date not null,
    valid_until date not null check (valid_until >= valid_from),
    suspended   boolean not null default false,
    reason      text check (length(reason) between 3 and 2000),
    recorded_by uuid not null default kernel.person(),
    recorded_at timestamptz not null default kernel.now(),
    changed_by  uuid,
    changed_at  timestamptz,
    constraint "accreditation-known" unique (tenant_id, number)
);
create index accreditation_body on certification.accreditation (body);
select kernel.protect('certification.accreditation', 'select, insert');
grant update (suspended, reason, changed_by, changed_at) on certification.accreditation to marketplace_app;

create function certification.accredited(a_body uuid, a_scheme text, a_rule_group text, a_village text) returns boolean language sql stable as
$$
    select exists (select from certification.accreditation c
                    where c.body = a_body and not c.suspended and certification.today() between c.valid_from and c.valid_until
                      and exists (select from unnest(c.schemes) as scheme where starts_with(a_scheme, scheme))
                      and (c.rule_groups = '{}' or a_rule_group = any (c.rule_groups))
                      and (c.territory is null
                           or exists (select from registry.public_territory t where t.code = a_village and c.territory = any (t.path))))
        -- A sandbox lets bodies work that nobody accredited; as soon as one is registered, it counts there as well.
        or (not exists (select from certification.accreditation c where c.body = a_body)
            and exists (select from kernel.tenant where id = kernel.tenant() and sandbox))
$$;

create function certification.accredited_issuer() returns trigger language plpgsql security definer set search_path = certification, pg_temp as
$$
declare
    v_group text;
begin
    -- Shares the rows until commit, so that a suspension waits for this issue or this issue sees the suspension.
    perform from accreditation where body = new.issuer for share;
    select rule_group into v_group from application where id = new.application;
    if not certification.accredited(new.issuer, new.scheme, v_group, new.village) then
        raise exception using errcode = 'P0001', constraint = 'not-accredited', message = 'The issuer is not accredited for this.';
    end if;
    return new;
end
$$;
create trigger accredited before insert on certification.certificate for each row execute function certification.accredited_issuer();
