-- Many certificates withdrawn at once: a query is previewed, a second person confirms exactly what was seen.

create table certification.revocation (
    id           uuid primary key,
    tenant_id    text not null default kernel.tenant(),
    issuer       uuid not null,
    -- Canonical JSON of the query, so that the confirmation asks the same again.
    query        text not null,
    reason       text not null check (length(reason) between 3 and 2000),
    certificates bigint not null check (certificates > 0),
    grams        bigint not null check (grams >= 0),
    millilitres  bigint not null check (millilitres >= 0),
    pieces       bigint not null check (pieces >= 0),
    households   bigint not null check (households > 0),
    orders       bigint not null check (orders >= 0),
    -- Over the ids and versions of what was found: whatever changes in it changes the hash.
    snapshot     bytea not null check (length(snapshot) = 32),
    prepared_by  uuid not null default kernel.person(),
    prepared_at  timestamptz not null default kernel.now(),
    confirmed_by uuid,
    confirmed_at timestamptz,
    check ((confirmed_by is null) = (confirmed_at is null)),
    constraint "second-person" check (confirmed_by <> prepared_by)
);
create index revocation_issuer on certification.revocation (issuer, id);
select kernel.protect('certification.revocation', 'select, insert');
grant update (confirmed_by, confirmed_at) on certification.revocation to marketplace_app;

create function certification.revoking() returns trigger language plpgsql as
$$
declare
    v_person uuid := case tg_op when 'INSERT' then new.prepared_by else new.confirmed_by end;
begin
    if tg_op = 'INSERT' then
        new.prepared_at := kernel.now();
    elsif old.confirmed_by is not null then
        raise exception using errcode = 'P0001', constraint = 'revocation-closed', message = 'This revocation was confirmed before.';
    else
        new.confirmed_at := kernel.now();
    end if;
    if v_person is distinct from kernel.person() then
        raise exception using errcode = 'P0001', constraint = 'not-assigned', message = 'Nobody signs for somebody else.';
    end if;
    return new;
end
$$;
create trigger revoking before insert or update on certification.revocation for each row execute function certification.revoking();

-- Which revocation withdrew a certificate: only one that was confirmed in the same transaction.
alter table certification.certificate_change add column revocation uuid references certification.revocation;
create index certificate_change_revocation on certification.certificate_change (revocation) where revocation is not null;
create function certification.revoked() returns trigger language plpgsql as
$$
begin
    if not exists (select from certification.revocation where id = new.revocation and confirmed_at = kernel.now() and confirmed_by = kernel.person()) then
        raise exception using errcode = 'P0001', constraint = 'second-person', message = 'A second person confirms a revocation.';
    end if;
    return new;
end
$$;
create trigger revoked before insert on certification.certificate_change for each row when (new.revocation is not null)
    execute function certification.revoked();
create index certificate_issued on certification.certificate (issuer, issued_at);
