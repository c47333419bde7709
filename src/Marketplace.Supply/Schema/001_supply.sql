create schema supply;
grant usage on schema supply to marketplace_app;

create type supply.lot_state as enum ('declared', 'under_certification', 'certified', 'closed');

create table supply.lot (
    id                    uuid primary key,
    tenant_id             text not null default kernel.tenant(),
    household_id          uuid not null,
    product_code          text not null,
    village               text not null,
    step                  text not null check (step in ('GRM', 'MLT', 'H87')),
    declared              bigint not null check (declared between 1 and 1000000000000),
    ready_on              date not null,
    expires_on            date not null,
    price_ten_thousandths bigint check (price_ten_thousandths >= 0),
    currency              text check (currency in ('KZT', 'KGS')),
    per                   text,
    state                 supply.lot_state not null default 'declared',
    application_id        uuid,
    declared_by           uuid default kernel.person(),
    created_at            timestamptz not null default kernel.now(),
    version               int not null default 1,
    check (expires_on >= ready_on),
    check (num_nonnulls(price_ten_thousandths, currency, per) in (0, 3))
);
create index lot_household on supply.lot (tenant_id, household_id, id);
select kernel.protect('supply.lot', 'select, insert');
-- What was declared stays as declared: only the state, the price and the link to an application move.
grant update (state, application_id, price_ten_thousandths, currency, per, version) on supply.lot to marketplace_app;

-- The quantity account: balances and the guard itself, so that reserving is one conditional statement with nothing to race.
-- No index but the key: every reservation changes these columns, and an index would end in-place updates.
create table supply.lot_account (
    lot_id         uuid primary key references supply.lot,
    tenant_id      text not null default kernel.tenant(),
    ceiling        bigint not null check (ceiling >= 0),
    certified      bigint not null default 0 check (certified >= 0),
    reserved       bigint not null default 0 check (reserved >= 0),
    promised       bigint not null default 0 check (promised >= 0),
    delivered      bigint not null default 0 check (delivered >= 0),
    hold_count     int not null default 0 check (hold_count >= 0),
    sellable_until timestamptz,
    constraint "never-sell-what-is-not-there" check (reserved + promised + delivered <= certified),
    constraint "above-ceiling" check (certified <= ceiling)
) with (fillfactor = 70);
select kernel.protect('supply.lot_account', 'select, insert, update');

-- What is there only shrinks, and more is certified or sellable for longer only with a certificate's credit: fires for credits and weighings,
-- never for reservations and promises, which do not name these columns.
create function supply.guard_account() returns trigger language plpgsql as
$$
begin
    if new.ceiling > old.ceiling
        or (new.certified > old.certified or new.sellable_until is distinct from old.sellable_until) and new.certified > (
            select coalesce(sum(credited), 0) from supply.lot_certificate where lot_id = new.lot_id) then
        raise exception using errcode = 'P0001', constraint = 'not-credited', message = 'an account grows with a certificate only';
    end if;
    return null;
end
$$;

create type supply.move_kind as enum ('declare', 'credit', 'reserve', 'release', 'promise', 'unpromise', 'tender', 'hold', 'lift');

-- Every move of an account, with what it changed; the sum of a lot's moves is its account. Never updated, never deleted.
create table supply.lot_move (
    id          bigint generated always as identity primary key,
    tenant_id   text not null default kernel.tenant(),
    lot_id      uuid not null,
    kind        supply.move_kind not null,
    cause       uuid not null,
    ceiling     bigint not null default 0,
    certified   bigint not null default 0,
    reserved    bigint not null default 0,
    promised    bigint not null default 0,
    delivered   bigint not null default 0,
    actor       uuid default kernel.person(),
    acting_for  uuid default kernel.acting_for(),
    recorded_at timestamptz not null default kernel.now()
);
create index lot_move_lot on supply.lot_move (lot_id, id);
select kernel.protect('supply.lot_move', 'select, insert');

-- Which certificate credited how much of which lot: one certificate, its lots and no others.
create table supply.lot_certificate (
    lot_id         uuid not null references supply.lot,
    certificate_id uuid not null,
    tenant_id      text not null default kernel.tenant(),
    credited       bigint not null check (credited > 0),
    primary key (lot_id, certificate_id)
);
select kernel.protect('supply.lot_certificate', 'select, insert');
create constraint trigger guard_account after update of ceiling, certified, sellable_until on supply.lot_account
    deferrable initially deferred for each row execute function supply.guard_account();

-- Short holds of buyers who look before they order.
create type supply.reservation_state as enum ('open', 'released', 'expired', 'ordered');

create table supply.reservation (
    id              uuid primary key,
    tenant_id       text not null default kernel.tenant(),
    organisation_id uuid not null,
    reserved_by     uuid not null default kernel.person(),
    state           supply.reservation_state not null default 'open',
    created_at      timestamptz not null default kernel.now(),
    expires_at      timestamptz not null
);
create index reservation_due on supply.reservation (expires_at) where state = 'open';
create index reservation_owner on supply.reservation (tenant_id, organisation_id, id);
select kernel.protect('supply.reservation', 'select, insert');
grant update (state) on supply.reservation to marketplace_app;

create table supply.reservation_part (
    reservation_id uuid not null,
    lot_id         uuid not null,
    tenant_id      text not null default kernel.tenant(),
    amount         bigint not null check (amount > 0),
    primary key (reservation_id, lot_id)
);
select kernel.protect('supply.reservation_part', 'select, insert');

-- How many reservations a buyer holds open: the cap against hoarding is a constraint on one row, so no race passes it.
create table supply.buyer_hold (
    organisation_id uuid not null,
    tenant_id       text not null default kernel.tenant(),
    open            int not null default 0 check (open >= 0),
    cap             int not null default 100,
    primary key (organisation_id, tenant_id),
    constraint "too-many-reservations" check (open <= cap)
) with (fillfactor = 50);
select kernel.protect('supply.buyer_hold', 'select, insert');
grant update (open) on supply.buyer_hold to marketplace_app;

-- The live truth for the catalogue and the allocation.
create view supply.public_sellable_lot as
    select l.id as lot_id, l.tenant_id, l.household_id, l.product_code, l.village, l.step,
           a.certified - a.reserved - a.promised - a.delivered as available,
           l.ready_on, l.expires_on, l.price_ten_thousandths, l.currency, l.per, a.sellable_until, a.hold_count > 0 as held
      from supply.lot l join supply.lot_account a on a.lot_id = l.id
     where l.state = 'certified' and a.sellable_until > (select kernel.now());
comment on view supply.public_sellable_lot is 'Certified lots whose certificate has not run out; available may be zero and held may be true.';
grant select on supply.public_sellable_lot to marketplace_app;
