-- A certificate's quantity passes to its successor, and what a stopped lot had reserved is given back part by part.

alter type supply.move_kind add value 'recredit';

alter table supply.lot_certificate add column replaces uuid;
alter table supply.lot_certificate add foreign key (lot_id, replaces) references supply.lot_certificate (lot_id, certificate_id);
-- One successor: a credit cannot be passed on twice.
alter table supply.lot_certificate add constraint "already-replaced" unique (lot_id, replaces);

create function supply.guard_credit() returns trigger language plpgsql as
$$
begin
    if new.credited > (select credited from supply.lot_certificate where lot_id = new.lot_id and certificate_id = new.replaces) then
        raise exception using errcode = 'P0001', constraint = 'not-credited', message = 'a successor credits no more than it replaces';
    end if;
    return new;
end
$$;
create trigger guard_credit before insert on supply.lot_certificate for each row when (new.replaces is not null) execute function supply.guard_credit();

-- As before, but a credit that was passed on counts once, with its successor.
create or replace function supply.guard_account() returns trigger language plpgsql as
$$
begin
    if new.ceiling > old.ceiling
        or (new.certified > old.certified or new.sellable_until is distinct from old.sellable_until) and new.certified > (
            select coalesce(sum(c.credited), 0) from supply.lot_certificate c where c.lot_id = new.lot_id
               and not exists (select from supply.lot_certificate n where n.lot_id = c.lot_id and n.replaces = c.certificate_id)) then
        raise exception using errcode = 'P0001', constraint = 'not-credited', message = 'an account grows with a certificate only';
    end if;
    return null;
end
$$;

-- A part can end before its reservation, when its lot is stopped.
alter table supply.reservation_part add column released_at timestamptz;
grant update (released_at) on supply.reservation_part to marketplace_app;
create index reservation_part_lot on supply.reservation_part (lot_id) where released_at is null;

create view supply.public_lot_account with (security_invoker = true) as
    select lot_id, tenant_id, certified, reserved, promised, delivered, hold_count > 0 as held from supply.lot_account;
comment on view supply.public_lot_account is 'What of a lot is certified, claimed and delivered, for what ends a certificate.';
grant select on supply.public_lot_account to marketplace_app;
