create view registry.public_organisation with (security_invoker = true) as
    select id, tenant_id, kind::text as kind, name from registry.organisation;
comment on view registry.public_organisation is 'Organisations by name, for other modules'' joins.';
grant select on registry.public_organisation to marketplace_app;
