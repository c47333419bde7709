-- Goods called back: which lots, which buyers hold how much of them, what became of it, and how it ended.

create type logistics.recall_state as enum ('open', 'lifted', 'confirmed');

create table logistics.recall_counter (
    tenant_id text not null default kernel.tenant(),
    year      int not null,
    last      int not null,
    primary key (tenant_id, year)
);
select kernel.protect('logistics.recall_counter', 'select, insert, update');

create function logistics.next_recall() returns text language sql volatile as
$$
    with counted as (
        insert into logistics.recall_counter (year, last) values (extract(year from kernel.now())::int, 1)
            on conflict (tenant_id, year) do update set last = logistics.recall_counter.last + 1 returning year, last)
    select format('RC-%s-%s', year, lpad(last::text, 4, '0')) from counted
$$;

create table logistics.recall (
    id              uuid primary key,
    tenant_id       text not null default kernel.tenant(),
    number          text not null,
    class           smallint not null check (class between 1 and 3),
    reason          text not null check (length(reason) between 2 and 100),
    organisation_id uuid not null,
    state           logistics.recall_state not null default 'open',
    opened_at       timestamptz not null default kernel.now(),
    opened_by       uuid not null,
    closed_at       timestamptz,
    closed_by       uuid,
    report          text check (length(report) between 2 and 2000),
    unique (tenant_id, number),
    -- Who took goods off the market does not alone say how it ended.
    constraint "own-work" check (closed_by <> opened_by),
    check ((state = 'open') = (closed_at is null) and (closed_at is null) = (closed_by is null) and (closed_at is null) = (report is null))
);
create index recall_recent on logistics.recall (tenant_id, id);
select kernel.protect('logistics.recall', 'select, insert');
grant update (state, closed_at, closed_by, report) on logistics.recall to marketplace_app;

create table logistics.recall_lot (
    recall_id uuid not null references logistics.recall,
    tenant_id text not null default kernel.tenant(),
    lot_id    uuid not null,
    primary key (recall_id, lot_id)
);
select kernel.protect('logistics.recall_lot', 'select, insert');

-- What a buyer was sent of a lot, and what became of it: taken off the shelves, or sold and gone. Together exactly what was sent.
create table logistics.recall_part (
    recall_id   uuid not null,
    lot_id      uuid not null,
    buyer_id    uuid not null,
    tenant_id   text not null default kernel.tenant(),
    unit        text not null,
    sent        bigint not null check (sent > 0),
    withdrawn   bigint check (withdrawn >= 0),
    answered_at timestamptz,
    answered_by uuid,
    primary key (recall_id, buyer_id, lot_id),
    foreign key (recall_id, lot_id) references logistics.recall_lot (recall_id, lot_id),
    constraint "more-than-sent" check (withdrawn <= sent),
    check ((withdrawn is null) = (answered_at is null) and (answered_at is null) = (answered_by is null))
);
create index recall_part_buyer on logistics.recall_part (tenant_id, buyer_id, recall_id);
select kernel.protect('logistics.recall_part', 'select, insert');
grant update (withdrawn, answered_at, answered_by) on logistics.recall_part to marketplace_app;

create function logistics.keep_recall() returns trigger language plpgsql as
$$
begin
    if old.state <> 'open' then
        raise exception using errcode = 'P0001', constraint = 'recall-closed', message = 'the recall is closed';
    end if;
    if new.state = 'confirmed' and exists (select from logistics.recall_part p where p.recall_id = new.id and p.answered_at is null) then
        raise exception using errcode = 'P0001', constraint = 'responses-missing', message = 'a buyer has not answered';
    end if;
    return new;
end
$$;
create trigger keep_recall before update on logistics.recall for each row execute function logistics.keep_recall();

create function logistics.keep_recall_part() returns trigger language plpgsql as
$$
begin
    -- Locks against the closing: an answer is in the report or refused.
    perform from logistics.recall where id = new.recall_id and state = 'open' for share;
    if not found then
        raise exception using errcode = 'P0001', constraint = 'recall-closed', message = 'the recall is closed';
    end if;
    if tg_op = 'UPDATE' and old.answered_at is not null then
        raise exception using errcode = 'P0001', constraint = 'answered-already', message = 'this was answered';
    end if;
    return new;
end
$$;
create trigger keep_recall_part before insert or update on logistics.recall_part for each row execute function logistics.keep_recall_part();
