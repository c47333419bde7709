create schema catalogue;
grant usage on schema catalogue to marketplace_app;

-- One row per lot that was ever visible. No column changes with a reservation: what is available is read from Supply's
-- account at the moment of the question, so nothing here can be stale in a way that sells what is not there.
create table catalogue.offer (
    lot_id                uuid primary key,
    tenant_id             text not null default kernel.tenant(),
    -- The number people write, never a person.
    household_number      text not null,
    product_code          text not null,
    category              text not null,
    scheme                text not null,
    certificate_id        uuid not null,
    certificate_serial    text not null,
    -- Path of the place. A level the path lacks repeats the next lower one, so that every level divides the offers completely.
    country               text not null,
    oblast                text not null,
    district              text not null,
    okrug                 text not null,
    village               text not null,
    -- Null: the price is on request.
    price_ten_thousandths bigint check (price_ten_thousandths >= 0),
    currency              text,
    per                   text,
    -- What prices are compared by: per kilogram even where the household asks per tonne.
    compared_price        bigint generated always as (price_ten_thousandths / case per when 'TNE' then 1000 else 1 end) stored,
    ready_on              date not null,
    expires_on            date not null,
    listed_at             timestamptz not null default kernel.now(),
    -- False while the certificate is suspended or withdrawn.
    listed                boolean not null default true,
    check ((price_ten_thousandths is null) = (currency is null) and (currency is null) = (per is null))
);

-- The tenant leads, because the row policy compares it with a constant; the lot ends, because a page goes on from it.
create index offer_by_price on catalogue.offer (tenant_id, coalesce(compared_price, 9223372036854775807), lot_id) where listed;
create index offer_by_price_down on catalogue.offer (tenant_id, coalesce(compared_price, -1), lot_id) where listed;
create index offer_by_ready on catalogue.offer (tenant_id, ready_on, lot_id) where listed;
create index offer_by_expiry on catalogue.offer (tenant_id, expires_on, lot_id) where listed;
create index offer_by_age on catalogue.offer (tenant_id, listed_at, lot_id) where listed;
create index offer_of_product on catalogue.offer (tenant_id, product_code, coalesce(compared_price, 9223372036854775807), lot_id) where listed;
create index offer_of_category on catalogue.offer (tenant_id, category) where listed;
create index offer_in_oblast on catalogue.offer (tenant_id, oblast) where listed;
create index offer_in_district on catalogue.offer (tenant_id, district) where listed;
create index offer_in_okrug on catalogue.offer (tenant_id, okrug) where listed;
create index offer_in_village on catalogue.offer (tenant_id, village) where listed;

select kernel.protect('catalogue.offer', 'select, insert, update');

-- The words of what is or was offered: names of products and places, folded. Shared by all tenants, because they are public
-- reference data, and because operators of similarity are not leakproof: on a protected table they would run after the row
-- policy, over every row. Typed text is resolved here to codes, and offers are found by equality alone.
create type catalogue.named as enum ('product', 'country', 'oblast', 'district', 'okrug', 'village');

create table catalogue.word (
    word  text collate "C" not null,
    stem  text collate "C" not null,
    named catalogue.named not null,
    code  text not null,
    -- How much of the name this word is, per cent, in the language where it is most: "onion" is more of "onion" than of "spring onion".
    share smallint not null check (share between 1 and 100),
    primary key (word, named, code)
);
create index word_stem on catalogue.word (stem);
create index word_alike on catalogue.word using gist (word gist_trgm_ops);
grant select, insert on catalogue.word to marketplace_app;
