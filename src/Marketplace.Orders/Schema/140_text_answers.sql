-- What households write back by short message, what was made of it, and the code that undoes it.

create type orders.text_outcome as enum (
    'confirmed', 'less', 'declined', 'undone', 'unclear', 'nothing_asked', 'too_late', 'wrong_code', 'unknown_sender');

create table orders.inbound_text (
    id           uuid primary key,
    tenant_id    text not null default kernel.tenant(),
    -- The gateway's own id of the message: the same one twice is one message.
    message      text not null check (length(message) between 1 and 100),
    person       uuid,
    household_id uuid,
    order_id     uuid references orders.purchase_order,
    -- As it came; sealed, for it is a person's letter.
    text_sealed  bytea not null,
    outcome      orders.text_outcome not null,
    -- Sent with what was done; takes it back once, while the household may still answer.
    undo_code    text check (undo_code ~ '^[1-9][0-9]{3}$'),
    undo_until   timestamptz,
    undone_at    timestamptz,
    received_at  timestamptz not null default kernel.now(),
    constraint "text-known" unique (tenant_id, message),
    check ((outcome in ('confirmed', 'less', 'declined')) = (undo_code is not null)),
    check ((undo_code is null) = (undo_until is null) and (undo_code is null or household_id is not null and order_id is not null)),
    check (undone_at is null or undone_at < undo_until)
);
create unique index "undo-code-taken" on orders.inbound_text (tenant_id, household_id, undo_code) where undo_code is not null and undone_at is null;
create index inbound_text_household on orders.inbound_text (household_id, received_at);
select kernel.protect('orders.inbound_text', 'select, insert');
grant update (undone_at) on orders.inbound_text to marketplace_app;

create table orders.texted_promise (
    text_id    uuid not null references orders.inbound_text,
    promise_id uuid not null references orders.promise,
    tenant_id  text not null default kernel.tenant(),
    primary key (text_id, promise_id)
);
create index texted_promise_promise on orders.texted_promise (promise_id);
select kernel.protect('orders.texted_promise', 'select, insert');

create function orders.undo_once() returns trigger language plpgsql as
$$
begin
    if old.undone_at is not null or new.undone_at is distinct from kernel.now() then
        raise exception using errcode = 'P0001', constraint = 'undone-already', message = 'this was undone before';
    end if;
    return new;
end
$$;
create trigger undo_once before update on orders.inbound_text for each row execute function orders.undo_once();

-- An answer stands, unless the text that gave it is being undone in this very transaction: then the household is asked as before.
create or replace function orders.keep_promise() returns trigger language plpgsql as
$$
begin
    if (new.id, new.tenant_id, new.order_id, new.line_id, new.run_id, new.lot_id, new.household_id, new.offered, new.unit,
            new.price_ten_thousandths, new.currency, new.per)
        is distinct from (old.id, old.tenant_id, old.order_id, old.line_id, old.run_id, old.lot_id, old.household_id, old.offered, old.unit,
            old.price_ten_thousandths, old.currency, old.per) then
        raise exception using errcode = 'P0001', constraint = 'terms-frozen', message = 'the terms are frozen';
    end if;
    if old.answered_at is not null and (new.stage = 'offered' or new.confirmed is distinct from old.confirmed)
        and not (old.stage in ('confirmed', 'declined') and new.stage = 'offered' and new.confirmed is null and new.answered_by is null
            and new.reason is null and new.answer_by = old.answer_by and new.answer_by > kernel.now()
            and exists (select from orders.texted_promise g join orders.inbound_text t on t.id = g.text_id
                         where g.promise_id = new.id and t.undone_at = kernel.now())) then
        raise exception using errcode = 'P0001', constraint = 'terms-frozen', message = 'the terms are frozen';
    end if;
    return new;
end
$$;
