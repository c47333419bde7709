-- One human may have several telephones, and so several accounts. The keyed hash of the national number says which are one; the
-- number itself is never kept here.
alter table identity.person add column national_number_hash bytea check (length(national_number_hash) = 32);
create index person_human on identity.person (tenant_id, national_number_hash) where national_number_hash is not null;

create view identity.public_human with (security_invoker = true) as
    select id as person, tenant_id, household_id as household, national_number_hash as human from identity.person;
comment on view identity.public_human is 'People with their household and, when known, the hash that accounts of one human share.';
grant select on identity.public_human to marketplace_app;

create view identity.public_role with (security_invoker = true) as
    select person_id as person, tenant_id, role, organisation_id as organisation, territory, valid_from, valid_until
      from identity.role_assignment;
comment on view identity.public_role is 'Who holds or held a role, for other modules'' guards.';
grant select on identity.public_role to marketplace_app;

-- A term ends by itself.
alter table identity.role_proposal add column valid_until timestamptz;

create index role_assignment_person on identity.role_assignment (person_id, role);

-- A role held for a term carries its organisation and territory until the term ends.
create or replace function identity.who(a_secret_hash bytea)
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
                    where a.person_id = c.person_id and a.organisation_id is not null
                      and a.valid_from <= kernel.now() and (a.valid_until is null or a.valid_until > kernel.now())
                    having count(distinct a.organisation_id) = 1)),
               array(select distinct a.role from identity.role_assignment a
                      where a.person_id = c.person_id and a.valid_from <= kernel.now() and (a.valid_until is null or a.valid_until > kernel.now())
                        and (c.roles is null or a.role = any (c.roles))
                        and (c.kind = 'session' or a.organisation_id is not distinct from c.organisation_id)),
               (select a.territory from identity.role_assignment a
                 where a.person_id = c.person_id and a.territory is not null
                   and a.valid_from <= kernel.now() and (a.valid_until is null or a.valid_until > kernel.now())
                   and (c.roles is null or a.role = any (c.roles)) order by a.id limit 1),
               c.expires_at, c.stepped_up_at, c.test, c.kind = 'api_key' and not c.test
          from identity.credential c join identity.person p on p.id = c.person_id
         where c.secret_hash = a_secret_hash and c.revoked_at is null and c.expires_at > kernel.now();
end
$$;
