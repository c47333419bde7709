create schema messages; grant usage on schema messages to marketplace_app;

create type messages.message_state as enum ('queued', 'sent', 'failed');

create table messages.message (
    id           uuid primary key,
    tenant_id    text not null default kernel.tenant(),
    template     text not null,
    -- The values of the template's places; empty for templates that carry a secret.
    "values"     jsonb not null,
    person       uuid,
    -- Sealed and hashed telephone; for a known person filled when the message is sent.
    phone_sealed bytea,
    phone_index  bytea,
    language     text not null check (language in ('kk', 'ru', 'ky', 'en')),
    -- Sealed: the text may hold a code, a name, an amount.
    text_sealed  bytea not null,
    state        messages.message_state not null default 'queued',
    attempts     int not null default 0,
    -- A sender that took the message has it until this instant; after it another one may try.
    next_try_at  timestamptz not null default now(),
    queued_at    timestamptz not null default kernel.now(),
    sent_at      timestamptz,
    check (person is not null or phone_sealed is not null),
    check ((phone_sealed is null) = (phone_index is null)),
    check ((state = 'sent') = (sent_at is not null))
);
create index message_inbox on messages.message (tenant_id, person, queued_at desc, id desc) where person is not null;
create index message_phone on messages.message (tenant_id, phone_index, queued_at desc) where phone_index is not null;
create index message_due on messages.message (next_try_at) where state = 'queued';
select kernel.protect('messages.message', 'select, insert, update');
