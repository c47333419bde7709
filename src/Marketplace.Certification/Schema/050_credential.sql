-- Keys that sign labels, credentials and status lists. One at a time signs for a tenant; the next one is made and announced before it is used, so
-- that verifiers without a network know it already; two persons change it. Private keys are never here: they are files of the key folder.

alter table certification.certificate drop constraint certificate_key_id_fkey;
alter table certification.issuer_key drop constraint issuer_key_pkey;
revoke insert on certification.issuer_key from marketplace_app;
alter table certification.issuer_key add column tenant_id text, add column announced_by uuid, add column activated_by uuid,
    add column activated_at timestamptz, add column revoked_at timestamptz;

-- A key from before keys belonged to a tenant signs nothing more; what it signed stays as it is.
do $$
declare
    v_tenant text;
begin
    for v_tenant in select id from kernel.tenant loop
        perform set_config('app.tenant', v_tenant, true);
        insert into certification.issuer_key (key_id, tenant_id, public_key, valid_from, valid_until, activated_at)
            select k.key_id, v_tenant, k.public_key, k.valid_from, kernel.now(), k.valid_from from certification.issuer_key k
             where k.tenant_id is null and exists (select from certification.certificate c where c.key_id = k.key_id);
    end loop;
    perform set_config('app.tenant', '', true);
    delete from certification.issuer_key where tenant_id is null;
end
$$;

alter table certification.issuer_key alter column tenant_id set not null, alter column tenant_id set default kernel.tenant(),
    add primary key (tenant_id, key_id),
    add constraint "second-person" check (activated_at is null or announced_by is null
        or (activated_by is not null and activated_by <> announced_by));
alter table certification.certificate add constraint certificate_key foreign key (tenant_id, key_id) references certification.issuer_key;
create unique index "key-announced" on certification.issuer_key (tenant_id) where activated_at is null and revoked_at is null;
create unique index "key-in-use" on certification.issuer_key (tenant_id) where activated_at is not null and valid_until is null and revoked_at is null;
select kernel.protect('certification.issuer_key', 'select');
grant insert (key_id, public_key) on certification.issuer_key to marketplace_app;
-- Retiring and revoking are consequences: triggers write them.
grant update (activated_at) on certification.issuer_key to marketplace_app;

-- A tenant's first key is in use from the start, since there is nothing to sign with before; every other one begins as an announcement.
create function certification.key_made() returns trigger language plpgsql security definer set search_path = certification, pg_temp as
$$
begin
    new.valid_from := date_trunc('second', kernel.now());
    if exists (select from issuer_key where tenant_id = new.tenant_id) then
        new.announced_by := kernel.person();
        if new.announced_by is null then
            raise exception using errcode = 'P0001', constraint = 'second-person', message = 'Somebody has to announce a key.';
        end if;
    else
        new.activated_at := new.valid_from;
    end if;
    return new;
end
$$;
create trigger key_made before insert on certification.issuer_key for each row execute function certification.key_made();

-- Activation: by another person, a day after the announcement unless there is no key to sign with. It retires the key in use, whose row every
-- signing shares: what is signed before the retirement is valid, and nothing is signed with it after.
create function certification.key_activated() returns trigger language plpgsql security definer set search_path = certification, pg_temp as
$$
declare
    v_in_use text;
begin
    if old.activated_at is not null or old.revoked_at is not null then
        raise exception using errcode = 'P0001', constraint = 'wrong-key-state', message = 'Only an announced key is activated.';
    end if;
    new.activated_at := kernel.now();
    new.activated_by := kernel.person();
    if new.activated_by is null or new.activated_by is not distinct from old.announced_by then
        raise exception using errcode = 'P0001', constraint = 'second-person', message = 'Two persons change a key.';
    end if;
    select key_id into v_in_use from issuer_key
     where tenant_id = new.tenant_id and activated_at is not null and valid_until is null and revoked_at is null for update;
    if v_in_use is not null then
        if old.valid_from > kernel.now() - interval '24 hours' then
            raise exception using errcode = 'P0001', constraint = 'key-too-new', message = 'A key is announced for a day first.';
        end if;
        -- The clock now, not the transaction's beginning: signings this one waited for began later than it did.
        update issuer_key set valid_until = clock_timestamp() + (select shift from kernel.clock) where tenant_id = new.tenant_id and key_id = v_in_use;
    end if;
    return new;
end
$$;
create trigger key_activated before update of activated_at on certification.issuer_key for each row execute function certification.key_activated();

create table certification.issuer_key_revocation (
    tenant_id    text not null default kernel.tenant(),
    key_id       text not null,
    reason       text not null check (length(reason) between 3 and 2000),
    proposed_by  uuid not null,
    proposed_at  timestamptz not null,
    confirmed_by uuid,
    confirmed_at timestamptz,
    constraint "revocation-proposed" primary key (tenant_id, key_id),
    foreign key (tenant_id, key_id) references certification.issuer_key,
    constraint "second-person" check (confirmed_at is null or (confirmed_by is not null and confirmed_by <> proposed_by))
);
select kernel.protect('certification.issuer_key_revocation', 'select');
grant insert (key_id, reason) on certification.issuer_key_revocation to marketplace_app;
grant update (confirmed_at) on certification.issuer_key_revocation to marketplace_app;

create function certification.key_revoked() returns trigger language plpgsql security definer set search_path = certification, pg_temp as
$$
begin
    if tg_op = 'INSERT' then
        new.proposed_by := kernel.person();
        new.proposed_at := kernel.now();
        return new;
    end if;
    if old.confirmed_at is not null then
        raise exception using errcode = 'P0001', constraint = 'wrong-key-state', message = 'This key is revoked already.';
    end if;
    new.confirmed_by := kernel.person();
    new.confirmed_at := kernel.now();
    if new.confirmed_by is null then
        raise exception using errcode = 'P0001', constraint = 'second-person', message = 'Somebody has to confirm it.';
    end if;
    update issuer_key set revoked_at = kernel.now() where tenant_id = new.tenant_id and key_id = new.key_id;
    return new;
end
$$;
create trigger key_revoked before insert or update on certification.issuer_key_revocation for each row execute function certification.key_revoked();

-- Named to run after the trigger "issue": a certificate is signed with the key in use at its commit.
create function certification.key_in_use() returns trigger language plpgsql security definer set search_path = certification, pg_temp as
$$
begin
    perform from issuer_key where tenant_id = new.tenant_id and key_id = new.key_id
        and activated_at is not null and valid_until is null and revoked_at is null for share;
    if not found then
        raise exception using errcode = 'P0001', constraint = 'no-signing-key', message = 'This key does not sign.';
    end if;
    return new;
end
$$;
create trigger key_in_use before insert on certification.certificate for each row execute function certification.key_in_use();

-- Signed status lists as last published, so that every instance serves the same text. They can be made again at any time.
create table certification.status_list (
    tenant_id  text not null default kernel.tenant(),
    name       text not null check (name ~ '^(KZ|KG)-[0-9]{2}-[0-9]{1,5}-(revocation|suspension)$'),
    content    bytea not null,
    key_id     text not null,
    made_at    timestamptz not null default kernel.now(),
    credential text not null,
    primary key (tenant_id, name),
    foreign key (tenant_id, key_id) references certification.issuer_key
);
select kernel.protect('certification.status_list', 'select, insert, update');
create index certificate_barred on certification.certificate (tenant_id, serial) where state in ('suspended', 'withdrawn', 'replaced');
