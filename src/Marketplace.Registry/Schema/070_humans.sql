-- Members besides the head are known by name; with a national number the household's people are found wherever they act.
alter table registry.household_member add column national_number_hash bytea check (length(national_number_hash) = 32);

create view registry.public_household_human with (security_invoker = true) as
    select id as household, tenant_id, national_number_index as human from registry.household
    union all
    select household, tenant_id, national_number_hash from registry.household_member where national_number_hash is not null;
comment on view registry.public_household_human is 'Hashes of the national numbers of a household''s people, for guards of other modules.';
grant select on registry.public_household_human to marketplace_app;
