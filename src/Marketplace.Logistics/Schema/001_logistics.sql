create schema logistics; grant usage on schema logistics to marketplace_app;

-- From the scale at the collection point to the buyer's receipt.

create type logistics.consignment_stage as enum ('loading', 'dispatched', 'received');
create type logistics.reject_reason as enum ('qua', 'del', 'pri', 'qty', 'itm', 'ref', 'leg', 'pay', 'oth');

create table logistics.rule (
    in_force_from      timestamptz primary key,
    -- A consignment nobody answers within this time after dispatch is accepted.
    receipt_within     interval not null check (receipt_within > interval '0'),
    -- Extension digit and company prefix of logistic units; 9 further digits are counted per tenant.
    sscc_prefix        text not null check (sscc_prefix ~ '^[0-9]{8}$')
);
grant select on logistics.rule to marketplace_app;
insert into logistics.rule values ('2026-01-01 00:00:00+00', interval '24 hours', '04870000');

create table logistics.counter (
    tenant_id text primary key default kernel.tenant(),
    last      int not null
);
select kernel.protect('logistics.counter', 'select, insert, update');

create function logistics.next_unit() returns int language sql volatile as
$$
    insert into logistics.counter (last) values (1) on conflict (tenant_id) do update set last = logistics.counter.last + 1 returning last
$$;

create table logistics.collection_point (
    id              uuid primary key,
    tenant_id       text not null default kernel.tenant(),
    organisation_id uuid not null,
    name            text not null check (length(name) between 2 and 200),
    territory       text not null,
    created_at      timestamptz not null default kernel.now(),
    constraint "name-taken" unique (tenant_id, organisation_id, name)
);
select kernel.protect('logistics.collection_point', 'select, insert');

create table logistics.tender (
    id                  uuid primary key,
    tenant_id           text not null default kernel.tenant(),
    -- Made by the device, so that what was captured offline is never doubled.
    client_id           uuid,
    promise_id          uuid not null,
    order_id            uuid not null,
    line_id             uuid not null,
    lot_id              uuid not null,
    household_id        uuid not null,
    applicant_id        uuid not null,
    collection_point_id uuid references logistics.collection_point,
    product_code        text not null,
    unit                text not null,
    gross               bigint not null check (gross > 0),
    tare                bigint not null check (tare >= 0),
    net                 bigint not null check (net > 0 and net = gross - tare),
    -- What of the net weight the promise takes; the rest is handed back.
    delivered           bigint not null check (delivered > 0 and delivered <= net),
    price_ten_thousandths bigint not null,
    currency            text not null,
    per                 text not null,
    captured_at         timestamptz,
    weighed_at          timestamptz not null default kernel.now(),
    weighed_by          uuid,
    -- A promise is weighed once.
    constraint "already-weighed" unique (promise_id),
    constraint "client-id-reused" unique (tenant_id, client_id)
);
create index tender_order on logistics.tender (order_id, id);
create index tender_household on logistics.tender (household_id, id);
create index tender_applicant on logistics.tender (tenant_id, applicant_id, id);
select kernel.protect('logistics.tender', 'select, insert');

create table logistics.consignment (
    id            uuid primary key,
    tenant_id     text not null default kernel.tenant(),
    order_id      uuid not null,
    buyer_id      uuid not null,
    applicant_id  uuid not null,
    sscc          text not null check (sscc ~ '^[0-9]{18}$'),
    stage         logistics.consignment_stage not null default 'loading',
    created_at    timestamptz not null default kernel.now(),
    created_by    uuid,
    dispatched_at timestamptz,
    check ((stage = 'loading') = (dispatched_at is null)),
    unique (tenant_id, sscc)
);
create index consignment_order on logistics.consignment (order_id);
create index consignment_due on logistics.consignment (tenant_id, dispatched_at) where stage = 'dispatched';
select kernel.protect('logistics.consignment', 'select, insert, update');

create table logistics.consignment_part (
    consignment_id     uuid not null references logistics.consignment,
    tenant_id          text not null default kernel.tenant(),
    tender_id          uuid not null references logistics.tender,
    -- Written at dispatch: the certificate that was live then.
    certificate_serial text,
    expires_on         date,
    primary key (consignment_id, tender_id),
    -- Goods travel once.
    constraint "already-loaded" unique (tender_id)
);
select kernel.protect('logistics.consignment_part', 'select, insert, update');

create table logistics.receipt (
    id             uuid primary key,
    tenant_id      text not null default kernel.tenant(),
    consignment_id uuid not null references logistics.consignment,
    order_id       uuid not null,
    received_at    timestamptz not null default kernel.now(),
    -- Null when silence accepted the goods.
    received_by    uuid,
    constraint "already-received" unique (consignment_id)
);
select kernel.protect('logistics.receipt', 'select, insert');

create table logistics.receipt_part (
    receipt_id uuid not null references logistics.receipt,
    tenant_id  text not null default kernel.tenant(),
    tender_id  uuid not null references logistics.tender,
    accepted   bigint not null check (accepted >= 0),
    rejected   bigint not null check (rejected >= 0),
    reason     logistics.reject_reason,
    detail     text check (length(detail) between 2 and 500),
    primary key (receipt_id, tender_id),
    unique (tender_id),
    constraint "reason-missing" check (rejected = 0 or reason is not null)
);
select kernel.protect('logistics.receipt_part', 'select, insert');

-- Nothing is lost on the way: what was dispatched is accepted or rejected, to the gram.
create function logistics.keep_whole() returns trigger language plpgsql as
$$
begin
    if not exists (
        select 1 from logistics.tender t
          join logistics.consignment_part p on p.tender_id = t.id
          join logistics.receipt r on r.consignment_id = p.consignment_id and r.id = new.receipt_id
         where t.id = new.tender_id and t.delivered = new.accepted + new.rejected) then
        raise exception using errcode = 'P0001', constraint = 'parts-do-not-add-up', message = 'accepted and rejected do not add up';
    end if;
    return new;
end
$$;
create trigger keep_whole before insert on logistics.receipt_part for each row execute function logistics.keep_whole();

-- What was weighed, for read models; no names.
create view logistics.public_tender with (security_invoker = true) as
    select t.id as tender_id, t.tenant_id, t.promise_id, t.order_id, t.lot_id, t.household_id, t.product_code, t.unit, t.delivered, t.weighed_at,
           r.accepted, r.rejected
      from logistics.tender t left join logistics.receipt_part r on r.tender_id = t.id;
comment on view logistics.public_tender is 'Weighed parts with what became of them at receipt, for read models.';
grant select on logistics.public_tender to marketplace_app;
