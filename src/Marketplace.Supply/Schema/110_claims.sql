-- What households claim to have, for the plausibility of it; and the count of an inspector, which lowers what is there.

alter type supply.move_kind add value 'count';

create view supply.public_declared_lot with (security_invoker = true) as
    select l.id as lot, l.tenant_id, l.household_id as household, l.product_code as product, l.declared as amount, l.step as unit, l.ready_on, l.created_at
      from supply.lot l join supply.lot_account a on a.lot_id = l.id
     where l.state <> 'closed' or a.delivered > 0;
comment on view supply.public_declared_lot is 'Lots as declared, without those closed before anything came of them.';
grant select on supply.public_declared_lot to marketplace_app;
