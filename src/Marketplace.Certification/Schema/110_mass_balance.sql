-- Mass balance: what a household claims of a product in a season against what its plots and animals plausibly yield. A claim above it refuses
-- nothing by itself; it obliges a visit on which the goods are counted.

-- Settings of the product for what is watched after or beside an evaluation.
create table certification.watch_rule (
    in_force_from     timestamptz primary key,
    -- How far a claim may lie above the plausible yield, in per cent.
    tolerance_percent int not null check (tolerance_percent between 0 and 1000),
    -- Working days for a visit that the scheme's own steps do not have.
    visit_days        int not null check (visit_days between 0 and 60)
);
grant select on certification.watch_rule to marketplace_app;
insert into certification.watch_rule values ('2026-01-01 00:00:00+00', 20, 3);

create function certification.watch_rule_now() returns certification.watch_rule language sql stable as
$$ select w from certification.watch_rule w where in_force_from <= kernel.now() order by in_force_from desc limit 1 $$;

create type certification.yield_span as enum ('season', 'day');
create table certification.yield (
    number        int not null,
    edition       int not null,
    rule_group    text not null,
    -- Products the row narrows to; null means the whole group. Such a row goes before the group's own of the same base.
    products      text[],
    -- A kind of holding.
    base          text not null,
    per           text not null check (per in ('ha', 'head')),
    unit          text not null check (unit in ('KGM', 'LTR', 'H87')),
    low           numeric not null check (low > 0),
    typical       numeric not null,
    high          numeric not null,
    span          certification.yield_span not null,
    -- Days whose produce one lot may hold; only for what is yielded by the day.
    gathered_days int check (gathered_days between 1 and 366),
    source        text not null,
    -- B: one figure seen in a secondary page, the note says which; C recalled. Recalled rows count: they only send a visitor.
    confidence    text not null check (confidence in ('A', 'B', 'C')),
    note          text,
    valid_from    date not null,
    primary key (number, edition),
    check (low <= typical and typical <= high),
    check ((span = 'day') = (gathered_days is not null))
);
create index yield_group on certification.yield (rule_group);
grant select on certification.yield to marketplace_app;

create function certification.yields_of(a_product text, a_rule_group text) returns setof certification.yield language sql stable as
$$
    with newest as (
        select distinct on (number) * from certification.yield
         where rule_group = a_rule_group and valid_from <= kernel.now()::date order by number, edition desc)
    select n.* from newest n
     where a_product = any (n.products)
        or (n.products is null and not exists (select from newest own where own.base = n.base and a_product = any (own.products)))
$$;

-- What of a kind counts for a season: what was declared before its first lot or confirmed by the rural district; less than that counts at once.
create function certification.holding_at(a_household uuid, a_kind text, a_before timestamptz) returns bigint language sql stable as
$$
    select least(
        coalesce((select amount from registry.public_holding where household = a_household and kind = a_kind order by number desc limit 1), 0),
        coalesce((select amount from registry.public_holding
                   where household = a_household and kind = a_kind and (declared_at <= a_before or confirmed) order by number desc limit 1), 0))
$$;

create type certification.balance_verdict as enum ('plausible', 'over_claim', 'no_base', 'no_yield_known');

create function certification.weigh(a_household uuid, a_product text, a_rule_group text, a_ready_on date, out season int, out days int, out claimed bigint,
    out plausible bigint, out tolerance int, out bases text, out verdict certification.balance_verdict)
    language plpgsql stable security definer set search_path = certification, pg_temp as
$$
declare
    v_first timestamptz;
begin
    season := extract(year from a_ready_on);
    tolerance := (watch_rule_now()).tolerance_percent;
    select coalesce(sum(l.amount), 0), coalesce(max(l.ready_on) - min(l.ready_on), 0), coalesce(min(l.created_at), kernel.now())
      into claimed, days, v_first
      from supply.public_declared_lot l
     where l.household = a_household and l.product = a_product and extract(year from l.ready_on) = weigh.season;
    days := days + coalesce((select max(gathered_days) from yields_of(a_product, a_rule_group)), 1);
    -- A hectare has 10,000 square metres; kilograms and litres are kept in thousandths.
    select floor(sum(held.amount * y.high * case y.per when 'ha' then 0.0001 else 1 end * case y.unit when 'H87' then 1 else 1000 end
                     * case y.span when 'day' then weigh.days else 1 end)),
           coalesce(jsonb_agg(jsonb_build_object('kind', y.base, 'amount', held.amount, 'per', y.per, 'unit', y.unit, 'low', y.low, 'typical', y.typical,
               'high', y.high, 'span', y.span, 'confidence', y.confidence, 'source', y.source) order by y.number), '[]')::text
      into plausible, bases
      from yields_of(a_product, a_rule_group) y, lateral (select holding_at(a_household, y.base, v_first) as amount) held;
    verdict := case when plausible is null then 'no_yield_known' when plausible = 0 then 'no_base'
        when claimed * 100::numeric > plausible * (100::numeric + tolerance) then 'over_claim' else 'plausible' end;
    plausible := coalesce(plausible, 0);
end
$$;
revoke all on function certification.weigh from public;

create table certification.mass_balance (
    id          uuid primary key default gen_random_uuid(),
    tenant_id   text not null default kernel.tenant(),
    -- Reckoned when an application was submitted, or when a batch was declared under a scope.
    application uuid references certification.application,
    declaration uuid unique references certification.batch_declaration,
    number      int not null check (number > 0),
    household   uuid not null,
    product     text not null,
    season      int not null,
    days        int not null,
    claimed     bigint not null,
    plausible   bigint not null,
    unit        text not null,
    tolerance   int not null,
    -- Each base with its amount and yield, as JSON.
    bases       text not null,
    verdict     certification.balance_verdict not null,
    recorded_at timestamptz not null default kernel.now(),
    unique (application, number),
    check (num_nonnulls(application, declaration) = 1)
);
create index mass_balance_household on certification.mass_balance (household, product);
-- Written by the triggers below and by nobody else.
select kernel.protect('certification.mass_balance', 'select');

create function certification.weighed() returns trigger language plpgsql security definer set search_path = certification, pg_temp as
$$
begin
    insert into mass_balance (application, number, household, product, unit, season, days, claimed, plausible, tolerance, bases, verdict)
    select new.id, 1 + (select count(*) from mass_balance where application = new.id), new.household, new.product, new.unit,
           w.season, w.days, w.claimed, w.plausible, w.tolerance, w.bases, w.verdict
      from weigh(new.household, new.product, new.rule_group, new.ready_on) w;
    return null;
end
$$;
create trigger weighed after update of stage on certification.application for each row when (old.stage <> new.stage and new.stage = 'submitted')
    execute function certification.weighed();

create function certification.batch_weighed() returns trigger language plpgsql security definer set search_path = certification, pg_temp as
$$
begin
    insert into mass_balance (declaration, number, household, product, unit, season, days, claimed, plausible, tolerance, bases, verdict)
    select new.id, 1, new.household, s.product, new.unit, w.season, w.days, w.claimed, w.plausible, w.tolerance, w.bases, w.verdict
      from scope s, weigh(new.household, s.product, s.rule_group, new.ready_on) w where s.id = new.scope;
    return null;
end
$$;
create trigger batch_weighed after insert on certification.batch_declaration for each row execute function certification.batch_weighed();

-- Whether a case needs somebody at the place: the last balance of it says so.
create function certification.visit_owed(a_application uuid) returns boolean
    language sql stable security definer set search_path = certification, pg_temp as
$$
    select coalesce((select verdict in ('over_claim', 'no_base') from mass_balance where application = a_application order by number desc limit 1), false)
$$;

alter table certification.inspection add column counted bigint check (counted >= 0);

create function certification.visit_planned() returns trigger language plpgsql as
$$
begin
    if not new.visit and certification.visit_owed(new.application) then
        raise exception using errcode = 'P0001', constraint = 'visit-owed', message = 'More is claimed than is plausible: the place is visited.';
    end if;
    return new;
end
$$;
create trigger d_visit_planned before insert on certification.evaluation_plan for each row execute function certification.visit_planned();

create function certification.visit_counted() returns trigger language plpgsql as
$$
begin
    if new.counted is null and certification.visit_owed(new.application) then
        raise exception using errcode = 'P0001', constraint = 'count-missing', message = 'On this visit the goods are counted.';
    end if;
    return new;
end
$$;
create trigger e_visit_counted before insert on certification.inspection for each row execute function certification.visit_counted();

-- What was applied for stays, but for the inspector's count: the case goes on with what is there.
create or replace function certification.frozen() returns trigger language plpgsql as
$$
begin
    if (old.ready_on, old.expires_on, old.scheme_version, old.fee_minor, old.number, old.body, old.submitted_at)
        is distinct from (new.ready_on, new.expires_on, new.scheme_version, new.fee_minor, new.number, new.body, new.submitted_at)
        or (new.amount <> old.amount and (new.amount > old.amount
            or new.amount is distinct from (select counted from certification.inspection where application = new.id))) then
        raise exception using errcode = 'P0001', constraint = 'wrong-stage', message = 'A submitted application keeps what was applied for.';
    end if;
    return new;
end
$$;

create or replace function certification.done(a_application uuid, a_task text) returns boolean
    language sql stable as
$$
    select case a_task
        when 'review-documents' then exists (select from certification.document_review where application = a_application)
        when 'plan-evaluation' then exists (select from certification.evaluation_plan where application = a_application)
        when 'inspect-site' then exists (select from certification.inspection where application = a_application)
            or (not certification.visit_owed(a_application)
                and exists (select from certification.evaluation_plan where application = a_application and not visit))
        when 'take-sample' then exists (select from certification.sample where application = a_application)
        when 'enter-results' then exists (select from certification.result_approval where application = a_application)
        else false end
$$;

create or replace function certification.lacking(a_case certification.application) returns text
    language plpgsql stable security definer set search_path = certification, pg_temp as
$$
declare
    v_steps   text[] := array(select task from scheme_step where code = a_case.scheme and version = a_case.scheme_version);
    v_tested  boolean := 'take-sample' = any(v_steps) or exists (
        select from scheme_test where code = a_case.scheme and version = a_case.scheme_version and rule_group = a_case.rule_group);
    v_read    boolean := exists (select from document_review where application = a_case.id);
    v_visited boolean := exists (select from inspection where application = a_case.id);
    v_verdict verdict;
begin
    if visit_owed(a_case.id) and not v_visited then
        return 'visit-owed';
    end if;
    if exists (select from inspection where application = a_case.id and counted < a_case.amount) then
        return 'counted-less';
    end if;
    if v_tested then
        v_verdict := verdict_of(a_case.id);
        if v_verdict is distinct from 'pass' then
            return case v_verdict when 'fail' then 'results-fail' else 'results-incomplete' end;
        end if;
    elsif not (v_read or v_visited) then
        return 'evaluation-missing';
    end if;
    if ('review-documents' = any(v_steps) and not v_read)
        or ('inspect-site' = any(v_steps) and not v_visited and not exists (
            select from evaluation_plan where application = a_case.id and not visit)) then
        return 'evaluation-missing';
    end if;
    return null;
end
$$;
