-- What a household farms with: plots in square metres, animals and hives in heads. Only added to: each declaration is a further number.

create type registry.holding_kind as enum ('arable', 'greenhouse', 'orchard', 'pond', 'cows', 'cattle', 'mares', 'horses', 'camels', 'sheep', 'goats',
    'pigs', 'rabbits', 'hens', 'quails', 'turkeys', 'geese', 'ducks', 'hives');

create table registry.holding (
    household    uuid not null references registry.household (id),
    number       int not null check (number > 0),
    kind         registry.holding_kind not null,
    tenant_id    text not null default kernel.tenant(),
    -- 0 says that there is none any more.
    amount       bigint not null check (amount between 0 and 10000000),
    declared_by  uuid not null default kernel.person(),
    declared_at  timestamptz not null default kernel.now(),
    confirmed_by uuid,
    confirmed_at timestamptz,
    primary key (household, number, kind),
    check ((confirmed_by is null) = (confirmed_at is null))
);
select kernel.protect('registry.holding', 'select, insert');
grant update (confirmed_by, confirmed_at) on registry.holding to marketplace_app;

-- Whoever declares or confirms does so now and as themselves; nobody confirms what is of their household or what they declared.
create function registry.holding_signed() returns trigger language plpgsql as
$$
begin
    if tg_op = 'INSERT' then
        if new.declared_by is distinct from kernel.person() then
            raise exception using errcode = 'P0001', constraint = 'own-household', message = 'Nobody declares as somebody else.';
        end if;
        new.declared_at := kernel.now();
        new.confirmed_by := null;
        new.confirmed_at := null;
        return new;
    end if;
    if old.confirmed_by is not null then
        return old;
    end if;
    new.confirmed_at := kernel.now();
    if new.confirmed_by is distinct from kernel.person() or new.confirmed_by = new.declared_by or exists (
        select from registry.household h where h.id = new.household and new.confirmed_by in (h.head, h.registered_by)) then
        raise exception using errcode = 'P0001', constraint = 'own-household', message = 'Somebody else confirms what a household farms with.';
    end if;
    return new;
end
$$;
create trigger holding_signed before insert or update on registry.holding for each row execute function registry.holding_signed();

create view registry.public_holding with (security_invoker = true) as
    select household, tenant_id, number, kind::text as kind, amount, declared_at, confirmed_at is not null as confirmed from registry.holding;
comment on view registry.public_holding is 'What households farm with, every declaration of it, for guards of other modules.';
grant select on registry.public_holding to marketplace_app;
