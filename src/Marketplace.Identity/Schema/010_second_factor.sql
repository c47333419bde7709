-- The second factor: a time-based one-time password (RFC 6238). A telephone alone never becomes one: enrolling takes a code that an
-- administrator hands over in person.
create table identity.enrolment_code (
    id         uuid primary key,
    tenant_id  text not null default kernel.tenant(),
    person_id  uuid not null references identity.person,
    code_hash  bytea not null,
    tries_left int not null default 5,
    issued_by  uuid default kernel.person(),
    created_at timestamptz not null default kernel.now(),
    expires_at timestamptz not null,
    used_at    timestamptz,
    constraint "own-rights" check (issued_by is distinct from person_id)
);
create index enrolment_code_person on identity.enrolment_code (tenant_id, person_id, created_at desc);
select kernel.protect('identity.enrolment_code', 'select, insert');
grant update (tries_left, used_at) on identity.enrolment_code to marketplace_app;

create table identity.second_factor (
    id            uuid primary key,
    tenant_id     text not null default kernel.tenant(),
    person_id     uuid not null references identity.person,
    secret_sealed bytea not null,
    created_at    timestamptz not null default kernel.now(),
    confirmed_at  timestamptz,
    ended_at      timestamptz,
    -- The last thirty-second step a code was taken from: no code works twice.
    last_step     bigint not null default 0,
    failures      int not null default 0,
    last_failure  timestamptz
);
create unique index second_factor_one on identity.second_factor (tenant_id, person_id) where confirmed_at is not null and ended_at is null;
select kernel.protect('identity.second_factor', 'select, insert');
grant update (confirmed_at, ended_at, last_step, failures, last_failure) on identity.second_factor to marketplace_app;

-- A session is stepped up by a code of its person's live factor only, in the transaction that took the code.
create function identity.guard_step_up() returns trigger language plpgsql as
$$
begin
    if not exists (select from identity.second_factor
                    where person_id = new.person_id and confirmed_at is not null and ended_at is null
                      and last_step >= floor(extract(epoch from kernel.now()) / 30)::bigint - 2) then
        raise exception using errcode = 'P0001', constraint = 'wrong-factor-code', message = 'No code of a second factor was taken.';
    end if;
    return new;
end
$$;
create trigger guard_step_up before update of stepped_up_at on identity.credential for each row
    when (new.stepped_up_at is not null) execute function identity.guard_step_up();

-- Roles are given by two administrators: one proposes, another confirms. Until then nothing is given.
create table identity.role_proposal (
    id              uuid primary key,
    tenant_id       text not null default kernel.tenant(),
    person_id       uuid not null references identity.person,
    role            text not null,
    organisation_id uuid,
    territory       text,
    proposed_by     uuid not null default kernel.person(),
    proposed_at     timestamptz not null default kernel.now(),
    confirmed_by    uuid,
    confirmed_at    timestamptz,
    declined_by     uuid,
    declined_at     timestamptz,
    constraint "second-person" check (confirmed_by <> proposed_by),
    constraint "own-rights" check (proposed_by <> person_id and confirmed_by <> person_id),
    check (confirmed_at is null or declined_at is null)
);
create index role_proposal_open on identity.role_proposal (tenant_id, id) where confirmed_at is null and declined_at is null;
select kernel.protect('identity.role_proposal', 'select, insert');
grant update (confirmed_by, confirmed_at, declined_by, declined_at) on identity.role_proposal to marketplace_app;

create function identity.turn_proposal() returns trigger language plpgsql as
$$
begin
    if old.confirmed_at is not null or old.declined_at is not null then
        raise exception using errcode = 'P0001', constraint = 'changed-meanwhile', message = 'This proposal was answered already.';
    end if;
    if coalesce(new.confirmed_by, new.declined_by) is distinct from kernel.person() then
        raise exception using errcode = 'P0001', constraint = 'second-person', message = 'Nobody signs for somebody else.';
    end if;
    return new;
end
$$;
create trigger turn_proposal before update on identity.role_proposal for each row execute function identity.turn_proposal();
