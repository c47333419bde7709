-- Readers who make a status list again refer to the key's row: a change of keys needs only to wait for those who sign certificates with it.
create or replace function certification.key_activated() returns trigger language plpgsql security definer set search_path = certification, pg_temp as
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
     where tenant_id = new.tenant_id and activated_at is not null and valid_until is null and revoked_at is null for no key update;
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
