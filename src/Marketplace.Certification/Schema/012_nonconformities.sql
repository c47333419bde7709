-- Non-conformities: found by a person of the case, corrected by the producer, verified by whoever has the finder's part.

create type certification.severity as enum ('minor', 'major', 'critical');
create table certification.nonconformity (
    id          uuid primary key,
    application uuid not null references certification.application,
    number      int not null check (number > 0),
    tenant_id   text not null default kernel.tenant(),
    severity    certification.severity not null,
    -- The rule it breaks, in the finder's words: an act and article, a point of the checklist.
    basis       text not null check (length(basis) between 3 and 200),
    text        text not null check (length(text) between 3 and 500),
    stage       certification.stage not null,
    part        certification.part not null check (part in ('document_reviewer', 'sampler', 'reviewer')),
    due_at      timestamptz not null,
    person      uuid not null default kernel.person(),
    recorded_at timestamptz not null default kernel.now(),
    unique (application, number),
    unique (id, application),
    constraint "correction-term" check (due_at > recorded_at and due_at <= recorded_at + interval '28 days')
);
select kernel.protect('certification.nonconformity', 'select, insert');

-- What the producer did about it, or for a minor one will do.
create table certification.correction (
    nonconformity uuid not null,
    number        int not null check (number > 0),
    application   uuid not null,
    tenant_id     text not null default kernel.tenant(),
    text          text not null check (length(text) between 3 and 2000),
    person        uuid not null default kernel.person(),
    recorded_at   timestamptz not null default kernel.now(),
    primary key (nonconformity, number),
    foreign key (nonconformity, application) references certification.nonconformity (id, application)
);
select kernel.protect('certification.correction', 'select, insert');

create table certification.correction_check (
    nonconformity uuid not null,
    correction    int not null,
    application   uuid not null references certification.application,
    tenant_id     text not null default kernel.tenant(),
    accepted      boolean not null,
    reason        text check (length(reason) between 3 and 2000),
    person        uuid not null default kernel.person(),
    recorded_at   timestamptz not null default kernel.now(),
    primary key (nonconformity, correction),
    foreign key (nonconformity, correction) references certification.correction,
    check (accepted or reason is not null)
);
select kernel.protect('certification.correction_check', 'select, insert');

-- How each stands: a minor one is settled by a correction that was not turned down, a major one by one that was accepted, a critical one never.
create view certification.nonconformity_now with (security_invoker = true) as
select n.*, n.due_at as due_now, c.number as correction, c.text as correction_text, c.recorded_at as corrected_at,
       c.number is not null and k.correction is null as pending, k.accepted, k.reason as check_reason,
       case n.severity when 'minor' then c.number is not null and k.accepted is not false
            when 'major' then k.accepted is true else false end as settled
  from certification.nonconformity n
  left join lateral (select * from certification.correction where nonconformity = n.id order by number desc limit 1) c on true
  left join certification.correction_check k on k.nonconformity = n.id and k.correction = c.number;
grant select on certification.nonconformity_now to marketplace_app;

create function certification.found() returns trigger language plpgsql security definer set search_path = certification, pg_temp as
$$
declare
    v_case application;
begin
    select * into v_case from application where id = new.application;
    if new.person is distinct from kernel.person() or new.person is distinct from assigned(v_case, new.part) then
        raise exception using errcode = 'P0001', constraint = 'not-assigned', message = 'Only a person of the case finds.';
    end if;
    if v_case.stage in ('draft', 'granted', 'refused', 'withdrawn', 'expired_inactive') then
        raise exception using errcode = 'P0001', constraint = 'wrong-stage', message = 'The case does not run.';
    end if;
    new.recorded_at := kernel.now();
    perform take_part(new.application, new.person, new.part);
    return new;
end
$$;
create trigger found before insert on certification.nonconformity for each row execute function certification.found();

create function certification.corrected() returns trigger language plpgsql security definer set search_path = certification, pg_temp as
$$
declare
    v_case  application;
    v_found nonconformity_now;
begin
    -- One after the other on one case: two corrections at once, or one beside the end of its term, see each other.
    select * into v_case from application where id = new.application for update;
    select * into v_found from nonconformity_now where id = new.nonconformity;
    if new.person is distinct from kernel.person() or not coalesce(
        v_case.household::text in (current_setting('app.household', true), current_setting('app.acting_for', true)), false) then
        raise exception using errcode = 'P0001', constraint = 'not-assigned', message = 'The producer corrects.';
    end if;
    if v_found.severity = 'critical' or v_found.settled or v_found.pending
        or v_case.stage in ('granted', 'refused', 'withdrawn') or (v_found.severity = 'major' and v_case.stage <> 'nonconformity_open') then
        raise exception using errcode = 'P0001', constraint = 'wrong-stage', message = 'Nothing is to be corrected here now.';
    end if;
    new.recorded_at := kernel.now();
    if v_found.severity = 'major' and v_found.due_now < new.recorded_at then
        raise exception using errcode = 'P0001', constraint = 'correction-overdue', message = 'The term of the correction is over.';
    end if;
    perform take_part(new.application, new.person, 'producer');
    return new;
end
$$;
create trigger corrected before insert on certification.correction for each row execute function certification.corrected();

create function certification.verified() returns trigger language plpgsql security definer set search_path = certification, pg_temp as
$$
declare
    v_case  application;
    v_found nonconformity_now;
begin
    select * into v_case from application where id = new.application for update;
    select * into v_found from nonconformity_now where id = new.nonconformity and application = new.application;
    if new.person is distinct from kernel.person() or new.person is distinct from assigned(v_case, v_found.part) then
        raise exception using errcode = 'P0001', constraint = 'not-assigned', message = 'The finder''s part verifies.';
    end if;
    if not v_found.pending or v_found.correction <> new.correction then
        raise exception using errcode = 'P0001', constraint = 'no-correction', message = 'No correction waits.';
    end if;
    new.recorded_at := kernel.now();
    perform take_part(new.application, new.person, v_found.part);
    return new;
end
$$;
create trigger verified before insert on certification.correction_check for each row execute function certification.verified();

-- An outcome and its findings agree: what is not accepted names what breaks, and what is accepted breaks nothing that matters.
create function certification.outcome() returns trigger language plpgsql security definer set search_path = certification, pg_temp as
$$
begin
    if new.accepted = exists (select from nonconformity where application = new.application and part = tg_argv[0]::part
        and severity <> 'minor' and recorded_at = kernel.now()) then
        raise exception using errcode = 'P0001', constraint = 'outcome-findings', message = 'Outcome and findings disagree.';
    end if;
    return new;
end
$$;
create trigger d_outcome before insert on certification.document_review for each row execute function certification.outcome('document_reviewer');
create trigger d_outcome before insert on certification.inspection for each row execute function certification.outcome('sampler');

-- A decision comes at its turn and from outside the household, needs a review unless something grave is open, and grants only what the
-- scheme's own evaluation carries with nothing left open.
create or replace function certification.decided() returns trigger language plpgsql security definer set search_path = certification, pg_temp as
$$
declare
    v_case  application;
    v_grave boolean := exists (select from nonconformity_now where application = new.application and severity <> 'minor' and not settled);
begin
    select * into v_case from application where id = new.application;
    if v_case.household::text = nullif(current_setting('app.household', true), '') then
        raise exception using errcode = 'P0001', constraint = 'own-work', message = 'A member of the household does not decide on its goods.';
    end if;
    if v_case.stage not in ('decision', 'granted', 'refused') then
        raise exception using errcode = 'P0001', constraint = 'wrong-stage', message = 'The case does not wait for a decision.';
    end if;
    if new.granted and exists (select from nonconformity_now where application = new.application and not settled) then
        raise exception using errcode = 'P0001', constraint = 'nonconformity-open', message = 'A non-conformity is open.';
    end if;
    if not v_grave and not exists (select from review where application = new.application) then
        raise exception using errcode = 'P0001', constraint = 'wrong-stage', message = 'There is no review yet.';
    end if;
    if new.granted and lacking(v_case) is not null then
        raise exception using errcode = 'P0001', constraint = lacking(v_case), message = 'The evaluation does not carry a certificate.';
    end if;
    return new;
end
$$;
