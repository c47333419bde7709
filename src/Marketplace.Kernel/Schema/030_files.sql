-- Files of a tenant: the bytes lie in the file store under their hash. A row is written after its bytes and never changes.

create table kernel.file (
    tenant_id   text not null default kernel.tenant(),
    hash        text not null check (hash ~ '^[0-9a-f]{64}$'),
    media_type  text not null check (media_type in ('application/pdf', 'image/jpeg')),
    size        int not null check (size between 1 and 8388608),
    recorded_at timestamptz not null default kernel.now(),
    primary key (tenant_id, hash)
);
select kernel.protect('kernel.file', 'select, insert');
