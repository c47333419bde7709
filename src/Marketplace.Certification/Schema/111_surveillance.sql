-- Surveillance: visits after the certificate, by the scheme's frequency, by risk and by chance. The subject is a household under a scheme, since
-- the certificates of single batches live shortly and those of a production share its fate.

create type certification.surveillance_reason as enum ('regular', 'new_producer', 'past_findings', 'over_claim', 'product_risk', 'random');

-- Settings of the product: what weighs how much, and whether the household may know before.
create table certification.surveillance_weight (
    reason    certification.surveillance_reason primary key,
    points    int not null check (points between 0 and 1000),
    -- A visit is announced when every reason of it is.
    announced boolean not null
);
grant select on certification.surveillance_weight to marketplace_app;
insert into certification.surveillance_weight values ('regular', 100, true), ('new_producer', 30, true), ('past_findings', 50, false),
    ('over_claim', 100, false), ('product_risk', 10, true), ('random', 100, false);

-- Our reading: 3 what spoils or makes ill soonest, 0 what is dry or cooked. A product's risk weighs its class times the points.
create table certification.product_risk (
    rule_group text primary key,
    class      int not null check (class between 0 and 3)
);
grant select on certification.product_risk to marketplace_app;
insert into certification.product_risk values ('dairy_raw', 3), ('meat', 3), ('poultry_meat', 3), ('meat_product', 3), ('fish', 3), ('dairy_fermented', 2),
    ('dairy_curd', 2), ('dairy_butter', 2), ('eggs', 2), ('veg_leaf', 1), ('berries', 1), ('juice', 1), ('preserves', 1);

alter table certification.watch_rule
    -- From how many points on a household is visited for its risk.
    add risk_points     int not null default 50 check (risk_points > 0),
    -- Days between two visits for risk.
    add risk_days       int not null default 180 check (risk_days > 0),
    add findings_months int not null default 24 check (findings_months > 0),
    -- The share of the subjects drawn each year, in per cent.
    add random_percent  int not null default 5 check (random_percent between 0 and 100),
    -- Days a visitor has, and after an over-claim.
    add visit_within    int not null default 30 check (visit_within between 1 and 90),
    add claim_within    int not null default 7 check (claim_within between 1 and 90),
    -- After findings the intervals shrink to this share, after two visits without any they grow to this, in per cent.
    add after_findings  int not null default 50 check (after_findings between 1 and 100),
    add after_clean     int not null default 200 check (after_clean between 100 and 1000),
    -- Working days in which the quality manager rules on a suspension.
    add ruling_days     int not null default 1 check (ruling_days between 0 and 10);

alter type certification.draw_cause add value 'surveillance';

create type certification.surveillance_state as enum ('open', 'recorded');
create table certification.surveillance (
    id           uuid primary key,
    tenant_id    text not null default kernel.tenant(),
    household    uuid not null,
    scheme       text not null,
    -- The case that certified it last: its product, and who had a part in it.
    application  uuid not null references certification.application,
    body         uuid not null,
    village      text not null,
    -- The group's scope certificate whose yearly sample of members this visit is part of.
    scope        uuid references certification.scope,
    announced    boolean not null,
    score        int not null check (score >= 0),
    due_on       date not null,
    state        certification.surveillance_state not null default 'open',
    sampler      uuid,
    scheduled_at timestamptz not null default kernel.now()
);
create unique index "surveillance-open" on certification.surveillance (household, scheme) where state = 'open';
create index surveillance_household on certification.surveillance (household, scheme);
create index surveillance_sampler on certification.surveillance (sampler, id);
create index surveillance_body on certification.surveillance (body, id);
select kernel.protect('certification.surveillance', 'select, insert');
grant update (sampler) on certification.surveillance to marketplace_app;

create table certification.surveillance_cause (
    surveillance uuid not null references certification.surveillance,
    reason       certification.surveillance_reason not null,
    tenant_id    text not null default kernel.tenant(),
    points       int not null,
    note         text,
    primary key (surveillance, reason)
);
select kernel.protect('certification.surveillance_cause', 'select, insert');

-- Every subject goes through the draw once a year. The seed is that of a day after the last visit it can decide, committed now and told then: a
-- household that knew the seed could tell whether it was drawn.
create table certification.random_pick (
    tenant_id   text not null default kernel.tenant(),
    household   uuid not null,
    scheme      text not null,
    year        int not null,
    day         date not null check (day = make_date(year + 1, 3, 31)),
    -- HMAC-SHA256 of "household|scheme|year" under the day's seed, in hex.
    seed        text not null check (seed ~ '^[0-9a-f]{64}$'),
    percent     int not null,
    chosen      boolean not null check (chosen = (('x' || left(seed, 8))::bit(32)::bigint * 100 < percent * 4294967296)),
    recorded_at timestamptz not null default kernel.now(),
    primary key (tenant_id, household, scheme, year),
    foreign key (tenant_id, day) references certification.draw_day
);
select kernel.protect('certification.random_pick', 'select, insert');

create function certification.picked() returns trigger language plpgsql security definer set search_path = certification, pg_temp as
$$
begin
    if new.year <> extract(year from today()) or new.percent <> (watch_rule_now()).random_percent
        or not exists (select from draw_day d where d.day = new.day and d.tenant_id = new.tenant_id and d.xmin <> pg_current_xact_id()::xid) then
        raise exception using errcode = 'P0001', constraint = 'draw-not-committed', message = 'The seed was not committed before.';
    end if;
    new.recorded_at := kernel.now();
    return new;
end
$$;
create trigger picked before insert on certification.random_pick for each row execute function certification.picked();

create table certification.surveillance_draw (
    surveillance uuid not null references certification.surveillance,
    number       int not null check (number > 0),
    tenant_id    text not null default kernel.tenant(),
    day          date not null,
    -- HMAC-SHA256 of "surveillance|number" under the day's seed, in hex.
    seed         text not null check (seed ~ '^[0-9a-f]{64}$'),
    -- The candidates of that moment and who was drawn, as JSON.
    parts        text not null,
    drawn_by     uuid default kernel.person(),
    drawn_at     timestamptz not null default kernel.now(),
    primary key (surveillance, number),
    foreign key (tenant_id, day) references certification.draw_day
);
select kernel.protect('certification.surveillance_draw', 'select, insert');
create trigger drawn before insert on certification.surveillance_draw for each row execute function certification.drawn();

-- The subject's last case as guards read it: with the household that is visited, which in a group is not the one the case began with.
create function certification.case_of(v certification.surveillance) returns certification.application language plpgsql stable as
$$
declare
    v_case certification.application;
begin
    select * into v_case from certification.application where id = v.application;
    v_case.household := v.household;
    v_case.village := v.village;
    return v_case;
end
$$;

-- Whoever visits was drawn in this very transaction, belongs neither to the household nor to another part of its last case, has no interest and is
-- qualified.
create function certification.visitor_fits() returns trigger language plpgsql security definer set search_path = certification, pg_temp as
$$
declare
    v_case application := case_of(new);
begin
    if tg_op = 'INSERT' then
        new.state := 'open';
        new.sampler := null;
        new.scheduled_at := kernel.now();
        return new;
    end if;
    if new.sampler is null or new.sampler is not distinct from old.sampler then
        return new;
    end if;
    if own_work(v_case, new.sampler, 'sampler') then
        raise exception using errcode = 'P0001', constraint = 'own-work', message = 'Nobody visits their own household or their own case.';
    end if;
    if conflicted(v_case, new.sampler) then
        raise exception using errcode = 'P0001', constraint = 'conflict-of-interest', message = 'Nobody visits where they have an interest.';
    end if;
    if fitness(new.body, new.scheme, 'sampler', new.village, new.sampler) is null then
        raise exception using errcode = 'P0001', constraint = 'not-qualified', message = 'Only the qualified visit.';
    end if;
    if not exists (select from surveillance_draw d, jsonb_array_elements(d.parts::jsonb) as one
                    where d.surveillance = new.id and d.drawn_at = kernel.now() and (one ->> 'drawn')::uuid = new.sampler) then
        raise exception using errcode = 'P0001', constraint = 'not-drawn', message = 'Nobody visits without a draw.';
    end if;
    return new;
end
$$;
create trigger visitor_fits before insert or update on certification.surveillance for each row execute function certification.visitor_fits();

-- The record of the visit: made once, by whoever was drawn, of something that has been.
create table certification.surveillance_visit (
    surveillance uuid constraint "visit-recorded" primary key references certification.surveillance,
    tenant_id    text not null default kernel.tenant(),
    visited_at   timestamptz not null,
    place        text not null check (length(place) between 3 and 200),
    answers      text not null,
    reason       text not null check (length(reason) between 3 and 2000),
    acknowledged boolean not null,
    remark       text check (length(remark) between 3 and 2000),
    person       uuid not null default kernel.person(),
    recorded_at  timestamptz not null default kernel.now(),
    check (acknowledged or remark is not null),
    constraint "visit-in-future" check (visited_at <= recorded_at)
);
select kernel.protect('certification.surveillance_visit', 'select, insert');

create function certification.visit_recorded() returns trigger language plpgsql security definer set search_path = certification, pg_temp as
$$
declare
    v_visit surveillance;
begin
    select * into v_visit from surveillance where id = new.surveillance for no key update;
    if of_household(new.person, v_visit.household) or v_visit.household::text = nullif(current_setting('app.household', true), '') then
        raise exception using errcode = 'P0001', constraint = 'own-work', message = 'Nobody visits their own household.';
    end if;
    if new.person is distinct from kernel.person() or new.person is distinct from v_visit.sampler then
        raise exception using errcode = 'P0001', constraint = 'not-assigned', message = 'Somebody else was drawn.';
    end if;
    if conflicted(case_of(v_visit), new.person) then
        raise exception using errcode = 'P0001', constraint = 'conflict-of-interest', message = 'Nobody visits where they have an interest.';
    end if;
    if v_visit.state <> 'open' then
        raise exception using errcode = 'P0001', constraint = 'visit-recorded', message = 'This visit was recorded before.';
    end if;
    if new.visited_at < v_visit.scheduled_at then
        raise exception using errcode = 'P0001', constraint = 'visit-too-early', message = 'The visit was before it was scheduled.';
    end if;
    new.recorded_at := kernel.now();
    update surveillance set state = 'recorded' where id = new.surveillance;
    return new;
end
$$;
create trigger visit_recorded before insert on certification.surveillance_visit for each row execute function certification.visit_recorded();

-- What was counted there, lot by lot.
create table certification.surveillance_count (
    surveillance uuid not null references certification.surveillance_visit,
    lot          uuid not null,
    tenant_id    text not null default kernel.tenant(),
    counted      bigint not null check (counted >= 0),
    unit         text not null,
    constraint "repeated-lot" primary key (surveillance, lot)
);
select kernel.protect('certification.surveillance_count', 'select, insert');

create table certification.surveillance_finding (
    surveillance uuid not null references certification.surveillance_visit,
    number       int not null check (number > 0),
    tenant_id    text not null default kernel.tenant(),
    severity     certification.severity not null,
    basis        text not null check (length(basis) between 3 and 200),
    text         text not null check (length(text) between 3 and 500),
    due_at       timestamptz not null default kernel.now(),
    recorded_at  timestamptz not null default kernel.now(),
    primary key (surveillance, number)
);
select kernel.protect('certification.surveillance_finding', 'select, insert');

-- Counts and findings are part of the record: of the same transaction, and counts of the household's own lots.
create function certification.of_the_record() returns trigger language plpgsql security definer set search_path = certification, pg_temp as
$$
begin
    if not exists (select from surveillance_visit where surveillance = new.surveillance and person = kernel.person() and recorded_at = kernel.now()) then
        raise exception using errcode = 'P0001', constraint = 'not-assigned', message = 'It is written with the record of the visit.';
    end if;
    if tg_table_name = 'surveillance_finding' then
        new.recorded_at := kernel.now();
        new.due_at := kernel.now() + make_interval(days => (
            select s.nonconformity_days from surveillance v join application a on a.id = v.application
              join scheme s on s.code = a.scheme and s.version = a.scheme_version where v.id = new.surveillance));
    elsif not exists (select from surveillance v join supply.public_declared_lot l on l.household = v.household
                       where v.id = new.surveillance and l.lot = new.lot and l.unit = new.unit) then
        raise exception using errcode = 'P0001', constraint = 'foreign-lot', message = 'This lot is not of the household.';
    end if;
    return new;
end
$$;
create trigger of_the_record before insert on certification.surveillance_count for each row execute function certification.of_the_record();
create trigger of_the_record before insert on certification.surveillance_finding for each row execute function certification.of_the_record();

-- What the producer did about a finding, and whether that does.
create table certification.surveillance_correction (
    surveillance uuid not null,
    finding      int not null,
    number       int not null check (number > 0),
    tenant_id    text not null default kernel.tenant(),
    text         text not null check (length(text) between 3 and 2000),
    person       uuid not null default kernel.person(),
    recorded_at  timestamptz not null default kernel.now(),
    accepted     boolean,
    reason       text check (length(reason) between 3 and 2000),
    checked_by   uuid,
    checked_at   timestamptz,
    primary key (surveillance, finding, number),
    foreign key (surveillance, finding) references certification.surveillance_finding (surveillance, number),
    check (num_nonnulls(accepted, checked_by, checked_at) in (0, 3)),
    check (accepted is distinct from false or reason is not null)
);
select kernel.protect('certification.surveillance_correction', 'select, insert');
grant update (accepted, reason, checked_by, checked_at) on certification.surveillance_correction to marketplace_app;

create view certification.surveillance_finding_now with (security_invoker = true) as
select f.*, c.number as correction, c.text as correction_text, c.accepted, c.reason as check_reason, c.number is not null and c.accepted is null as pending,
       case f.severity when 'minor' then c.number is not null and c.accepted is not false when 'major' then c.accepted is true else false end as settled
  from certification.surveillance_finding f
  left join lateral (select * from certification.surveillance_correction x where x.surveillance = f.surveillance and x.finding = f.number
                      order by x.number desc limit 1) c on true;
grant select on certification.surveillance_finding_now to marketplace_app;

create function certification.finding_corrected() returns trigger language plpgsql security definer set search_path = certification, pg_temp as
$$
declare
    v_visit surveillance;
    v_found surveillance_finding_now;
begin
    select * into v_visit from surveillance where id = new.surveillance for no key update;
    select * into v_found from surveillance_finding_now where surveillance = new.surveillance and number = new.finding;
    if tg_op = 'INSERT' then
        if new.person is distinct from kernel.person() or not coalesce(
            v_visit.household::text in (current_setting('app.household', true), current_setting('app.acting_for', true)), false) then
            raise exception using errcode = 'P0001', constraint = 'not-assigned', message = 'The producer corrects.';
        end if;
        if v_found.severity = 'critical' or v_found.settled or v_found.pending then
            raise exception using errcode = 'P0001', constraint = 'nothing-to-correct', message = 'Nothing is to be corrected here now.';
        end if;
        new.recorded_at := kernel.now();
        if v_found.severity = 'major' and v_found.due_at < new.recorded_at then
            raise exception using errcode = 'P0001', constraint = 'correction-overdue', message = 'The term of the correction is over.';
        end if;
        new.accepted := null; new.reason := null; new.checked_by := null; new.checked_at := null;
        return new;
    end if;
    if new.checked_by is distinct from kernel.person() or new.checked_by is distinct from v_visit.sampler or of_household(new.checked_by, v_visit.household) then
        raise exception using errcode = 'P0001', constraint = 'not-assigned', message = 'The visitor verifies.';
    end if;
    if old.accepted is not null or v_found.correction <> new.number then
        raise exception using errcode = 'P0001', constraint = 'no-correction', message = 'No correction waits.';
    end if;
    new.checked_at := kernel.now();
    return new;
end
$$;
create trigger finding_corrected before insert or update on certification.surveillance_correction
    for each row execute function certification.finding_corrected();
