create schema oversight;
grant usage on schema oversight to marketplace_app;

-- The steps of the chain, in their order: the order of the labels is the order of the funnel.
create type oversight.step as enum ('registered', 'declared', 'applied', 'certified', 'listed', 'allocated', 'confirmed', 'delivered', 'paid');

-- One row per event that moved something along the chain: facts, never typed figures. Deleted only by a rebuild, which makes
-- the same rows from the log again.
create table oversight.chain_step (
    -- The event: the same one twice is one fact.
    stream       uuid not null,
    number       int not null,
    tenant_id    text not null default kernel.tenant(),
    step         oversight.step not null,
    -- Path of the place. A level the path lacks repeats the next lower one, so that every level divides the facts completely.
    country      text not null,
    oblast       text not null,
    district     text not null,
    okrug        text not null,
    village      text not null,
    household_id uuid not null,
    lot_id       uuid,
    product_code text,
    quantity     bigint check (quantity >= 0),
    unit         text,
    value_minor  bigint check (value_minor >= 0),
    currency     text,
    happened_at  timestamptz not null,
    primary key (stream, number),
    check ((lot_id is null) = (step = 'registered') and (lot_id is null) = (product_code is null)),
    check ((quantity is null) = (unit is null)),
    check ((value_minor is null) = (currency is null))
);
create index chain_step_in_country on oversight.chain_step (tenant_id, country, step);
create index chain_step_in_oblast on oversight.chain_step (tenant_id, oblast, step);
create index chain_step_in_district on oversight.chain_step (tenant_id, district, step);
create index chain_step_in_okrug on oversight.chain_step (tenant_id, okrug, step);
create index chain_step_in_village on oversight.chain_step (tenant_id, village, step);

select kernel.protect('oversight.chain_step', 'select, insert, delete');
