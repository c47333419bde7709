create schema orders; grant usage on schema orders to marketplace_app;

-- Purchase orders, the allocation of each over lots, and the promises households give.

create type orders.stage as enum ('draft', 'approval', 'approved', 'placed', 'allocating', 'confirming', 'firm', 'dispatched', 'received',
    'invoiced', 'paid', 'paid_out', 'closed', 'cancelled');
create type orders.promise_stage as enum ('offered', 'confirmed', 'declined', 'silent', 'cancelled', 'tendered');

-- Figures the product starts with; a change is a new row, so that an order keeps the rules it was placed under. -------------

create table orders.rule (
    in_force_from         timestamptz primary key,
    -- A household has this long to answer, though never past the order's cut-off.
    answer_within         interval not null check (answer_within > interval '0'),
    -- How many weeks the memory of fair shares goes back.
    memory_weeks          int not null check (memory_weeks between 1 and 104),
    -- Surcharges above the free part, in 1/10,000 of the average price: each of the first two is one fair share wide.
    surcharges            int[] not null check (array_length(surcharges, 1) = 3 and 0 <= all (surcharges)),
    -- What a day of remaining shelf life costs, in 1/10,000 of the average price: first expired, first out.
    freshness_per_day     int not null check (freshness_per_day between 0 and 1000),
    -- The most of one order a single household may fill, in per cent of a unit's demand; null means no cap.
    household_cap_percent int check (household_cap_percent between 1 and 100)
);
grant select on orders.rule to marketplace_app;
insert into orders.rule values ('2026-01-01 00:00:00+00', interval '24 hours', 26, '{600,1200,2400}', 8, null);

-- What a role may place without a second person. The default holds where the tenant has no row of its own.
create table orders.default_approval_limit (
    role     text not null,
    currency text not null,
    minor    bigint not null check (minor >= 0),
    primary key (role, currency)
);
grant select on orders.default_approval_limit to marketplace_app;
insert into orders.default_approval_limit values ('retail_buyer', 'KZT', 500000000), ('retail_buyer', 'KGS', 85000000);

create table orders.approval_limit (
    tenant_id text not null default kernel.tenant(),
    role      text not null,
    currency  text not null,
    minor     bigint not null check (minor >= 0),
    primary key (tenant_id, role, currency)
);
select kernel.protect('orders.approval_limit', 'select');

-- Orders ---------------------------------------------------------------------------------------------------------------

create table orders.counter (
    tenant_id text primary key default kernel.tenant(),
    last      int not null
);
select kernel.protect('orders.counter', 'select, insert, update');

create function orders.next_number() returns text language sql volatile as
$$
    insert into orders.counter (last) values (1) on conflict (tenant_id) do update set last = orders.counter.last + 1
        returning 'PO-' || lpad(last::text, 6, '0')
$$;

create table orders.purchase_order (
    id                   uuid primary key,
    tenant_id            text not null default kernel.tenant(),
    number               text not null,
    buyer_id             uuid not null,
    applicant_id         uuid not null,
    stage                orders.stage not null default 'draft',
    currency             text not null check (currency in ('KZT', 'KGS')),
    payment_term_days    int not null check (payment_term_days between 0 and 180),
    confirm_by           timestamptz not null,
    minimum_fill_percent int not null check (minimum_fill_percent between 0 and 100),
    value_at_maximum     bigint not null check (value_at_maximum >= 0),
    version              int not null default 1,
    -- Everybody who wrote the draft: none of them may approve it.
    authors              uuid[] not null check (array_length(authors, 1) >= 1),
    created_at           timestamptz not null default kernel.now(),
    submitted_at         timestamptz,
    needs_approval       boolean not null default false,
    approved_by          uuid,
    approved_at          timestamptz,
    decision_reason      text check (length(decision_reason) between 3 and 2000),
    placed_by            uuid,
    placed_at            timestamptz,
    firm_at              timestamptz,
    cancelled_at         timestamptz,
    constraint "own-work" check (approved_by is null or approved_by <> all (authors)),
    -- No path places an order above the limit without the second person.
    constraint "approval-needed" check (not needs_approval or approved_by is not null or stage in ('draft', 'approval', 'cancelled')),
    unique (tenant_id, number)
);
create index purchase_order_buyer on orders.purchase_order (tenant_id, buyer_id, id);
create index purchase_order_applicant on orders.purchase_order (tenant_id, applicant_id, id);
create index purchase_order_open on orders.purchase_order (tenant_id, confirm_by) where stage = 'confirming';
select kernel.protect('orders.purchase_order', 'select, insert, update');

create table orders.order_line (
    id                            uuid primary key,
    tenant_id                     text not null default kernel.tenant(),
    order_id                      uuid not null references orders.purchase_order,
    position                      int not null check (position between 1 and 100),
    product_code                  text not null,
    amount                        bigint not null check (amount > 0),
    unit                          text not null check (unit in ('GRM', 'MLT', 'H87')),
    tolerance_percent             int not null check (tolerance_percent between 0 and 50),
    max_price                     bigint not null check (max_price >= 0),
    currency                      text not null,
    per                           text not null check (per in ('KGM', 'TNE', 'LTR', 'H87')),
    delivery_place                text not null check (length(delivery_place) between 2 and 300),
    delivery_territory            text not null,
    window_from                   date not null,
    window_to                     date not null,
    min_remaining_shelf_life_days int not null check (min_remaining_shelf_life_days between 0 and 3650),
    -- Empty means goods of every village are accepted.
    accepted_territories          text[] not null default '{}',
    check (window_from <= window_to),
    unique (order_id, position)
);
create index order_line_order on orders.order_line (order_id);
select kernel.protect('orders.order_line', 'select, insert, delete');

create function orders.keep_lines() returns trigger language plpgsql as
$$
begin
    if exists (select 1 from orders.purchase_order where id = coalesce(new.order_id, old.order_id) and stage <> 'draft') then
        raise exception using errcode = 'P0001', constraint = 'terms-frozen', message = 'the terms are frozen';
    end if;
    return coalesce(new, old);
end
$$;
create trigger keep_lines before insert or update or delete on orders.order_line for each row execute function orders.keep_lines();

create function orders.keep_terms() returns trigger language plpgsql as
$$
begin
    if (new.id, new.tenant_id, new.number, new.buyer_id, new.created_at) is distinct from (old.id, old.tenant_id, old.number, old.buyer_id, old.created_at)
        or old.stage <> 'draft' and (new.applicant_id, new.currency, new.payment_term_days, new.confirm_by, new.minimum_fill_percent,
            new.value_at_maximum, new.authors) is distinct from (old.applicant_id, old.currency, old.payment_term_days, old.confirm_by,
            old.minimum_fill_percent, old.value_at_maximum, old.authors)
        or not (old.authors <@ new.authors) then
        raise exception using errcode = 'P0001', constraint = 'terms-frozen', message = 'the terms are frozen';
    end if;
    return new;
end
$$;
create trigger keep_terms before update on orders.purchase_order for each row execute function orders.keep_terms();

-- Allocation -----------------------------------------------------------------------------------------------------------

create table orders.allocation_run (
    id           uuid primary key,
    tenant_id    text not null default kernel.tenant(),
    order_id     uuid not null references orders.purchase_order,
    round        int not null check (round > 0),
    -- Canonical JSON: what the plan was computed from, so that anybody can compute it again.
    input        text not null,
    input_sha256 bytea not null check (input_sha256 = sha256(convert_to(input, 'UTF8'))),
    -- Goods value, first-expired term and fairness surcharge of the plan, in 1/10,000 of the currency unit.
    cost         numeric not null,
    run_at       timestamptz not null default kernel.now(),
    unique (order_id, round)
);
select kernel.protect('orders.allocation_run', 'select, insert');

create table orders.allocation_line (
    run_id    uuid not null references orders.allocation_run,
    tenant_id text not null default kernel.tenant(),
    line_id   uuid not null references orders.order_line,
    demanded  bigint not null check (demanded >= 0),
    unserved  bigint not null check (unserved between 0 and demanded),
    primary key (run_id, line_id)
);
select kernel.protect('orders.allocation_line', 'select, insert');

create table orders.allocation_left_out (
    run_id     uuid not null references orders.allocation_run,
    tenant_id  text not null default kernel.tenant(),
    lot_id     uuid not null,
    village    text not null,
    product_code text not null,
    available  bigint not null,
    unit       text not null,
    reason     text not null check (reason in ('no-line', 'no-price', 'ready-after-window', 'expires-before-window', 'unreachable', 'price-above-band',
        'price', 'fair-share-used', 'household-cap', 'point-full', 'already-promised', 'already-asked', 'lost-tie')),
    -- One reason for each lot of a run.
    primary key (run_id, lot_id)
);
select kernel.protect('orders.allocation_left_out', 'select, insert');

-- The memory of fairness: per household and week what an equal share would have been and what was asked of it.
create table orders.household_share (
    tenant_id    text not null default kernel.tenant(),
    household_id uuid not null,
    unit         text not null,
    week         date not null check (extract(isodow from week) = 1),
    fair         bigint not null check (fair >= 0),
    taken        bigint not null check (taken >= 0),
    primary key (tenant_id, household_id, unit, week)
);
select kernel.protect('orders.household_share', 'select, insert, update');

-- Promises -------------------------------------------------------------------------------------------------------------

-- A household is asked at most twice for one order: a third row does not fit.
create table orders.asked (
    order_id     uuid not null references orders.purchase_order,
    tenant_id    text not null default kernel.tenant(),
    household_id uuid not null,
    asking       smallint not null check (asking between 1 and 2),
    run_id       uuid not null references orders.allocation_run,
    primary key (order_id, household_id, asking),
    unique (run_id, household_id)
);
select kernel.protect('orders.asked', 'select, insert');

create table orders.promise (
    id                    uuid primary key,
    tenant_id             text not null default kernel.tenant(),
    order_id              uuid not null references orders.purchase_order,
    line_id               uuid not null references orders.order_line,
    run_id                uuid not null references orders.allocation_run,
    lot_id                uuid not null,
    household_id          uuid not null,
    asking                smallint not null,
    product_code          text not null,
    village               text not null,
    unit                  text not null,
    stage                 orders.promise_stage not null default 'offered',
    offered               bigint not null check (offered > 0),
    -- What the household promised when it answered; null until then.
    confirmed             bigint check (confirmed between 0 and offered),
    -- What is promised now: nothing once weighed in, declined, silent or cancelled.
    amount                bigint not null default 0 check (amount >= 0 and amount <= coalesce(confirmed, 0)),
    tendered              bigint not null default 0 check (tendered >= 0 and tendered <= coalesce(confirmed, 0)),
    price_ten_thousandths bigint not null check (price_ten_thousandths >= 0),
    currency              text not null,
    per                   text not null,
    answer_by             timestamptz not null,
    answered_at           timestamptz,
    answered_by           uuid,
    reason                text check (length(reason) between 2 and 500),
    check ((stage = 'offered') = (answered_at is null)),
    check (stage <> 'confirmed' or amount = confirmed and confirmed > 0),
    check (stage in ('confirmed') or amount = 0),
    check (stage <> 'declined' or confirmed = 0 and reason is not null),
    foreign key (order_id, household_id, asking) references orders.asked (order_id, household_id, asking),
    unique (line_id, lot_id, asking)
);
create index promise_order on orders.promise (order_id, id);
create index promise_household on orders.promise (household_id, id);
create index promise_due on orders.promise (tenant_id, answer_by) where stage = 'offered';
select kernel.protect('orders.promise', 'select, insert, update');

create function orders.keep_promise() returns trigger language plpgsql as
$$
begin
    if (new.id, new.tenant_id, new.order_id, new.line_id, new.run_id, new.lot_id, new.household_id, new.offered, new.unit,
            new.price_ten_thousandths, new.currency, new.per)
        is distinct from (old.id, old.tenant_id, old.order_id, old.line_id, old.run_id, old.lot_id, old.household_id, old.offered, old.unit,
            old.price_ten_thousandths, old.currency, old.per)
        or old.answered_at is not null and new.confirmed is distinct from old.confirmed then
        raise exception using errcode = 'P0001', constraint = 'terms-frozen', message = 'the terms are frozen';
    end if;
    return new;
end
$$;
create trigger keep_promise before update on orders.promise for each row execute function orders.keep_promise();

-- What other modules may know of promises: villages and amounts, nobody's name.
create view orders.public_promise with (security_invoker = true) as
    select id as promise_id, tenant_id, order_id, line_id, lot_id, household_id, product_code, village, stage::text as stage, offered,
           coalesce(confirmed, 0) as confirmed, amount, tendered, unit, price_ten_thousandths, currency, per
      from orders.promise;
comment on view orders.public_promise is 'Promises with their amounts and frozen prices, for read models.';
grant select on orders.public_promise to marketplace_app;
