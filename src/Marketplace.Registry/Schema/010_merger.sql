-- How the tree stood before a change: whoever reports an earlier year finds its boundaries here.
create table registry.territory_before (
    code        text not null references registry.territory (code),
    parent      text references registry.territory (code),
    level       registry.territory_level not null,
    path        text[] not null,
    valid_until date not null,
    source      text not null check (length(source) between 3 and 500),
    recorded_at timestamptz not null default now(),
    primary key (code, valid_until)
);
grant select on registry.territory_before to marketplace_app;

-- Merges one rural district, district or oblast into another of its level, as the state's classifier did. Its places move; its code lives on as
-- an alias; every tenant gets the event. The tree is shared by all tenants, so only the database's owner may do this.
create function registry.merge_territories(a_from text, a_into text, a_on date, a_source text) returns int language plpgsql as
$$
declare
    v_from  registry.territory;
    v_into  registry.territory;
    v_moved int;
    v_tenant text;
    v_before text := coalesce(current_setting('app.tenant', true), '');
begin
    -- In code order, so that two mergers cannot deadlock.
    perform 1 from registry.territory where code in (a_from, a_into) order by code for update;
    select * into v_from from registry.territory where code = a_from;
    select * into v_into from registry.territory where code = a_into;
    if v_from.code is null or v_into.code is null or a_from = a_into or v_from.level <> v_into.level or v_from.level in ('country', 'village')
        or v_from.country <> v_into.country or v_from.valid_until is not null or v_into.valid_until is not null
        or v_into.path @> array[a_from] or v_from.path @> array[a_into] then
        raise exception using errcode = 'P0001', constraint = 'no-merger', message = 'Two different valid territories of one level and country merge.';
    end if;
    if a_on <= v_from.valid_from or a_on > kernel.now()::date then
        raise exception using errcode = 'P0001', constraint = 'no-merger', message = 'The day of a merger is today or past, and after both began.';
    end if;

    insert into registry.territory_before (code, parent, level, path, valid_until, source)
        select code, parent, level, path, a_on, a_source from registry.territory where path @> array[a_from];
    get diagnostics v_moved = row_count;
    if v_from.habitable then
        -- People live in the place itself: it goes on as a village of the other one.
        update registry.territory set parent = a_into, level = 'village', path = v_into.path || a_from where code = a_from;
    else
        update registry.territory set parent = a_into where parent = a_from;
        update registry.territory set path = v_into.path || path[array_position(path, a_from) + 1:] where path @> array[a_from] and code <> a_from;
        update registry.territory set valid_until = a_on where code = a_from;
        update registry.territory_alias set territory = a_into where territory = a_from;
        insert into registry.territory_alias (alias, territory, kind, search, valid_from, valid_until) values
            (a_from, a_into, 'code', a_from, v_from.valid_from, a_on),
            (v_from.name_kk, a_into, 'name', v_from.search_kk, v_from.valid_from, a_on),
            (v_from.name_ru, a_into, 'name', v_from.search_ru, v_from.valid_from, a_on) on conflict do nothing;
    end if;

    for v_tenant in select id from kernel.tenant order by id loop
        perform set_config('app.tenant', v_tenant, true);
        perform kernel.append(gen_random_uuid(), 'TerritoriesMerged',
            json_build_object('from', a_from, 'into', a_into, 'on', a_on)::text);
    end loop;
    perform set_config('app.tenant', v_before, true);
    return v_moved;
end
$$;
revoke all on function registry.merge_territories from public;
