-- Document review, evaluation plan and inspection: steps of the schemes that have them.

alter table certification.application add document_reviewer uuid;
grant update (document_reviewer) on certification.application to marketplace_app;
alter table certification.application
    drop constraint "own-work", drop constraint application_check, drop constraint application_check1,
    add constraint "own-work" check (
        certification.all_different(intake, document_reviewer, sampler, analyst, supervisor, reviewer, decision_maker)
        and head is distinct from intake and head is distinct from document_reviewer and head is distinct from sampler
        and head is distinct from analyst and head is distinct from supervisor and head is distinct from reviewer
        and head is distinct from decision_maker),
    add constraint submitted_is_known check (stage in ('draft', 'withdrawn', 'expired_inactive')
        or (number is not null and body is not null and intake is not null and submitted_at is not null)),
    -- No stage waits for nobody: whoever it waits for is assigned, and those who judge the whole are from the start.
    add constraint stage_has_its_person check (case
        when stage in ('draft', 'submitted', 'returned_incomplete', 'accepted', 'withdrawn', 'expired_inactive') then true
        else reviewer is not null and decision_maker is not null and case stage
            when 'document_review' then document_reviewer is not null
            when 'evaluation_planned' then sampler is not null
            when 'inspection' then sampler is not null
            when 'sampling' then sampler is not null
            when 'in_laboratory' then analyst is not null and supervisor is not null and laboratory is not null
            else true end
        end);
drop index certification."lot-applied-for";
create unique index "lot-applied-for" on certification.application (lot)
    where stage not in ('granted', 'refused', 'withdrawn', 'expired_inactive');

create table certification.document_review (
    application uuid primary key references certification.application,
    tenant_id   text not null default kernel.tenant(),
    -- The scheme's checklist with its answers, as it was signed.
    answers     text not null,
    accepted    boolean not null,
    reason      text not null check (length(reason) between 3 and 2000),
    person      uuid not null default kernel.person(),
    recorded_at timestamptz not null default kernel.now()
);
select kernel.protect('certification.document_review', 'select, insert');

create table certification.evaluation_plan (
    application  uuid primary key references certification.application,
    tenant_id    text not null default kernel.tenant(),
    visit        boolean not null,
    -- The day agreed with the producer; only a visit has one. In every country served the local day is never before UTC's.
    agreed_on    date check (visit = (agreed_on is not null)),
    sample_count int not null check (sample_count between 0 and 1000),
    note         text check (length(note) between 3 and 2000),
    person       uuid not null default kernel.person(),
    recorded_at  timestamptz not null default kernel.now(),
    constraint "plan-in-past" check (agreed_on >= (recorded_at at time zone 'UTC')::date)
);
select kernel.protect('certification.evaluation_plan', 'select, insert');

create table certification.inspection (
    application  uuid primary key references certification.application,
    tenant_id    text not null default kernel.tenant(),
    visited_at   timestamptz not null,
    place        text not null check (length(place) between 3 and 200),
    answers      text not null,
    accepted     boolean not null,
    reason       text not null check (length(reason) between 3 and 2000),
    -- Whether the producer signed what was found, and what he says to it; who does not sign says why.
    acknowledged boolean not null,
    remark       text check (length(remark) between 3 and 2000),
    person       uuid not null default kernel.person(),
    recorded_at  timestamptz not null default kernel.now(),
    check (acknowledged or remark is not null),
    constraint "visit-in-future" check (visited_at <= recorded_at)
);
select kernel.protect('certification.inspection', 'select, insert');

-- The person a part of a case is assigned to.
create function certification.assigned(a_case certification.application, a_part certification.part) returns uuid language sql immutable as
$$
    select case a_part when 'intake' then a_case.intake when 'document_reviewer' then a_case.document_reviewer
        when 'sampler' then a_case.sampler when 'analyst' then a_case.analyst when 'supervisor' then a_case.supervisor
        when 'reviewer' then a_case.reviewer when 'decision_maker' then a_case.decision_maker end
$$;

create or replace function certification.only_assigned() returns trigger language plpgsql security definer set search_path = certification, pg_temp as
$$
declare
    v_case application;
begin
    select * into v_case from application where id = new.application;
    if new.person is distinct from assigned(v_case, tg_argv[0]::part) then
        raise exception using errcode = 'P0001', constraint = 'not-assigned', message = 'This step is assigned to somebody else.';
    end if;
    return new;
end
$$;

create trigger a_acted before insert on certification.document_review for each row execute function certification.acted('document_reviewer');
create trigger b_only_assigned before insert on certification.document_review
    for each row execute function certification.only_assigned('document_reviewer');
create trigger a_acted before insert on certification.evaluation_plan for each row execute function certification.acted('sampler');
create trigger b_only_assigned before insert on certification.evaluation_plan for each row execute function certification.only_assigned('sampler');
create trigger a_acted before insert on certification.inspection for each row execute function certification.acted('sampler');
create trigger b_only_assigned before insert on certification.inspection for each row execute function certification.only_assigned('sampler');

create function certification.visit_time() returns trigger language plpgsql security definer set search_path = certification, pg_temp as
$$
begin
    if new.visited_at < (select submitted_at from application where id = new.application) then
        raise exception using errcode = 'P0001', constraint = 'visit-too-early', message = 'The visit was before the application.';
    end if;
    return new;
end
$$;
create trigger c_visit_time before insert on certification.inspection for each row execute function certification.visit_time();

-- The verdict that counts in a case.
create function certification.verdict_of(a_application uuid) returns certification.verdict language sql stable as
$$ select verdict from certification.result_approval where application = a_application $$;

-- What a scheme asks for and the case has not: null when everything the scheme's steps produce is there. Results count by their verdict.
create function certification.lacking(a_case certification.application) returns text
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
revoke all on function certification.lacking from public;

-- A decision needs a review, comes from outside the household, and grants only what the scheme's own evaluation carries.
create or replace function certification.decided() returns trigger language plpgsql security definer set search_path = certification, pg_temp as
$$
declare
    v_case application;
begin
    select * into v_case from application where id = new.application;
    if v_case.household::text = nullif(current_setting('app.household', true), '') then
        raise exception using errcode = 'P0001', constraint = 'own-work', message = 'A member of the household does not decide on its goods.';
    end if;
    if not exists (select from review where application = new.application) then
        raise exception using errcode = 'P0001', constraint = 'wrong-stage', message = 'There is no review yet.';
    end if;
    if new.granted and lacking(v_case) is not null then
        raise exception using errcode = 'P0001', constraint = lacking(v_case), message = 'The evaluation does not carry a certificate.';
    end if;
    return new;
end
$$;

-- Whether a step of a case has left its evidence, so that a case coming back to the evaluation goes on where it was.
create function certification.done(a_application uuid, a_task text) returns boolean
    language sql stable as
$$
    select case a_task
        when 'review-documents' then exists (select from certification.document_review where application = a_application)
        when 'plan-evaluation' then exists (select from certification.evaluation_plan where application = a_application)
        when 'inspect-site' then exists (select from certification.inspection where application = a_application)
            or exists (select from certification.evaluation_plan where application = a_application and not visit)
        when 'take-sample' then exists (select from certification.sample where application = a_application)
        when 'enter-results' then exists (select from certification.result_approval where application = a_application)
        else false end
$$;
