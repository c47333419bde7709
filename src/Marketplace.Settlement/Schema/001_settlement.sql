create schema settlement; grant usage on schema settlement to marketplace_app;

-- The day where the operator works: invoices are numbered and due by it.
create function settlement.today() returns date language sql stable as
$$
    select (kernel.now() at time zone case country when 'KG' then 'Asia/Bishkek' else 'Asia/Almaty' end)::date
      from kernel.tenant where id = kernel.tenant()
$$;

-- The ledger ----------------------------------------------------------------------------------------------------------

create type settlement.purpose as enum (
    'buyer_receivable', 'bank_clearing', 'stripe_clearing', 'cash_clearing', 'household_hold', 'household_payable', 'applicant_fee',
    'payout_in_transit', 'rounding');

create table settlement.account (
    id         bigint generated always as identity primary key,
    tenant_id  text not null default kernel.tenant(),
    -- Whose books these are: the applicant of record.
    book       uuid not null,
    party_kind text not null check (party_kind in ('organisation', 'household')),
    party_id   uuid not null,
    purpose    settlement.purpose not null,
    currency   text not null check (currency in ('KZT', 'KGS')),
    unique (tenant_id, book, party_kind, party_id, purpose, currency),
    unique (id, tenant_id, currency)
);
create index account_party on settlement.account (party_id);
select kernel.protect('settlement.account', 'select, insert');

create table settlement.transfer (
    id          uuid primary key,
    tenant_id   text not null default kernel.tenant(),
    book        uuid not null,
    kind        text not null check (kind in ('invoice', 'payment', 'release', 'payout', 'bank_execution', 'cash', 'reversal')),
    -- The document or decision behind it.
    evidence_id uuid not null,
    reverses    uuid unique references settlement.transfer,
    -- SHA-256 over the entries: the same id with another body is a mistake, not a repetition.
    body_hash   bytea not null,
    posted_at   timestamptz not null default kernel.now(),
    unique (id, tenant_id),
    unique (tenant_id, kind, evidence_id),
    check ((kind = 'reversal') = (reverses is not null))
);
select kernel.protect('settlement.transfer', 'select, insert');

create table settlement.entry (
    id          bigint generated always as identity primary key,
    tenant_id   text not null default kernel.tenant(),
    transfer_id uuid not null,
    account_id  bigint not null,
    -- Minor units; a debit is positive, a credit negative.
    amount      bigint not null check (amount <> 0),
    currency    text not null,
    foreign key (transfer_id, tenant_id) references settlement.transfer (id, tenant_id),
    foreign key (account_id, tenant_id, currency) references settlement.account (id, tenant_id, currency)
);
create index entry_transfer on settlement.entry (transfer_id);
create index entry_account on settlement.entry (account_id);
select kernel.protect('settlement.entry', 'select, insert');

-- All entries of a transfer come by one statement: nothing can be added to one that was checked, not even in its own transaction.
create function settlement.entries_are_whole() returns trigger language plpgsql as
$$
begin
    if exists (select from settlement.entry e where e.transfer_id in (select transfer_id from added) and e.id not in (select id from added)) then
        raise exception using errcode = 'P0001', constraint = 'transfer-closed', message = 'entries are added to a posted transfer';
    end if;
    return null;
end
$$;
create trigger entries_are_whole after insert on settlement.entry
    referencing new table as added for each statement execute function settlement.entries_are_whole();

-- Once per transfer at commit, not once per entry: a payday has thousands of entries.
create function settlement.transfer_balances() returns trigger language plpgsql as
$$
begin
    if (select count(*) from settlement.entry where transfer_id = new.id) < 2
       or exists (select from settlement.entry where transfer_id = new.id group by currency having sum(amount) <> 0) then
        raise exception using errcode = 'P0001', constraint = 'transfer-unbalanced', message = format('transfer %s does not balance', new.id);
    end if;
    if new.reverses is not null and exists (
        select from settlement.entry where transfer_id in (new.id, new.reverses) group by account_id having sum(amount) <> 0) then
        raise exception using errcode = 'P0001', constraint = 'reversal-differs', message = format('transfer %s does not reverse %s', new.id, new.reverses);
    end if;
    return null;
end
$$;
create constraint trigger transfer_balances after insert on settlement.transfer
    deferrable initially deferred for each row execute function settlement.transfer_balances();

-- Invoices ------------------------------------------------------------------------------------------------------------

create type settlement.invoice_stage as enum ('issued', 'paid');

-- The row is locked until the invoice is committed: numbers have no gaps.
create table settlement.invoice_counter (
    tenant_id text not null default kernel.tenant(),
    seller_id uuid not null,
    year      int not null,
    last      bigint not null,
    primary key (tenant_id, seller_id, year)
);
select kernel.protect('settlement.invoice_counter', 'select, insert, update');

create table settlement.invoice (
    id               uuid primary key,
    tenant_id        text not null default kernel.tenant(),
    number           text not null,
    seller_id        uuid not null,
    buyer_id         uuid not null,
    order_id         uuid not null,
    order_number     text not null,
    receipt_id       uuid not null,
    currency         text not null check (currency in ('KZT', 'KGS')),
    total            bigint not null check (total > 0),
    -- Frozen when issued: a later change of the applicant's fee touches no document.
    fee_basis_points int not null check (fee_basis_points between 0 and 3000),
    fee              bigint not null check (fee between 0 and total),
    paid             bigint not null default 0 check (paid >= 0),
    stage            settlement.invoice_stage not null default 'issued',
    issued_on        date not null,
    due_on           date not null check (due_on >= issued_on),
    issued_at        timestamptz not null default kernel.now(),
    version          int not null default 1,
    constraint "overpaid" check (paid <= total),
    check ((stage = 'paid') = (paid = total)),
    unique (tenant_id, receipt_id),
    unique (tenant_id, seller_id, number)
);
create index invoice_order on settlement.invoice (order_id);
create index invoice_buyer on settlement.invoice (buyer_id, id);
create index invoice_seller on settlement.invoice (seller_id, id);
select kernel.protect('settlement.invoice', 'select, insert, update');
-- Only payment changes an issued invoice; its figures stand.
revoke update on settlement.invoice from marketplace_app;
grant update (paid, stage, version) on settlement.invoice to marketplace_app;

create table settlement.invoice_line (
    tenant_id    text not null default kernel.tenant(),
    invoice_id   uuid not null references settlement.invoice,
    ordinal      int not null check (ordinal > 0),
    order_line   uuid not null,
    product_code text not null,
    quantity     bigint not null check (quantity > 0),
    unit         text not null,
    price_ten_thousandths bigint not null check (price_ten_thousandths >= 0),
    per          text not null,
    amount       bigint not null check (amount >= 0),
    primary key (invoice_id, ordinal)
);
select kernel.protect('settlement.invoice_line', 'select, insert');

create table settlement.invoice_part (
    tenant_id    text not null default kernel.tenant(),
    invoice_id   uuid not null,
    line         int not null,
    promise_id   uuid not null,
    lot_id       uuid not null,
    household_id uuid not null,
    quantity     bigint not null check (quantity > 0),
    gross        bigint not null check (gross >= 0),
    fee          bigint not null check (fee between 0 and gross),
    net          bigint not null generated always as (gross - fee) stored,
    primary key (invoice_id, promise_id),
    foreign key (invoice_id, line) references settlement.invoice_line
);
create index invoice_part_household on settlement.invoice_part (household_id);
select kernel.protect('settlement.invoice_part', 'select, insert');

-- The parts of every line sum to the line, the lines to the total, the fees to the fee: exactly, or nothing is issued.
create function settlement.invoice_adds_up() returns trigger language plpgsql as
$$
begin
    if new.total is distinct from (select sum(amount) from settlement.invoice_line where invoice_id = new.id)
       or new.fee is distinct from (select sum(fee) from settlement.invoice_part where invoice_id = new.id)
       or exists (
        select from settlement.invoice_line l
          left join (select line, sum(gross) as gross, sum(quantity) as quantity from settlement.invoice_part where invoice_id = new.id group by line) p
            on p.line = l.ordinal
         where l.invoice_id = new.id and (p.gross is distinct from l.amount or p.quantity is distinct from l.quantity)) then
        raise exception using errcode = 'P0001', constraint = 'invoice-unbalanced', message = format('invoice %s does not add up', new.id);
    end if;
    return null;
end
$$;
create constraint trigger invoice_adds_up after insert on settlement.invoice
    deferrable initially deferred for each row execute function settlement.invoice_adds_up();

-- Payments ------------------------------------------------------------------------------------------------------------

create type settlement.payment_request_stage as enum ('requested', 'succeeded', 'canceled');

create table settlement.payment_request (
    id         uuid primary key,
    tenant_id  text not null default kernel.tenant(),
    invoice_id uuid not null references settlement.invoice,
    gateway    text not null check (gateway in ('bank', 'stripe')),
    -- What the gateway calls it; null for a bank transfer, which carries the invoice number.
    reference  text,
    amount     bigint not null check (amount > 0),
    currency   text not null,
    stage      settlement.payment_request_stage not null default 'requested',
    asked_at   timestamptz not null default kernel.now(),
    unique (tenant_id, reference)
);
create index payment_request_invoice on settlement.payment_request (invoice_id);
select kernel.protect('settlement.payment_request', 'select, insert, update');

create table settlement.payment_event (
    id          text not null check (length(id) between 1 and 255),
    tenant_id   text not null default kernel.tenant(),
    type        text not null,
    received_at timestamptz not null default kernel.now(),
    primary key (id, tenant_id)
);
select kernel.protect('settlement.payment_event', 'select, insert');

create table settlement.payment (
    id              uuid primary key,
    tenant_id       text not null default kernel.tenant(),
    invoice_id      uuid not null references settlement.invoice,
    seller_id       uuid not null,
    channel         text not null check (channel in ('bank', 'stripe')),
    amount          bigint not null check (amount > 0),
    currency        text not null,
    payer_reference text not null,
    bank_reference  text not null,
    received_on     date not null,
    recorded_by     uuid,
    recorded_at     timestamptz not null default kernel.now(),
    constraint "payment-known" unique (tenant_id, seller_id, bank_reference)
);
create index payment_invoice on settlement.payment (invoice_id);
select kernel.protect('settlement.payment', 'select, insert');

-- Payouts -------------------------------------------------------------------------------------------------------------

create type settlement.payout_batch_stage as enum ('prepared', 'approved', 'executed');
create type settlement.payout_stage as enum ('open', 'batched', 'approved', 'executed', 'cash_handed', 'cash');

create table settlement.payout_batch (
    id              uuid primary key,
    tenant_id       text not null default kernel.tenant(),
    organisation_id uuid not null,
    currency        text not null check (currency in ('KZT', 'KGS')),
    payouts         int not null check (payouts > 0),
    total           bigint not null check (total > 0),
    stage           settlement.payout_batch_stage not null default 'prepared',
    prepared_by     uuid not null,
    prepared_at     timestamptz not null default kernel.now(),
    approved_by     uuid,
    approved_at     timestamptz,
    bank_reference  text,
    executed_on     date,
    executed_by     uuid,
    version         int not null default 1,
    constraint "own-work" check (approved_by <> prepared_by),
    check ((stage = 'prepared') = (approved_by is null)),
    check ((stage = 'executed') = (bank_reference is not null)),
    constraint "execution-known" unique (tenant_id, organisation_id, bank_reference)
);
select kernel.protect('settlement.payout_batch', 'select, insert, update');

create table settlement.payout (
    id              uuid primary key default gen_random_uuid(),
    tenant_id       text not null default kernel.tenant(),
    organisation_id uuid not null,
    invoice_id      uuid not null references settlement.invoice,
    order_id        uuid not null,
    household_id    uuid not null,
    amount          bigint not null check (amount > 0),
    currency        text not null,
    stage           settlement.payout_stage not null default 'open',
    batch_id        uuid references settlement.payout_batch,
    -- The account as it was when the batch was prepared: approver and bank see the same one, whatever changes meanwhile.
    account_sealed  bytea,
    receipt_code    text,
    cash_by         uuid,
    cash_at         timestamptz,
    countersigned_by uuid,
    done_at         timestamptz,
    version         int not null default 1,
    unique (tenant_id, invoice_id, household_id),
    constraint "own-work" check (countersigned_by <> cash_by),
    constraint "receipt-known" unique (tenant_id, organisation_id, receipt_code),
    check ((stage in ('batched', 'approved', 'executed')) = (batch_id is not null)),
    check ((batch_id is null) = (account_sealed is null)),
    check ((stage in ('cash_handed', 'cash')) = (receipt_code is not null and cash_by is not null)),
    check ((stage = 'cash') = (countersigned_by is not null))
);
create index payout_open on settlement.payout (organisation_id, id) where stage = 'open';
create index payout_batch_of on settlement.payout (batch_id);
create index payout_order on settlement.payout (order_id);
create index payout_household on settlement.payout (household_id);
select kernel.protect('settlement.payout', 'select, insert, update');

-- The life of a payout and of a batch, held here as well as in Payout.cs and PayoutBatch.cs; figures and people stay as written.
create function settlement.payout_moves() returns trigger language plpgsql as
$$
begin
    if (old.organisation_id, old.invoice_id, old.order_id, old.household_id, old.amount, old.currency)
        is distinct from (new.organisation_id, new.invoice_id, new.order_id, new.household_id, new.amount, new.currency)
       or (old.cash_by is not null and new.cash_by is distinct from old.cash_by)
       or (old.account_sealed is not null and new.account_sealed is distinct from old.account_sealed)
       or (old.stage, new.stage) not in (('open', 'batched'), ('batched', 'approved'), ('approved', 'executed'), ('open', 'cash_handed'), ('cash_handed', 'cash')) then
        raise exception using errcode = 'P0001', constraint = 'wrong-stage', message = format('payout %s cannot go from %s to %s', old.id, old.stage, new.stage);
    end if;
    return new;
end
$$;
create trigger payout_moves before update on settlement.payout for each row execute function settlement.payout_moves();

create function settlement.payout_batch_moves() returns trigger language plpgsql as
$$
begin
    if (old.organisation_id, old.currency, old.payouts, old.total, old.prepared_by)
        is distinct from (new.organisation_id, new.currency, new.payouts, new.total, new.prepared_by)
       or (old.approved_by is not null and new.approved_by is distinct from old.approved_by)
       or (old.stage, new.stage) not in (('prepared', 'approved'), ('approved', 'executed')) then
        raise exception using errcode = 'P0001', constraint = 'wrong-stage', message = format('batch %s cannot go from %s to %s', old.id, old.stage, new.stage);
    end if;
    return new;
end
$$;
create trigger payout_batch_moves before update on settlement.payout_batch for each row execute function settlement.payout_batch_moves();
