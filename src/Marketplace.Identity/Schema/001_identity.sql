create schema identity;
grant usage on schema identity to marketplace_app;

-- A person, known by telephone. The number itself is sealed; the keyed hash finds it again.
create table identity.person (
    id           uuid primary key,
    tenant_id    text not null default kernel.tenant(),
    phone_hash   bytea not null,
    phone_sealed bytea not null,
    language     text not null default 'ru' check (language in ('kk', 'ru', 'ky', 'en')),
    household_id uuid,
    -- Grows with every change of the person's rights: a unit of work started with older rights starts again.
    stamp        int not null default 0,
    created_at   timestamptz not null default kernel.now()
);
create unique index person_phone on identity.person (tenant_id, phone_hash);
select kernel.protect('identity.person', 'select, insert, update');

create table identity.role_assignment (
    id              bigint generated always as identity primary key,
    tenant_id       text not null default kernel.tenant(),
    person_id       uuid not null references identity.person,
    role            text not null,
    organisation_id uuid,
    territory       text,
    valid_from      timestamptz not null default kernel.now(),
    valid_until     timestamptz,
    granted_by      uuid default kernel.person(),
    check (valid_until is null or valid_until >= valid_from)
);
create unique index role_assignment_once on identity.role_assignment
    (person_id, role, coalesce(organisation_id, '00000000-0000-0000-0000-000000000000'), coalesce(territory, '')) where valid_until is null;
create index role_assignment_holders on identity.role_assignment (tenant_id, role, organisation_id);
-- Rights end, they do not vanish: no delete.
select kernel.protect('identity.role_assignment', 'select, insert');
grant update (valid_until) on identity.role_assignment to marketplace_app;

-- Single-use telephone codes. Five tries, ten minutes.
create table identity.phone_code (
    id         bigint generated always as identity primary key,
    tenant_id  text not null default kernel.tenant(),
    phone_hash bytea not null,
    code_hash  bytea not null,
    tries_left int not null default 5,
    created_at timestamptz not null default kernel.now(),
    expires_at timestamptz not null,
    used_at    timestamptz
);
create index phone_code_phone on identity.phone_code (tenant_id, phone_hash, created_at desc);
select kernel.protect('identity.phone_code', 'select, insert, update');

create type identity.credential_kind as enum ('session', 'api_key');

-- Opaque tokens, kept as hashes. A key carries the person's rights in one organisation, and never more.
create table identity.credential (
    id              uuid primary key,
    tenant_id       text not null default kernel.tenant(),
    person_id       uuid not null references identity.person,
    kind            identity.credential_kind not null,
    secret_hash     bytea not null unique,
    roles           text[],
    organisation_id uuid,
    created_at      timestamptz not null default kernel.now(),
    expires_at      timestamptz not null,
    revoked_at      timestamptz,
    stepped_up_at   timestamptz,
    -- Test keys always count as freshly stepped up; the trigger lets them exist in sandbox tenants only.
    test            boolean not null default false
);
select kernel.protect('identity.credential', 'select, insert');
grant update (revoked_at, stepped_up_at) on identity.credential to marketplace_app;

create function identity.guard_test_key() returns trigger language plpgsql as
$$
begin
    if new.test and not exists (select from kernel.tenant where id = new.tenant_id and sandbox) then
        raise exception using errcode = 'P0001', constraint = 'not-a-sandbox', message = 'test keys live in sandbox tenants only';
    end if;
    return new;
end
$$;
create trigger test_keys_in_sandbox before insert on identity.credential for each row execute function identity.guard_test_key();

-- Sign-in happens before the tenant is known, so these two read past the row policies, by the hash of a secret or by id only.
create function identity.who(a_secret_hash bytea)
    returns table (credential_id uuid, tenant_id text, person_id uuid, household_id uuid, stamp int, organisation_id uuid, roles text[],
        territory text, expires_at timestamptz, stepped_up_at timestamptz, test boolean, plain_key boolean)
    language plpgsql security definer set search_path = identity, pg_temp as
$$
declare
    v_tenant text;
begin
    select kernel.credential_tenant(a_secret_hash) into v_tenant;
    if v_tenant is null then
        return;
    end if;
    perform set_config('app.tenant', v_tenant, true);
    return query
        -- A session acts for the one organisation its person works for; whoever works for several uses a key of each.
        select c.id, c.tenant_id, c.person_id, p.household_id, p.stamp, coalesce(c.organisation_id, (
                   select (array_agg(distinct a.organisation_id))[1] from identity.role_assignment a
                    where a.person_id = c.person_id and a.organisation_id is not null and a.valid_until is null
                    having count(distinct a.organisation_id) = 1)),
               array(select distinct a.role from identity.role_assignment a
                      where a.person_id = c.person_id and a.valid_from <= kernel.now() and (a.valid_until is null or a.valid_until > kernel.now())
                        and (c.roles is null or a.role = any (c.roles))
                        and (c.kind = 'session' or a.organisation_id is not distinct from c.organisation_id)),
               (select a.territory from identity.role_assignment a
                 where a.person_id = c.person_id and a.territory is not null and a.valid_until is null
                   and (c.roles is null or a.role = any (c.roles)) order by a.id limit 1),
               c.expires_at, c.stepped_up_at, c.test, c.kind = 'api_key' and not c.test
          from identity.credential c join identity.person p on p.id = c.person_id
         where c.secret_hash = a_secret_hash and c.revoked_at is null and c.expires_at > kernel.now();
end
$$;
revoke all on function identity.who from public;
grant execute on function identity.who to marketplace_app;

-- A map from secret to tenant without row policies: it holds no person and no right.
create table kernel.credential_place (
    secret_hash bytea primary key,
    tenant_id   text not null
);
create function kernel.credential_tenant(a_secret_hash bytea) returns text
    language sql stable security definer set search_path = kernel, pg_temp as
$$ select tenant_id from kernel.credential_place where secret_hash = a_secret_hash $$;
revoke all on function kernel.credential_tenant from public;

create function identity.place_credential() returns trigger language plpgsql security definer set search_path = kernel, pg_temp as
$$
begin
    insert into kernel.credential_place (secret_hash, tenant_id) values (new.secret_hash, new.tenant_id);
    return null;
end
$$;
create trigger place_credential after insert on identity.credential for each row execute function identity.place_credential();

-- 0 ended, 1 good, 2 the person's rights changed since. Asked inside the first batch of every unit of work of a signed-in person.
create function identity.standing(a_credential uuid, a_stamp int) returns int language plpgsql stable as
$$
begin
    return coalesce((select case when c.revoked_at is not null or c.expires_at <= kernel.now() then 0 when p.stamp <> a_stamp then 2 else 1 end
                       from identity.credential c join identity.person p on p.id = c.person_id where c.id = a_credential), 0);
end
$$;
