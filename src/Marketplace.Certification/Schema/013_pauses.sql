-- Pauses: coded, with evidence, one at a time. While a case is paused nothing in it is done or decided; its time is kept apart.

create type certification.pause_reason as enum ('waiting_for_applicant', 'force_majeure', 'quarantine_order', 'laboratory_equipment_failure');
create table certification.pause (
    application uuid not null references certification.application,
    number      int not null check (number > 0),
    tenant_id   text not null default kernel.tenant(),
    reason      certification.pause_reason not null,
    -- What shows it: number and date of the order, the fault report, the letter.
    evidence    text not null check (length(evidence) between 3 and 2000),
    stage       certification.stage not null,
    person      uuid not null default kernel.person(),
    started_at  timestamptz not null default kernel.now(),
    ended_by    uuid,
    ended_at    timestamptz check (ended_at >= started_at),
    primary key (application, number)
);
create unique index "already-paused" on certification.pause (application) where ended_at is null;
select kernel.protect('certification.pause', 'select, insert');
grant update (ended_by, ended_at) on certification.pause to marketplace_app;

-- How long a case stood still since an instant.
create function certification.paused_since(a_application uuid, a_from timestamptz) returns interval language sql stable as
$$
    select coalesce(sum(coalesce(ended_at, kernel.now()) - greatest(started_at, a_from)), '0')
      from certification.pause where application = a_application and coalesce(ended_at, kernel.now()) > a_from
$$;

-- The roles the actor acts with, handed in with the person.
create function certification.acts_as(a_role text) returns boolean language sql stable as
$$ select coalesce(a_role = any (string_to_array(current_setting('app.roles', true), ',')), false) $$;

-- The part in which a person may act over the whole of a case: the own one, or the quality manager's; null for anybody else.
create function certification.part_of(a_case certification.application, a_person uuid) returns certification.part language sql stable as
$$
    select coalesce(
        (select part from unnest(enum_range(null::certification.part)) as part where certification.assigned(a_case, part) = a_person limit 1),
        case when certification.acts_as('quality_manager') then 'quality_manager'::certification.part end)
$$;

-- Locks the case, so that a pause and an act of the case see each other whichever comes first.
create function certification.not_paused(a_application uuid) returns void language plpgsql security definer set search_path = certification, pg_temp as
$$
begin
    perform from application where id = a_application for no key update;
    if exists (select from pause where application = a_application and ended_at is null) then
        raise exception using errcode = 'P0001', constraint = 'case-paused', message = 'The case is paused.';
    end if;
end
$$;
revoke all on function certification.not_paused from public;

create function certification.paused() returns trigger language plpgsql security definer set search_path = certification, pg_temp as
$$
declare
    v_case application;
    v_part part;
begin
    select * into v_case from application where id = new.application for no key update;
    v_part := part_of(v_case, new.person);
    if new.person is distinct from kernel.person() or v_part is null then
        raise exception using errcode = 'P0001', constraint = 'not-assigned', message = 'People of the case and the quality manager pause it.';
    end if;
    if v_case.stage in ('draft', 'granted', 'refused', 'withdrawn', 'expired_inactive') then
        raise exception using errcode = 'P0001', constraint = 'wrong-stage', message = 'The case does not run.';
    end if;
    new.stage := v_case.stage;
    new.started_at := kernel.now();
    new.ended_by := null;
    new.ended_at := null;
    perform take_part(new.application, new.person, v_part);
    return new;
end
$$;
create trigger paused before insert on certification.pause for each row execute function certification.paused();

create function certification.resumed() returns trigger language plpgsql security definer set search_path = certification, pg_temp as
$$
declare
    v_case application;
begin
    select * into v_case from application where id = new.application for no key update;
    if old.ended_at is not null then
        raise exception using errcode = 'P0001', constraint = 'not-paused', message = 'The pause is over.';
    end if;
    -- A withdrawal ends the pause as well, whoever withdraws.
    if v_case.stage <> 'withdrawn' and part_of(v_case, kernel.person()) is null then
        raise exception using errcode = 'P0001', constraint = 'not-assigned', message = 'People of the case and the quality manager resume it.';
    end if;
    new.ended_by := kernel.person();
    new.ended_at := kernel.now();
    return new;
end
$$;
create trigger resumed before update on certification.pause for each row execute function certification.resumed();

-- The stage of a paused case stands still; only its applicant may end it. Silence is ended by the clock only, and when it is long enough.
create function certification.moved() returns trigger language plpgsql security definer set search_path = certification, pg_temp as
$$
begin
    if new.stage <> 'withdrawn' then
        perform not_paused(new.id);
    end if;
    if new.stage = 'expired_inactive' and not silent(old) then
        raise exception using errcode = 'P0001', constraint = 'wrong-stage', message = 'The applicant was not silent for so long.';
    end if;
    return new;
end
$$;
create trigger moved before update on certification.application for each row when (old.stage <> new.stage) execute function certification.moved();

-- 60 calendar days in which the applicant, whose turn it is, did nothing: handed in no document either. The time of a pause does not count.
create function certification.silent(a_case certification.application) returns boolean language plpgsql stable as
$$
declare
    v_since timestamptz := greatest(a_case.created_at,
        (select max(recorded_at) from certification.completeness where application = a_case.id),
        (select max(recorded_at) from certification.document where application = a_case.id));
begin
    return a_case.stage in ('draft', 'returned_incomplete')
       and v_since + certification.paused_since(a_case.id, v_since) < kernel.now() - interval '60 days'
       and not exists (select from certification.pause where application = a_case.id and ended_at is null);
end
$$;
create index application_silent on certification.application (tenant_id, created_at) where stage in ('draft', 'returned_incomplete');

create or replace function certification.acted() returns trigger language plpgsql security definer set search_path = certification, pg_temp as
$$
begin
    if new.person is distinct from kernel.person() then
        raise exception using errcode = 'P0001', constraint = 'not-assigned', message = 'Nobody signs for somebody else.';
    end if;
    perform not_paused(new.application);
    new.recorded_at := kernel.now();
    perform certification.take_part(new.application, new.person, tg_argv[0]::certification.part);
    return new;
end
$$;
create function certification.runs() returns trigger language plpgsql security definer set search_path = certification, pg_temp as
$$
begin
    perform not_paused(new.application);
    return new;
end
$$;
create trigger a_runs before insert on certification.nonconformity for each row execute function certification.runs();
create trigger a_runs before insert on certification.correction for each row execute function certification.runs();
create trigger a_runs before insert on certification.correction_check for each row execute function certification.runs();

-- The term of a correction runs in calendar days, without those of a pause.
create or replace view certification.nonconformity_now with (security_invoker = true) as
select n.*, n.due_at + certification.paused_since(n.application, n.recorded_at) as due_now, c.number as correction, c.text as correction_text,
       c.recorded_at as corrected_at, c.number is not null and k.correction is null as pending, k.accepted, k.reason as check_reason,
       case n.severity when 'minor' then c.number is not null and k.accepted is not false
            when 'major' then k.accepted is true else false end as settled
  from certification.nonconformity n
  left join lateral (select * from certification.correction where nonconformity = n.id order by number desc limit 1) c on true
  left join certification.correction_check k on k.nonconformity = n.id and k.correction = c.number;

-- The quality manager acts over cases, and in none of them in the same calendar month (UTC).
create index participation_person on certification.participation (tenant_id, person, recorded_at);
create function certification.manages_quality(a_person uuid) returns boolean
    language sql stable security definer set search_path = certification, pg_temp as
$$
    select exists (select from participation where tenant_id = kernel.tenant() and person = a_person and part = 'quality_manager'
        and recorded_at >= date_trunc('month', kernel.now(), 'UTC'))
$$;

create function certification.apart() returns trigger language plpgsql security definer set search_path = certification, pg_temp as
$$
begin
    if (new.part not in ('producer', 'quality_manager') and manages_quality(new.person))
        or (new.part = 'quality_manager' and (
            exists (select from participation where tenant_id = kernel.tenant() and person = new.person and part not in ('producer', 'quality_manager')
                and recorded_at >= date_trunc('month', kernel.now(), 'UTC'))
            or exists (select from application a where a.stage not in ('draft', 'granted', 'refused', 'withdrawn', 'expired_inactive')
                and new.person in (a.intake, a.document_reviewer, a.sampler, a.analyst, a.supervisor, a.reviewer, a.decision_maker)))) then
        raise exception using errcode = 'P0001', constraint = 'quality-apart', message = 'The quality manager has no part in cases of the month.';
    end if;
    return new;
end
$$;
create trigger apart before insert on certification.participation for each row execute function certification.apart();

create function certification.assigned_apart() returns trigger language plpgsql security definer set search_path = certification, pg_temp as
$$
begin
    if exists (select from unnest(array[new.intake, new.document_reviewer, new.sampler, new.analyst, new.supervisor, new.reviewer, new.decision_maker])
        as person where manages_quality(person)) then
        raise exception using errcode = 'P0001', constraint = 'quality-apart', message = 'The quality manager has no part in cases of the month.';
    end if;
    return new;
end
$$;
create trigger assigned_apart before update on certification.application for each row
    when ((old.intake, old.document_reviewer, old.sampler, old.analyst, old.supervisor, old.reviewer, old.decision_maker)
        is distinct from (new.intake, new.document_reviewer, new.sampler, new.analyst, new.supervisor, new.reviewer, new.decision_maker))
    execute function certification.assigned_apart();

-- The intake officer returns a case once with everything that is missing; a second time only the quality manager.
create function certification.intake_checked() returns trigger language plpgsql security definer set search_path = certification, pg_temp as
$$
declare
    v_case application;
    v_part part;
begin
    perform not_paused(new.application);
    select * into v_case from application where id = new.application;
    v_part := case when new.person = v_case.intake then 'intake' when acts_as('quality_manager') then 'quality_manager' end;
    if new.person is distinct from kernel.person() or v_part is null then
        raise exception using errcode = 'P0001', constraint = 'not-assigned', message = 'This step is assigned to somebody else.';
    end if;
    if not new.complete and v_part = 'intake' and exists (select from completeness where application = new.application and not complete) then
        raise exception using errcode = 'P0001', constraint = 'second-return', message = 'It was returned once already.';
    end if;
    new.recorded_at := kernel.now();
    perform take_part(new.application, new.person, v_part);
    return new;
end
$$;
drop trigger a_acted on certification.completeness;
create trigger a_intake_checked before insert on certification.completeness for each row execute function certification.intake_checked();
