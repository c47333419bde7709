-- The audit of the event log: an unambiguous hash, daily checkpoints over all events of a tenant, the tree behind them.

-- The hash -------------------------------------------------------------------------------------------------------------
-- Every column of the row is in it. Fields of one size stand bare, all others behind their length, so no two rows have one input; the
-- payload counts by its own hash, so that a row can be checked by somebody who may not read it. LoggedEvent.Digest is the same in C#.

drop function kernel.event_hash;

create function kernel.counted(field bytea) returns bytea language sql immutable parallel safe as
$$ select int4send(octet_length(field)) || field $$;

-- Stable, not immutable, because convert_to is: only then is the function a part of the calling expression and costs no call of its own.
create function kernel.event_hash(id bigint, transaction xid8, tenant text, stream uuid, number int, type text, payload_hash bytea, actor uuid,
    acting_for uuid, recorded_at timestamptz, previous bytea) returns bytea language sql stable parallel safe as
$$
    select sha256(int8send(id) || xid8send(transaction) || uuid_send(stream) || int4send(number) || timestamptz_send(recorded_at) || payload_hash
        || kernel.counted(previous) || kernel.counted(coalesce(uuid_send(actor), '')) || kernel.counted(coalesce(uuid_send(acting_for), ''))
        || kernel.counted(convert_to(tenant, 'UTF8')) || kernel.counted(convert_to(type, 'UTF8')))
$$;

create or replace function kernel.append(a_stream uuid, a_type text, a_payload text) returns int
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
    v_event := nextval('event_id_seq');
    v_hash := event_hash(v_event, pg_current_xact_id(), v_tenant, a_stream, v_number, a_type, sha256(convert_to(a_payload, 'UTF8')), v_actor, v_for,
        v_at, v_previous);
    update stream_head set hash = v_hash where stream = a_stream;
    insert into event (id, tenant_id, stream, number, type, payload, actor, acting_for, recorded_at, previous_hash, hash) overriding system value
        values (v_event, v_tenant, a_stream, v_number, a_type, a_payload, v_actor, v_for, v_at, v_previous, v_hash);
    insert into delivery (tenant_id, subscriber, event_id, recorded_at, run_at)
        select v_tenant, subscriber, v_event, v_at, now() from subscription where type = a_type;
    return v_number;
end
$$;

-- The order of the log: by transaction, then by id. Transactions below the oldest one still running are all over, so nothing can come to
-- stand between their events any more.
create index event_transaction on kernel.event (transaction, id);

-- The transaction up to which the order is final now. It is lowered until no event below it follows, in its stream, one above it: a
-- transaction may begin before another and write into the same stream after it.
create function kernel.final_horizon() returns xid8 language plpgsql volatile as
$$
declare
    v_horizon xid8 := pg_snapshot_xmin(pg_current_snapshot());
    v_open    xid8;
begin
    loop
        select later.transaction into v_open
          from kernel.event earlier join kernel.event later on later.stream = earlier.stream and later.number = earlier.number + 1
         where earlier.transaction >= v_horizon and later.transaction < v_horizon
         order by later.transaction limit 1;
        exit when v_open is null;
        v_horizon := v_open;
    end loop;
    return v_horizon;
end
$$;

-- Checkpoints ----------------------------------------------------------------------------------------------------------

create table kernel.checkpoint (
    tenant_id  text not null default kernel.tenant(),
    number     int not null check (number > 0),
    size       bigint not null check (size > 0),
    root       bytea not null check (octet_length(root) = 32),
    -- Covers the events of all transactions below this one.
    horizon    xid8 not null,
    taken_at   timestamptz not null default kernel.now(),
    taken_on   date not null generated always as ((taken_at at time zone 'UTC')::date) stored,
    public_key bytea not null,
    signature  bytea not null check (octet_length(signature) = 64),
    primary key (tenant_id, number),
    constraint one_checkpoint_a_day unique (tenant_id, taken_on)
);
select kernel.protect('kernel.checkpoint', 'select, insert');

create function kernel.checkpoint_follows() returns trigger language plpgsql as
$$
declare
    v_number  int := 0;
    v_size    bigint := 0;
    v_horizon xid8 := '0';
begin
    select number, size, horizon into v_number, v_size, v_horizon from kernel.checkpoint
     where tenant_id = new.tenant_id order by number desc limit 1;
    if not found then
        v_number := 0; v_size := 0; v_horizon := '0';
    end if;
    if new.number <> v_number + 1 or new.horizon < v_horizon or new.taken_at <> kernel.now()
        or new.horizon > pg_snapshot_xmin(pg_current_snapshot())
        or new.size <> v_size + (select count(*) from kernel.event e
                                  where e.tenant_id = new.tenant_id and e.transaction >= v_horizon and e.transaction < new.horizon) then
        raise exception 'a checkpoint follows the one before and covers every event between the two'
            using errcode = 'check_violation', constraint = 'checkpoint-follows';
    end if;
    return new;
end
$$;
create trigger follows before insert on kernel.checkpoint for each row execute function kernel.checkpoint_follows();

-- The tree's nodes, 256 neighbours of every eighth level in a row. Rows are never changed: a tile that was not full at a checkpoint is
-- written again, wider, at a later one.
create table kernel.tree_tile (
    tenant_id text not null default kernel.tenant(),
    level     int not null check (level >= 0),
    index     bigint not null check (index >= 0),
    width     int not null check (width between 1 and 256),
    hashes    bytea not null,
    primary key (tenant_id, level, index, width),
    check (octet_length(hashes) = 32 * width)
);
select kernel.protect('kernel.tree_tile', 'select, insert');

-- The reader may verify the log where it lies.
grant usage on schema kernel to marketplace_reader;
grant select on kernel.event, kernel.stream_head to marketplace_reader;
