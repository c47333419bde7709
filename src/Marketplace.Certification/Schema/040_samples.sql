-- Samples: who, when, where, how much, in how many increments, under which seals, and what is kept for a second opinion. ----------

alter table certification.sample
    add column latitude numeric(8, 5) check (latitude between -90 and 90),
    add column longitude numeric(8, 5) check (longitude between -180 and 180),
    add column increments int not null default 1 check (increments between 1 and 1000),
    add column photo_hash text check (photo_hash ~ '^[0-9a-f]{64}$'),
    -- The producer's acknowledgement: a name or the code that was read out.
    add column acknowledged_by text check (length(acknowledged_by) between 2 and 100),
    add column retained_amount bigint check (retained_amount > 0),
    add column retained_seal text check (length(retained_seal) between 3 and 40),
    add check ((latitude is null) = (longitude is null)),
    add check ((retained_amount is null) = (retained_seal is null)),
    add constraint "retained-too-much" check (retained_amount < amount);

-- Every seal of every part, as people compare them: without case and spaces. A number is used once.
alter table certification.sample drop constraint "seal-used";
create table certification.seal (
    tenant_id text not null default kernel.tenant(),
    number    text not null,
    sample    uuid not null references certification.sample,
    constraint "seal-used" primary key (tenant_id, number)
);
create function certification.seal_key(a_number text) returns text language sql immutable parallel safe as
$$ select upper(regexp_replace(a_number, '\s', '', 'g')) $$;

-- Chain of custody: who gave each part to whom, when, and how it looked. Append-only; the giver is always the last holder, so that
-- no link can be missing. ---------------------------------------------------------------------------------------------------------

create type certification.sample_part as enum ('test', 'retained');
create type certification.custody_act as enum ('taken', 'handed_over', 'received', 'stored', 'opened', 'retained', 'destroyed');
create table certification.custody (
    sample            uuid not null references certification.sample,
    part              certification.sample_part not null,
    number            int not null,
    tenant_id         text not null default kernel.tenant(),
    act               certification.custody_act not null,
    from_person       uuid,
    from_organisation uuid,
    -- A carrier without an account.
    from_name         text,
    to_person         uuid,
    to_organisation   uuid,
    to_name           text check (length(to_name) between 2 and 100),
    seal_intact       boolean,
    temperature       numeric(4, 1) check (temperature between -60 and 100),
    note              text check (length(note) <= 200),
    happened_at       timestamptz not null,
    person            uuid not null default kernel.person(),
    recorded_at       timestamptz not null default kernel.now(),
    primary key (sample, part, number),
    check ((act = 'received') = (seal_intact is not null)),
    check (to_person is not null or to_organisation is not null or to_name is not null),
    constraint "custody-in-future" check (happened_at <= recorded_at)
);

-- Samples of before this schema: their seals are taken and their chain begins with the taking.
alter table certification.sample no force row level security;
alter table certification.application no force row level security;
insert into certification.seal (tenant_id, number, sample)
    select tenant_id, certification.seal_key(seal_number), id from certification.sample on conflict do nothing;
insert into certification.custody (sample, part, number, tenant_id, act, from_person, to_person, to_organisation, happened_at, person, recorded_at)
    select s.id, 'test', 1, s.tenant_id, 'taken', a.head, s.person, a.body, s.taken_at, s.person, s.recorded_at
      from certification.sample s join certification.application a on a.id = s.application;
alter table certification.sample force row level security;
alter table certification.application force row level security;
select kernel.protect('certification.seal', 'select');
select kernel.protect('certification.custody', 'select, insert');

-- Re-tests of the retained part, by other people and another laboratory where there is one. ---------------------------------------

create type certification.retest_reason as enum ('appeal', 'dispute', 'too_coarse', 'near_limit');
create table certification.retest (
    id          uuid primary key,
    tenant_id   text not null default kernel.tenant(),
    application uuid not null references certification.application,
    sample      uuid not null references certification.sample,
    reason      certification.retest_reason not null,
    note        text not null check (length(note) between 3 and 2000),
    laboratory  uuid not null,
    -- The draw of the two people can be replayed.
    seed        text not null,
    analyst     uuid not null,
    supervisor  uuid not null,
    person      uuid not null default kernel.person(),
    recorded_at timestamptz not null default kernel.now(),
    -- A retained part is used up once.
    constraint "retest-ordered" unique (sample),
    constraint "own-work" check (certification.all_different(person, analyst, supervisor))
);
select kernel.protect('certification.retest', 'select, insert');
alter table certification.result_entry add column retest uuid references certification.retest;

create table certification.retest_approval (
    retest      uuid primary key references certification.retest,
    application uuid not null,
    entry       int not null,
    tenant_id   text not null default kernel.tenant(),
    verdict     certification.verdict not null,
    findings    text not null,
    person      uuid not null default kernel.person(),
    recorded_at timestamptz not null default kernel.now(),
    foreign key (application, entry) references certification.result_entry
);
select kernel.protect('certification.retest_approval', 'select, insert');

-- The results that count: those of a re-test approved before the decision, else the first. A later re-test is evidence for an appeal.
create view certification.counting_result with (security_invoker = true) as
select a.application, coalesce(r.entry, a.entry) as entry, coalesce(r.verdict, a.verdict) as verdict, coalesce(r.findings, a.findings) as findings, r.retest
  from certification.result_approval a
  left join lateral (
        select t.* from certification.retest_approval t left join certification.decision d on d.application = t.application
         where t.application = a.application and (d.application is null or t.recorded_at < d.recorded_at)
         order by t.recorded_at desc limit 1) r on true;
grant select on certification.counting_result to marketplace_app;

-- Whether a part's seal was found broken: nothing measured on it counts.
create function certification.is_void(a_sample uuid, a_part certification.sample_part) returns boolean language sql stable as
$$ select exists (select from certification.custody where sample = a_sample and part = a_part and not seal_intact) $$;

create function certification.lasting_sample(a_application uuid) returns uuid language sql stable as
$$ select id from certification.sample where application = a_application order by number desc limit 1 $$;

-- Orders to a laboratory: what to measure of which part, by when. ------------------------------------------------------------------

create table certification.test_order (
    id          uuid primary key,
    tenant_id   text not null default kernel.tenant(),
    application uuid not null references certification.application,
    sample      uuid not null references certification.sample,
    retest      uuid references certification.retest,
    laboratory  uuid not null,
    due_at      timestamptz not null,
    ordered_at  timestamptz not null default kernel.now(),
    unique nulls not distinct (sample, retest)
);
create index test_order_due on certification.test_order (laboratory, due_at, id);
select kernel.protect('certification.test_order', 'select, insert');
create table certification.test_order_line (
    test_order uuid not null references certification.test_order,
    indicator  text not null references certification.indicator,
    tenant_id  text not null default kernel.tenant(),
    -- The accredited method wanted; null where the laboratory registered none.
    method     text,
    primary key (test_order, indicator)
);
select kernel.protect('certification.test_order_line', 'select, insert');

-- Results wait for a receipt under an intact seal: always where the scheme says so, else once the custody has begun.
alter table certification.scheme add column receipt_required boolean not null default false;

-- Guards ------------------------------------------------------------------------------------------------------------------------------

create function certification.acting_organisation() returns uuid language sql stable parallel safe as
$$ select nullif(current_setting('app.organisation', true), '')::uuid $$;

create function certification.sealed() returns trigger language plpgsql security definer set search_path = certification, pg_temp as
$$
declare
    v_case application;
begin
    select * into v_case from application where id = new.application;
    insert into seal (number, sample) values (seal_key(new.seal_number), new.id);
    insert into custody (sample, part, act, to_person, to_organisation, happened_at, number)
        values (new.id, 'test', 'taken', new.person, v_case.body, new.taken_at, 1);
    if new.retained_seal is not null then
        insert into seal (number, sample) values (seal_key(new.retained_seal), new.id);
        insert into custody (sample, part, act, to_person, to_organisation, happened_at, number)
            values (new.id, 'retained', 'taken', new.person, v_case.body, new.taken_at, 1);
    end if;
    return new;
end
$$;
create trigger sealed after insert on certification.sample for each row execute function certification.sealed();

create function certification.chain() returns trigger language plpgsql security definer set search_path = certification, pg_temp as
$$
declare
    v_sample sample;
    v_case   application;
    v_last   custody;
    v_second uuid;
begin
    -- Two at once wait here for each other, so that the chain has one order.
    select * into v_sample from sample where id = new.sample for no key update;
    select * into v_case from application where id = v_sample.application;
    select laboratory into v_second from retest where sample = new.sample;
    select * into v_last from custody where sample = new.sample and part = new.part order by number desc limit 1;
    if new.person is distinct from kernel.person()
        or (v_last.act is not null and acting_organisation() is distinct from v_case.body and acting_organisation() is distinct from v_case.laboratory
            and acting_organisation() is distinct from v_second) then
        raise exception using errcode = 'P0001', constraint = 'not-assigned', message = 'Only those who have the sample record its custody.';
    end if;
    if v_last.act is null and new.act = 'taken' and (new.part = 'test' or v_sample.retained_seal is not null) then
        v_last.to_person := v_case.head;
    elsif v_last.act is null or v_last.seal_intact is false and new.act <> 'destroyed' or new.happened_at < v_last.happened_at
        or (v_last.act, new.act) not in (('taken', 'handed_over'), ('taken', 'received'), ('taken', 'stored'), ('handed_over', 'handed_over'),
        ('handed_over', 'received'), ('received', 'stored'), ('received', 'opened'), ('received', 'retained'), ('received', 'handed_over'),
        ('received', 'destroyed'), ('stored', 'stored'), ('stored', 'handed_over'), ('stored', 'received'), ('stored', 'opened'), ('stored', 'retained'),
        ('stored', 'destroyed'), ('opened', 'stored'), ('opened', 'retained'), ('opened', 'destroyed'), ('retained', 'handed_over'),
        ('retained', 'received'), ('retained', 'stored'), ('retained', 'opened'), ('retained', 'destroyed')) then
        raise exception using errcode = 'P0001', constraint = 'custody-order', message = 'The chain of custody does not go on that way.';
    end if;
    if new.act = 'received' and new.part = 'test' and acting_organisation() is distinct from v_case.laboratory
        or new.act = 'received' and v_second is not null and acting_organisation() is distinct from v_second and new.part = 'retained' then
        raise exception using errcode = 'P0001', constraint = 'wrong-laboratory', message = 'The sample goes to another laboratory.';
    end if;
    if new.act <> 'handed_over' and v_last.number is not null then
        new.to_person := new.person;
        new.to_organisation := acting_organisation();
        new.to_name := null;
    end if;
    new.number := coalesce(v_last.number, 0) + 1;
    new.from_person := v_last.to_person;
    new.from_organisation := v_last.to_organisation;
    new.from_name := v_last.to_name;
    new.recorded_at := kernel.now();
    return new;
end
$$;
create trigger chain before insert on certification.custody for each row execute function certification.chain();

-- Why nothing may be entered of a part now, as a refusal's code; null when it may.
create function certification.untestable(a_sample uuid, a_retest uuid) returns text language sql stable as
$$
select case when certification.is_void(s.id, t.part) then 'sample-void'
            when not exists (select from certification.custody c where c.sample = s.id and c.part = t.part and c.seal_intact
                    and c.to_organisation = coalesce(r.laboratory, a.laboratory))
                and (sc.receipt_required or exists (select from certification.custody c where c.sample = s.id and c.part = t.part and c.number > 1))
                then 'not-received' end
  from certification.sample s join certification.application a on a.id = s.application
  join certification.scheme sc on sc.code = a.scheme and sc.version = a.scheme_version
  left join certification.retest r on r.id = a_retest
 cross join (select case when a_retest is null then 'test' else 'retained' end::certification.sample_part as part) t
 where s.id = a_sample
$$;

-- Results are entered by the assigned analyst, the re-test's by its own, and of a part that arrived as it was sealed.
create function certification.tested() returns trigger language plpgsql security definer set search_path = certification, pg_temp as
$$
declare
    v_refusal text := certification.untestable(new.sample, new.retest);
begin
    if new.person is distinct from (case when new.retest is null then (select analyst from application where id = new.application)
        else (select analyst from retest where id = new.retest and application = new.application and sample = new.sample) end) then
        raise exception using errcode = 'P0001', constraint = 'not-assigned', message = 'This step is assigned to somebody else.';
    end if;
    if exists (select from retest_approval where retest = new.retest) then
        raise exception using errcode = 'P0001', constraint = 'wrong-stage', message = 'The re-test is approved.';
    end if;
    if v_refusal is not null then
        raise exception using errcode = 'P0001', constraint = v_refusal, message = 'This part of the sample may not be tested now.';
    end if;
    return new;
end
$$;
drop trigger b_only_assigned on certification.result_entry;
create trigger b_tested before insert on certification.result_entry for each row execute function certification.tested();

create function certification.not_void() returns trigger language plpgsql security definer set search_path = certification, pg_temp as
$$
begin
    if is_void((select sample from result_entry where application = new.application and number = new.entry),
        case when (select retest from result_entry where application = new.application and number = new.entry) is null then 'test' else 'retained'
        end::sample_part) then
        raise exception using errcode = 'P0001', constraint = 'sample-void', message = 'The seal was broken.';
    end if;
    return new;
end
$$;
create trigger d_not_void before insert on certification.result_approval for each row execute function certification.not_void();
create trigger d_not_void before insert on certification.retest_approval for each row execute function certification.not_void();

-- A re-test is ordered of results that were approved, on a part that is still there, from people who had no part in the case.
create function certification.retested() returns trigger language plpgsql security definer set search_path = certification, pg_temp as
$$
declare
    v_case application;
begin
    select * into v_case from application where id = new.application;
    new.recorded_at := kernel.now();
    if new.person is distinct from kernel.person() then
        raise exception using errcode = 'P0001', constraint = 'not-assigned', message = 'Nobody signs for somebody else.';
    end if;
    if not exists (select from result_approval where application = new.application)
        or exists (select from decision where application = new.application) and new.reason not in ('appeal', 'dispute') then
        raise exception using errcode = 'P0001', constraint = 'wrong-stage', message = 'There is nothing to re-test now.';
    end if;
    if new.sample is distinct from lasting_sample(new.application) or is_void(new.sample, 'retained')
        or not exists (select from sample where id = new.sample and retained_seal is not null)
        or exists (select from custody where sample = new.sample and part = 'retained' and act = 'destroyed') then
        raise exception using errcode = 'P0001', constraint = 'no-retained-part', message = 'No part of the sample is left.';
    end if;
    if exists (select from participation where application = new.application and person in (new.analyst, new.supervisor))
        or new.analyst in (v_case.intake, v_case.sampler, v_case.analyst, v_case.supervisor, v_case.reviewer, v_case.decision_maker)
        or new.supervisor in (v_case.intake, v_case.sampler, v_case.analyst, v_case.supervisor, v_case.reviewer, v_case.decision_maker) then
        raise exception using errcode = 'P0001', constraint = 'own-work', message = 'A re-test is done by people outside the case.';
    end if;
    return new;
end
$$;
create trigger retested before insert on certification.retest for each row execute function certification.retested();

create function certification.retest_signed() returns trigger language plpgsql security definer set search_path = certification, pg_temp as
$$
begin
    if new.person is distinct from (select supervisor from retest where id = new.retest and application = new.application) then
        raise exception using errcode = 'P0001', constraint = 'not-assigned', message = 'This step is assigned to somebody else.';
    end if;
    if new.entry is distinct from (select max(number) from result_entry where retest = new.retest) then
        raise exception using errcode = 'P0001', constraint = 'changed-meanwhile', message = 'Newer results came meanwhile.';
    end if;
    return new;
end
$$;
create trigger a_acted before insert on certification.retest_approval for each row execute function certification.acted('supervisor');
create trigger b_retest_signed before insert on certification.retest_approval for each row execute function certification.retest_signed();

-- The approval of the first results speaks of the first results only.
create or replace function certification.current_results() returns trigger language plpgsql security definer set search_path = certification, pg_temp as
$$
begin
    if new.entry is distinct from (select max(number) from result_entry where application = new.application and retest is null)
        or (select sample from result_entry where application = new.application and number = new.entry)
            is distinct from lasting_sample(new.application) then
        raise exception using errcode = 'P0001', constraint = 'changed-meanwhile', message = 'Newer results came meanwhile.';
    end if;
    return new;
end
$$;

-- No decision while a re-test is open; a broken seal on the retained part ends it without results.
create function certification.retest_awaited() returns trigger language plpgsql security definer set search_path = certification, pg_temp as
$$
begin
    if exists (select from retest r where r.application = new.application and not exists (select from retest_approval where retest = r.id)
        and not is_void(r.sample, 'retained')) then
        raise exception using errcode = 'P0001', constraint = 'retest-open', message = 'A re-test is under way.';
    end if;
    return new;
end
$$;
create trigger d_retest_awaited before insert on certification.decision for each row execute function certification.retest_awaited();
