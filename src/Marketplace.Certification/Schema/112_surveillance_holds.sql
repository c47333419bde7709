-- What follows a visit: a critical finding suspends at once and a major one when its correction is overdue; the quality manager confirms or lifts.
-- And who is visited next.

create type certification.hold_cause as enum ('critical', 'overdue');
create table certification.surveillance_hold (
    surveillance uuid not null references certification.surveillance_visit,
    cause        certification.hold_cause not null,
    tenant_id    text not null default kernel.tenant(),
    held_at      timestamptz not null default kernel.now(),
    primary key (surveillance, cause)
);
select kernel.protect('certification.surveillance_hold', 'select, insert');

create table certification.surveillance_ruling (
    surveillance uuid not null,
    cause        certification.hold_cause not null,
    tenant_id    text not null default kernel.tenant(),
    -- True: the suspension stands, for the ordinary ways to end it; false: it is lifted.
    confirmed    boolean not null,
    reason       text not null check (length(reason) between 3 and 2000),
    person       uuid not null default kernel.person(),
    recorded_at  timestamptz not null default kernel.now(),
    constraint "hold-ruled" primary key (surveillance, cause),
    foreign key (surveillance, cause) references certification.surveillance_hold
);
select kernel.protect('certification.surveillance_ruling', 'select, insert');

-- What a hold moved, so that lifting it gives back only that.
alter table certification.certificate_change add column surveillance uuid references certification.surveillance;
alter table certification.scope_change add column surveillance uuid references certification.surveillance;
alter table certification.member_change add column surveillance uuid references certification.surveillance;

-- One queue for a household under a scheme: a certificate being issued and a hold see each other, whichever comes first. Taken before any other
-- row of theirs.
create function certification.watch_key(a_household uuid, a_scheme text) returns bigint language sql immutable as
$$ select hashtextextended(a_household || '|' || a_scheme, 111) $$;

create function certification.held_back() returns trigger language plpgsql security definer set search_path = certification, pg_temp as
$$
declare
    v_visit surveillance;
begin
    select * into v_visit from surveillance where id = new.surveillance;
    perform pg_advisory_xact_lock(watch_key(v_visit.household, v_visit.scheme));
    if not exists (select from surveillance_finding_now f where f.surveillance = new.surveillance
        and case new.cause when 'critical' then f.severity = 'critical'
            else f.severity = 'major' and not f.settled and not f.pending and f.due_at <= kernel.now() end) then
        raise exception using errcode = 'P0001', constraint = 'nothing-to-hold', message = 'Nothing was found that suspends.';
    end if;
    new.held_at := kernel.now();
    return new;
end
$$;
create trigger held_back before insert on certification.surveillance_hold for each row execute function certification.held_back();

-- A critical finding and its hold, and a hold and the suspension: of one commit.
create function certification.found_is_held() returns trigger language plpgsql security definer set search_path = certification, pg_temp as
$$
begin
    if not exists (select from surveillance_hold where surveillance = new.surveillance and cause = 'critical') then
        raise exception using errcode = 'P0001', constraint = 'not-held-back', message = 'A critical finding suspends at once.';
    end if;
    return null;
end
$$;
create constraint trigger found_is_held after insert on certification.surveillance_finding deferrable initially deferred for each row
    when (new.severity = 'critical') execute function certification.found_is_held();

create function certification.held_is_suspended() returns trigger language plpgsql security definer set search_path = certification, pg_temp as
$$
begin
    if exists (select from surveillance v where v.id = new.surveillance and (
        exists (select from certificate c where c.household = v.household and c.scheme = v.scheme and c.state = 'active')
        or exists (select from scope s where s.household = v.household and s.scheme = v.scheme and s.state = 'active')
        or exists (select from group_member m where m.household = v.household and m.scheme = v.scheme and m.state in ('inspection_due', 'member')))) then
        raise exception using errcode = 'P0001', constraint = 'not-held-back', message = 'A hold suspends everything of the household under the scheme.';
    end if;
    return null;
end
$$;
create constraint trigger held_is_suspended after insert on certification.surveillance_hold deferrable initially deferred for each row
    execute function certification.held_is_suspended();

create function certification.not_held_back(a_household uuid, a_scheme text) returns void
    language plpgsql security definer set search_path = certification, pg_temp as
$$
begin
    perform pg_advisory_xact_lock_shared(watch_key(a_household, a_scheme));
    if exists (select from surveillance v join surveillance_hold h on h.surveillance = v.id
                where v.household = a_household and v.scheme = a_scheme
                  and not exists (select from surveillance_ruling r where r.surveillance = h.surveillance and r.cause = h.cause)) then
        raise exception using errcode = 'P0001', constraint = 'held-back', message = 'The quality manager has to rule on a finding first.';
    end if;
end
$$;
revoke all on function certification.not_held_back from public;

create function certification.certificate_not_held() returns trigger language plpgsql security definer set search_path = certification, pg_temp as
$$
begin
    perform not_held_back(new.household, new.scheme);
    return new;
end
$$;
create trigger a_not_held before insert on certification.certificate for each row execute function certification.certificate_not_held();

create function certification.batch_not_held() returns trigger language plpgsql security definer set search_path = certification, pg_temp as
$$
begin
    perform not_held_back(new.household, (select scheme from scope where id = new.scope));
    return new;
end
$$;
create trigger a_a_not_held before insert on certification.batch_declaration for each row execute function certification.batch_not_held();

create function certification.ruled() returns trigger language plpgsql security definer set search_path = certification, pg_temp as
$$
declare
    v_visit surveillance;
begin
    select * into v_visit from surveillance where id = new.surveillance for no key update;
    if new.person is distinct from kernel.person() or not acts_as('quality_manager') then
        raise exception using errcode = 'P0001', constraint = 'not-assigned', message = 'The quality manager rules.';
    end if;
    if new.person = any (accounts((select person from surveillance_visit where surveillance = new.surveillance))) or of_household(new.person, v_visit.household) then
        raise exception using errcode = 'P0001', constraint = 'own-work', message = 'Nobody rules on their own finding or household.';
    end if;
    if conflicted(case_of(v_visit), new.person) then
        raise exception using errcode = 'P0001', constraint = 'conflict-of-interest', message = 'Nobody rules where they have an interest.';
    end if;
    new.recorded_at := kernel.now();
    return new;
end
$$;
create trigger ruled before insert on certification.surveillance_ruling for each row execute function certification.ruled();

-- Who is watched: every household with something live under a scheme.
create view certification.surveillance_subject with (security_invoker = true) as
select distinct on (live.household, live.scheme) live.household, live.scheme, live.application, live.issuer as body, live.village
  from (select household, scheme, application, issuer, village, issued_at as since from certification.certificate
         where state = 'active' and valid_until > (select kernel.now())
        union all
        select household, scheme, application, issuer, village, valid_from from certification.scope
         where kind = 'serial' and state = 'active' and valid_until > (select kernel.now())) live
 order by live.household, live.scheme, live.since desc;
grant select on certification.surveillance_subject to marketplace_app;

-- When somebody was last there: for surveillance or for the evaluation of a case.
create function certification.last_visit(a_household uuid, a_scheme text) returns timestamptz language sql stable as
$$
    select greatest(
        (select max(r.recorded_at) from certification.surveillance v join certification.surveillance_visit r on r.surveillance = v.id
          where v.household = a_household and v.scheme = a_scheme),
        (select max(i.recorded_at) from certification.application a join certification.inspection i on i.application = a.id
          where a.household = a_household and a.scheme = a_scheme))
$$;

-- How much the intervals shrink or grow by what the last visits found, in per cent.
create function certification.interval_percent(a_household uuid, a_scheme text) returns int language sql stable as
$$
    select case when count(*) = 0 then 100
                when bool_or(found) filter (where place = 1) then (certification.watch_rule_now()).after_findings
                when count(*) = 2 and not bool_or(found) then (certification.watch_rule_now()).after_clean else 100 end
      from (select row_number() over (order by r.recorded_at desc) as place,
                   exists (select from certification.surveillance_finding f where f.surveillance = v.id) as found
              from certification.surveillance v join certification.surveillance_visit r on r.surveillance = v.id
             where v.household = a_household and v.scheme = a_scheme order by r.recorded_at desc limit 2) as last
$$;

-- Why a subject is to be visited now; nothing when it is not.
create function certification.surveillance_reasons(a_household uuid, a_scheme text, a_application uuid)
    returns table (reason certification.surveillance_reason, points int, note text) language plpgsql stable as
$$
#variable_conflict use_column
declare
    v_rule    certification.watch_rule := certification.watch_rule_now();
    v_case    certification.application;
    v_scheme  certification.scheme;
    v_last    timestamptz := certification.last_visit(a_household, a_scheme);
    v_percent int := certification.interval_percent(a_household, a_scheme);
    v_first   timestamptz := (select min(issued_at) from certification.certificate where household = a_household);
    v_since   timestamptz := (select min(issued_at) from certification.certificate where household = a_household and scheme = a_scheme);
    v_grave   int;
begin
    select * into v_case from certification.application where id = a_application;
    select * into v_scheme from certification.scheme where code = v_case.scheme and version = v_case.scheme_version;
    return query
    with risk as (
        select w.reason, w.points, 'first certificate on ' || v_first::date as note from certification.surveillance_weight w
         where w.reason = 'new_producer' and v_first > kernel.now() - interval '365 days' and v_last is null
         union all
        select w.reason, w.points * found.weight, found.count || ' since ' || found.since
          from certification.surveillance_weight w, lateral (
               select count(*) as count, max(case one.severity when 'critical' then 2 else 1 end) as weight,
                      (kernel.now() - make_interval(months => v_rule.findings_months))::date as since
                 from (select n.severity, n.recorded_at from certification.nonconformity n join certification.application a on a.id = n.application
                        where a.household = a_household
                       union all
                       select f.severity, f.recorded_at from certification.surveillance_finding f join certification.surveillance v on v.id = f.surveillance
                        where v.household = a_household) as one (severity, recorded_at)
                where one.severity <> 'minor' and one.recorded_at > kernel.now() - make_interval(months => v_rule.findings_months)) found
         where w.reason = 'past_findings' and found.count > 0
         union all
        -- An open case of an over-claim is visited by itself.
        select w.reason, w.points, flag.claimed || ' of ' || flag.plausible from certification.surveillance_weight w, lateral (
               select m.claimed, m.plausible from certification.mass_balance m
                 left join certification.application a on a.id = m.application
                 left join certification.batch_declaration d on d.id = m.declaration
                 left join certification.scope s on s.id = d.scope
                where m.household = a_household and m.verdict in ('over_claim', 'no_base') and coalesce(a.scheme, s.scheme) = a_scheme
                  and m.recorded_at > coalesce(v_last, '-infinity') and (a.id is null or a.stage in ('granted', 'refused', 'withdrawn', 'expired_inactive'))
                order by m.recorded_at desc limit 1) flag
         where w.reason = 'over_claim'
         union all
        select w.reason, w.points * r.class, 'class ' || r.class from certification.surveillance_weight w, certification.product_risk r
         where w.reason = 'product_risk' and r.rule_group = v_case.rule_group and r.class > 0),
    due as (
        select exists (select from risk where reason = 'over_claim')
            or (coalesce((select sum(points) from risk), 0) >= v_rule.risk_points
                and coalesce(v_last < kernel.now() - make_interval(days => v_rule.risk_days * v_percent / 100), true)) as now)
    select risk.reason, risk.points, risk.note from risk, due where due.now
     union all
    -- A group's members are sampled by their group's scope instead.
    select w.reason, w.points, v_scheme.surveillance_visits || ' a year, ' || v_percent || ' %' from certification.surveillance_weight w
     where w.reason = 'regular' and v_scheme.kind = 'serial' and v_scheme.surveillance_visits > 0
       and coalesce(v_last, v_since) + make_interval(days => 365 / v_scheme.surveillance_visits * v_percent / 100 - v_rule.visit_within) <= kernel.now()
     union all
    select w.reason, w.points, 'drawn for ' || p.year from certification.surveillance_weight w, certification.random_pick p
     where w.reason = 'random' and p.household = a_household and p.scheme = a_scheme and p.chosen and p.year = extract(year from certification.today())
       and not exists (select from certification.surveillance v join certification.surveillance_cause c on c.surveillance = v.id and c.reason = 'random'
                        where v.household = a_household and v.scheme = a_scheme and v.scheduled_at >= p.recorded_at);
end
$$;
