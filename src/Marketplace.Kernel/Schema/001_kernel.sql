-- What every module stands on: tenants, the clock, row protection, the event log with its deliveries, idempotency keys.

create extension if not exists pg_trgm;

grant usage on schema kernel to marketplace_app;

-- Tenants -------------------------------------------------------------------------------------------------------------

create table kernel.tenant (
    id         text primary key check (id ~ '^[a-z][a-z0-9-]{1,30}$'),
    name       text not null,
    country    text not null check (country in ('KZ', 'KG')),
    currency   text not null check (currency in ('KZT', 'KGS')),
    -- Sandbox tenants may mint test keys with a step-up and read the development message channel.
    sandbox    boolean not null default false,
    created_at timestamptz not null default now()
);
grant select on kernel.tenant to marketplace_app;

create function kernel.tenant() returns text language sql stable parallel safe as
$$ select nullif(current_setting('app.tenant', true), '') $$;

create function kernel.person() returns uuid language sql stable parallel safe as
$$ select nullif(current_setting('app.person', true), '')::uuid $$;

create function kernel.acting_for() returns uuid language sql stable parallel safe as
$$ select nullif(current_setting('app.acting_for', true), '')::uuid $$;

-- Time: one clock, the database's. The offset is written by tests only (the owner), never by the application. -----------

create table kernel.clock (
    only_row boolean primary key default true check (only_row),
    shift    interval not null default interval '0'
);
insert into kernel.clock default values;
grant select on kernel.clock to marketplace_app;

-- plpgsql keeps its plan for the session; an SQL function with a FROM is planned anew in every statement that calls it.
create function kernel.now() returns timestamptz language plpgsql stable parallel safe as
$$ begin return now() + (select shift from kernel.clock); end $$;

-- Row protection: called once per table by the migration that creates it. -----------------------------------------------

create function kernel.protect(target regclass, rights text) returns void language plpgsql as
$$
begin
    execute format('alter table %s enable row level security', target);
    execute format('alter table %s force row level security', target);
    execute format('create policy tenant on %s using (tenant_id = (select kernel.tenant())) with check (tenant_id = (select kernel.tenant()))', target);
    execute format('grant %s on %s to marketplace_app', rights, target);
end
$$;

-- The event log: audit trail, history for read models and source of messages at once. ------------------------------------

create table kernel.stream_head (
    stream    uuid primary key,
    tenant_id text not null default kernel.tenant(),
    number    int not null,
    hash      bytea not null
);

create table kernel.event (
    id            bigint generated always as identity,
    tenant_id     text not null default kernel.tenant(),
    stream        uuid not null,
    number        int not null check (number > 0),
    type          text not null,
    payload       text not null,
    actor         uuid,
    acting_for    uuid,
    recorded_at   timestamptz not null,
    transaction   xid8 not null default pg_current_xact_id(),
    previous_hash bytea not null,
    hash          bytea not null,
    primary key (id, recorded_at)
) partition by range (recorded_at);
create index event_stream on kernel.event (stream, number);

create table kernel.event_rest partition of kernel.event default;

create table kernel.subscription (
    subscriber text not null,
    type       text not null,
    primary key (subscriber, type)
);
grant select on kernel.subscription to marketplace_app;

-- One row per event and subscriber that still has to happen; it is deleted in the transaction in which the subscriber
-- did its work, so that each delivery takes effect once. No tenant policy: the dispatcher serves all tenants.
create table kernel.delivery (
    id           bigint generated always as identity primary key,
    tenant_id    text not null,
    subscriber   text not null,
    event_id     bigint not null,
    recorded_at  timestamptz not null,
    run_at       timestamptz not null,
    attempts     int not null default 0,
    locked_until timestamptz,
    dead         boolean not null default false,
    last_error   text
);
create index delivery_due on kernel.delivery (run_at, id) where not dead;
grant select, insert, update, delete on kernel.delivery to marketplace_app;

create function kernel.event_hash(previous bytea, stream uuid, number int, type text, payload text, tenant text, actor uuid,
    acting_for uuid, recorded_at timestamptz) returns bytea language sql immutable as
$$
    select sha256(previous || convert_to(concat_ws(E'\n', stream, number, type, payload, tenant, coalesce(actor::text, '-'),
        coalesce(acting_for::text, '-'), extract(epoch from recorded_at)::numeric(20, 6)), 'UTF8'))
$$;

-- The only way to write an event. Locks the stream's head, chains the hash, fans out to the subscribers.
create function kernel.append(a_stream uuid, a_type text, a_payload text) returns int
    language plpgsql security definer set search_path = kernel, pg_temp as
$$
declare
    v_tenant   text := kernel.tenant();
    v_actor    uuid := kernel.person();
    v_for      uuid := kernel.acting_for();
    v_at       timestamptz := kernel.now();
    v_number   int;
    v_previous bytea;
    v_hash     bytea;
    v_event    bigint;
begin
    insert into stream_head (stream, tenant_id, number, hash) values (a_stream, v_tenant, 1, '')
        on conflict (stream) do update set number = stream_head.number + 1 where stream_head.tenant_id = v_tenant
        returning number, hash into v_number, v_previous;
    if v_number is null then
        raise exception 'stream % belongs to another tenant', a_stream;
    end if;
    v_hash := kernel.event_hash(v_previous, a_stream, v_number, a_type, a_payload, v_tenant, v_actor, v_for, v_at);
    update stream_head set hash = v_hash where stream = a_stream;
    insert into event (tenant_id, stream, number, type, payload, actor, acting_for, recorded_at, previous_hash, hash)
        values (v_tenant, a_stream, v_number, a_type, a_payload, v_actor, v_for, v_at, v_previous, v_hash)
        returning id into v_event;
    insert into delivery (tenant_id, subscriber, event_id, recorded_at, run_at)
        select v_tenant, subscriber, v_event, v_at, now() from subscription where type = a_type;
    return v_number;
end
$$;
revoke all on function kernel.append from public;
grant execute on function kernel.append to marketplace_app;

select kernel.protect('kernel.event', 'select');
-- Heads are written by kernel.append only, which runs as the owner and checks the tenant itself.
grant select on kernel.stream_head to marketplace_app;

-- Months ahead get partitions of their own; rows of a month without one land in the default partition.
create function kernel.prepare_months(ahead int default 3) returns void
    language plpgsql security definer set search_path = kernel, pg_temp as
$$
declare
    first_day date;
begin
    for i in 0 .. ahead loop
        first_day := date_trunc('month', now() at time zone 'UTC')::date + make_interval(months => i);
        begin
            execute format('create table if not exists kernel.event_%s partition of kernel.event for values from (%L) to (%L)',
                to_char(first_day, 'YYYYMM'), first_day || ' 00:00:00+00', (first_day + interval '1 month')::date || ' 00:00:00+00');
        exception when check_violation then
            null; -- the default partition already holds rows of that month: they stay where they are
        end;
    end loop;
end
$$;
revoke all on function kernel.prepare_months from public;
grant execute on function kernel.prepare_months to marketplace_app;
select kernel.prepare_months();

-- Idempotency: twins queue on an advisory lock of the key; the answer is inserted with the commit, so only committed effects are remembered.

create table kernel.idempotency_key (
    tenant_id    text not null default kernel.tenant(),
    owner        uuid not null,
    key          text not null check (length(key) between 1 and 255),
    request_hash bytea not null,
    status       int not null,
    headers      text not null,
    body         bytea not null,
    created_at   timestamptz not null default now(),
    primary key (owner, key, tenant_id)
);
create index idempotency_key_age on kernel.idempotency_key using brin (created_at);
select kernel.protect('kernel.idempotency_key', 'select, insert, delete');

-- The fold: what a search compares. The same function as Fold.Of in C#; a property test holds them equal. ----------------

create function kernel.fold(typed text) returns text language sql immutable parallel safe strict as
$$
    select translate(
        replace(replace(replace(replace(replace(replace(replace(replace(replace(lower(typed),
            'sch', 'щ'), 'sh', 'ш'), 'ch', 'ч'), 'zh', 'ж'), 'kh', 'х'), 'ts', 'ц'), 'yu', 'ю'), 'ya', 'я'), 'gh', 'г'),
        'әғқңөұүһіёҗabcdefghijklmnopqrstuvwxyz',
        'агкноуухиежабкдефгхижклмнопкрстуввхиз')
$$;

-- One event of one tenant, for the dispatcher, whose own row settings are set in the same statement.
create function kernel.event_of(a_id bigint, a_recorded_at timestamptz, a_tenant text)
    returns table (stream uuid, number int, type text, payload text, actor uuid, acting_for uuid, recorded_at timestamptz)
    language plpgsql volatile as
$$
begin
    perform set_config('app.tenant', a_tenant, true);
    return query select e.stream, e.number, e.type, e.payload, e.actor, e.acting_for, e.recorded_at
        from kernel.event e where e.id = a_id and e.recorded_at = a_recorded_at;
end
$$;
grant execute on function kernel.event_of to marketplace_app;

-- Writes a subscription; a subscriber that is new gets everything that happened before it, tenant by tenant.
create function kernel.subscribe(a_subscriber text, a_type text) returns void
    language plpgsql security definer set search_path = kernel, pg_temp as
$$
declare
    v_tenant text;
    v_before text := coalesce(current_setting('app.tenant', true), '');
begin
    insert into subscription (subscriber, type) values (a_subscriber, a_type) on conflict do nothing;
    if not found then
        return;
    end if;
    for v_tenant in select id from tenant loop
        perform set_config('app.tenant', v_tenant, true);
        insert into delivery (tenant_id, subscriber, event_id, recorded_at, run_at)
            select e.tenant_id, a_subscriber, e.id, e.recorded_at, now() from event e where e.tenant_id = v_tenant and e.type = a_type order by e.id;
    end loop;
    perform set_config('app.tenant', v_before, true);
end
$$;
revoke all on function kernel.subscribe from public;
grant execute on function kernel.subscribe to marketplace_app;
