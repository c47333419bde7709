-- Draws that anybody can replay: the day's seed is fixed by its published hash before the first draw and told after the day. ------------

create table certification.draw_rule (
    in_force_from timestamptz primary key,
    -- Nobody gets the same part for the same household more often in a row while somebody else could.
    most_in_a_row int not null check (most_in_a_row between 1 and 100)
);
grant select on certification.draw_rule to marketplace_app;
insert into certification.draw_rule values ('2026-01-01 00:00:00+00', 3);

create table certification.draw_day (
    tenant_id    text not null default kernel.tenant(),
    day          date not null,
    -- SHA-256 of the day's seed.
    commitment   bytea not null check (length(commitment) = 32),
    committed_at timestamptz not null default kernel.now(),
    primary key (tenant_id, day)
);
select kernel.protect('certification.draw_day', 'select, insert');

create table certification.draw_reveal (
    tenant_id   text not null default kernel.tenant(),
    day         date not null,
    seed        bytea not null check (length(seed) = 32),
    revealed_at timestamptz not null default kernel.now(),
    primary key (tenant_id, day),
    foreign key (tenant_id, day) references certification.draw_day
);
select kernel.protect('certification.draw_reveal', 'select, insert');

create function certification.draw_revealed() returns trigger language plpgsql security definer set search_path = certification, pg_temp as
$$
begin
    if new.day >= certification.today() or not exists (select from draw_day d where d.day = new.day and d.commitment = sha256(new.seed)) then
        raise exception using errcode = 'P0001', constraint = 'draw-not-committed', message = 'A seed is told after its day, as it was committed.';
    end if;
    new.revealed_at := kernel.now();
    return new;
end
$$;
create trigger draw_revealed before insert on certification.draw_reveal for each row execute function certification.draw_revealed();

create type certification.draw_cause as enum ('submission', 'acceptance', 'reassignment', 'named', 'hand_over', 'interest', 'retest');

create table certification.draw (
    application uuid not null references certification.application,
    number      int not null check (number > 0),
    tenant_id   text not null default kernel.tenant(),
    day         date not null,
    -- HMAC-SHA256 of "application|number" under the day's seed, in hex.
    seed        text not null check (seed ~ '^[0-9a-f]{64}$'),
    cause       certification.draw_cause not null,
    -- For each part the candidates of that moment and who was drawn, as JSON.
    parts       text not null,
    drawn_by    uuid default kernel.person(),
    drawn_at    timestamptz not null default kernel.now(),
    primary key (application, number),
    foreign key (tenant_id, day) references certification.draw_day
);
select kernel.protect('certification.draw', 'select, insert');

create function certification.drawn() returns trigger language plpgsql security definer set search_path = certification, pg_temp as
$$
begin
    -- The commitment of an earlier transaction: everybody could read it before this draw.
    if new.day <> certification.today()
        or not exists (select from draw_day d where d.day = new.day and d.tenant_id = new.tenant_id and d.xmin <> pg_current_xact_id()::xid) then
        raise exception using errcode = 'P0001', constraint = 'draw-not-committed', message = 'The day''s seed was not committed before.';
    end if;
    new.drawn_at := kernel.now();
    new.drawn_by := kernel.person();
    return new;
end
$$;
create trigger drawn before insert on certification.draw for each row execute function certification.drawn();

-- Whoever is put on a case was drawn for that part in this very transaction, is a different human from all others in it, has no interest
-- and is qualified. Parts are read by name, so that a part added later is guarded too.
create function certification.people_fit() returns trigger language plpgsql security definer set search_path = certification, pg_temp as
$$
declare
    v_new    jsonb := to_jsonb(new);
    v_old    jsonb := to_jsonb(old);
    v_part   part;
    v_person uuid;
begin
    foreach v_part in array enum_range(null::part) loop
        v_person := (v_new ->> v_part::text)::uuid;
        if v_person is null or v_person is not distinct from (v_old ->> v_part::text)::uuid then
            continue;
        end if;
        if certification.own_work(new, v_person, v_part) then
            raise exception using errcode = 'P0001', constraint = 'own-work', message = 'Nobody takes two parts in one case.';
        end if;
        if certification.conflicted(new, v_person) then
            raise exception using errcode = 'P0001', constraint = 'conflict-of-interest', message = 'Nobody is put on a case of their interest.';
        end if;
        if certification.fitness(case when v_part in ('analyst', 'supervisor') then new.laboratory else new.body end,
                new.scheme, v_part, new.village, v_person) is null then
            raise exception using errcode = 'P0001', constraint = 'not-qualified', message = 'Only the qualified are put on a case.';
        end if;
        if not exists (select from draw d, jsonb_array_elements(d.parts::jsonb) as one
                        where d.application = new.id and d.drawn_at = kernel.now() and one ->> 'part' = v_part::text
                          and (one ->> 'drawn')::uuid = v_person) then
            raise exception using errcode = 'P0001', constraint = 'not-drawn', message = 'Nobody is put on a case without a draw.';
        end if;
    end loop;
    return new;
end
$$;
create trigger people_fit before update on certification.application for each row execute function certification.people_fit();

-- A part nobody could be found for: the quality manager was told, and has its task.
create table certification.unfilled_part (
    application uuid not null references certification.application,
    part        certification.part not null,
    person      uuid not null,
    tenant_id   text not null default kernel.tenant(),
    cause       certification.draw_cause not null,
    recorded_at timestamptz not null default kernel.now(),
    primary key (application, part, person)
);
select kernel.protect('certification.unfilled_part', 'select, insert');

create index application_open on certification.application (tenant_id, id) where stage not in ('draft', 'granted', 'refused', 'withdrawn', 'expired_inactive');
