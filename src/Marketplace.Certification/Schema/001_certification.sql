create schema certification; grant usage on schema certification to marketplace_app;

-- Rules as data: schemes, indicators, limits. Shared by all tenants, written by the loader of reference data only. -----------

create table certification.scheme (
    code                 text not null check (code ~ '^[A-Z][A-Z0-9-]{2,30}$'),
    version              int not null check (version > 0),
    title_en             text not null,
    title_ru             text not null,
    title_kk             text not null,
    title_ky             text not null,
    rule_groups          text[] not null,
    required_submissions text[] not null,
    validity_days        int not null check (validity_days between 1 and 3650),
    fee_kzt              bigint not null check (fee_kzt >= 0),
    fee_kgs              bigint not null check (fee_kgs >= 0),
    legal_basis          text not null,
    valid_from           date not null,
    valid_until          date check (valid_until >= valid_from),
    primary key (code, version)
);
create table certification.scheme_step (
    code         text not null,
    version      int not null,
    position     int not null,
    task         text not null,
    role         text not null,
    working_days int not null check (working_days between 0 and 60),
    primary key (code, version, task),
    foreign key (code, version) references certification.scheme
);
create table certification.indicator (
    code    text primary key,
    name_en text not null,
    name_ru text not null,
    name_kk text not null,
    cas     text,
    kind    text not null
);
create table certification.scheme_test (
    code       text not null,
    version    int not null,
    rule_group text not null,
    indicator  text not null references certification.indicator,
    primary key (code, version, rule_group, indicator),
    foreign key (code, version) references certification.scheme
);
create type certification.limit_kind as enum ('max', 'min', 'range', 'not_detected_in', 'not_allowed');
create table certification.limit_rule (
    number      int not null,
    edition     int not null,
    rule_group  text not null,
    -- Products the rule narrows to; null means the whole group. Such a rule goes before the group's own.
    products    text[],
    -- Months of readiness it holds for, since some limits differ between early and late harvest.
    months      int[],
    indicator   text not null references certification.indicator,
    kind        certification.limit_kind not null,
    lowest      numeric,
    highest     numeric,
    unit        text,
    sample      text,
    regulation  text not null,
    annex       text not null,
    source      text not null,
    -- A seen in the act, B seen in a sibling act or secondary page, C recalled only: never used until somebody verified it.
    confidence  text not null check (confidence in ('A', 'B', 'C')),
    active      boolean not null,
    note        text,
    valid_from  date not null,
    valid_until date,
    primary key (number, edition),
    check (not active or confidence <> 'C')
);
create index limit_rule_group on certification.limit_rule (rule_group) where active;
grant select on certification.scheme, certification.scheme_step, certification.indicator, certification.scheme_test, certification.limit_rule
    to marketplace_app;

-- Numbers people say: counted per tenant, without gaps inside committed work, never by looking for the largest. -------------

create table certification.numbering (
    tenant_id text not null default kernel.tenant(),
    kind      text not null,
    last      bigint not null,
    primary key (tenant_id, kind)
);
select kernel.protect('certification.numbering', 'select, insert, update');

-- The stop switch of a certification body. Every signing shares the row, every change waits for the signings under way: after
-- a stop is committed, nothing more is issued.
create table certification.issuance (
    tenant_id  text not null default kernel.tenant(),
    body       uuid not null,
    allowed    boolean not null default true,
    reason     text check (length(reason) between 3 and 2000),
    changed_by uuid default kernel.person(),
    changed_at timestamptz not null default kernel.now(),
    -- A stop from above is lifted from above.
    by_administrator boolean not null default false,
    primary key (tenant_id, body)
);
select kernel.protect('certification.issuance', 'select, insert');
grant update (allowed, reason, changed_by, changed_at, by_administrator) on certification.issuance to marketplace_app;

-- Applications ---------------------------------------------------------------------------------------------------------------

create function certification.all_different(variadic people uuid[]) returns boolean language sql immutable parallel safe as
$$ select count(person) = count(distinct person) from unnest(people) as person $$;

create type certification.stage as enum ('draft', 'submitted', 'returned_incomplete', 'accepted', 'sampling', 'in_laboratory', 'results_ready',
    'review', 'decision', 'granted', 'refused', 'withdrawn');
create type certification.part as enum ('producer', 'intake', 'sampler', 'analyst', 'supervisor', 'reviewer', 'decision_maker');
create type certification.verdict as enum ('pass', 'fail', 'incomplete');

create table certification.application (
    id             uuid primary key,
    tenant_id      text not null default kernel.tenant(),
    number         text,
    lot            uuid not null,
    household      uuid not null,
    head           uuid not null,
    -- The applicant of record: a household cannot declare conformity itself.
    applicant      uuid not null,
    product        text not null,
    rule_group     text not null,
    village        text not null,
    amount         bigint not null check (amount > 0),
    unit           text not null check (unit in ('GRM', 'MLT', 'H87')),
    ready_on       date not null,
    expires_on     date not null,
    scheme         text not null,
    -- The version in force at filing judges the case.
    scheme_version int not null,
    fee_minor      bigint not null check (fee_minor >= 0),
    currency       text not null check (currency in ('KZT', 'KGS')),
    stage          certification.stage not null default 'draft',
    version        int not null default 1,
    body           uuid,
    laboratory     uuid,
    -- The seed the people were drawn with, so that the draw can be replayed.
    seed           text,
    intake         uuid,
    sampler        uuid,
    analyst        uuid,
    supervisor     uuid,
    reviewer       uuid,
    decision_maker uuid,
    filed_by       uuid not null default kernel.person(),
    created_at     timestamptz not null default kernel.now(),
    submitted_at   timestamptz,
    foreign key (scheme, scheme_version) references certification.scheme,
    constraint "own-work" check (certification.all_different(intake, sampler, analyst, supervisor, reviewer, decision_maker)
        and head is distinct from intake and head is distinct from sampler and head is distinct from analyst and head is distinct from supervisor
        and head is distinct from reviewer and head is distinct from decision_maker),
    check (stage in ('draft', 'withdrawn') or (number is not null and body is not null and intake is not null and submitted_at is not null)),
    check (stage in ('draft', 'submitted', 'returned_incomplete', 'accepted', 'withdrawn')
        or (sampler is not null and analyst is not null and supervisor is not null and reviewer is not null and decision_maker is not null))
);
create unique index "lot-applied-for" on certification.application (lot) where stage not in ('granted', 'refused', 'withdrawn');
create unique index application_number on certification.application (tenant_id, number) where number is not null;
create index application_household on certification.application (household, id);
create index application_body on certification.application (body, id);
select kernel.protect('certification.application', 'select, insert');
-- What was applied for cannot be changed once submitted, only how far the case got and who works on it.
grant update (amount, ready_on, expires_on, scheme_version, fee_minor, number, stage, version, body, laboratory, seed, intake, sampler, analyst,
    supervisor, reviewer, decision_maker, submitted_at) on certification.application to marketplace_app;
create function certification.frozen() returns trigger language plpgsql as
$$
begin
    if (old.amount, old.ready_on, old.expires_on, old.scheme_version, old.fee_minor, old.number, old.body, old.submitted_at)
        is distinct from (new.amount, new.ready_on, new.expires_on, new.scheme_version, new.fee_minor, new.number, new.body, new.submitted_at) then
        raise exception using errcode = 'P0001', constraint = 'wrong-stage', message = 'A submitted application keeps what was applied for.';
    end if;
    return new;
end
$$;
create trigger frozen before update on certification.application for each row when (old.stage <> 'draft') execute function certification.frozen();

-- Who took which part in a case. One person, one part: written by the triggers below, so no path can forget it.
create table certification.participation (
    application uuid not null references certification.application,
    person      uuid not null,
    tenant_id   text not null default kernel.tenant(),
    part        certification.part not null,
    recorded_at timestamptz not null default kernel.now(),
    primary key (application, person)
);
select kernel.protect('certification.participation', 'select');

create function certification.take_part(a_application uuid, a_person uuid, a_part certification.part) returns void
    language plpgsql security definer set search_path = certification, pg_temp as
$$
declare
    v_part certification.part;
begin
    insert into participation (application, person, part) values (a_application, a_person, a_part) on conflict do nothing;
    select part into v_part from participation where application = a_application and person = a_person;
    if v_part is distinct from a_part then
        raise exception using errcode = 'P0001', constraint = 'own-work', message = 'Nobody takes two parts in one case.';
    end if;
end
$$;
revoke all on function certification.take_part from public;

create function certification.applied() returns trigger language plpgsql security definer set search_path = certification, pg_temp as
$$
begin
    perform certification.take_part(new.id, new.head, 'producer');
    perform certification.take_part(new.id, new.filed_by, 'producer');
    return new;
end
$$;
create trigger applied after insert on certification.application for each row execute function certification.applied();

-- Evidence: append-only. A correction is a further row; recorded time is the transaction's.
create table certification.completeness (
    application uuid not null references certification.application,
    number      int not null check (number > 0),
    tenant_id   text not null default kernel.tenant(),
    complete    boolean not null,
    missing     text[] not null check (complete = (cardinality(missing) = 0)),
    person      uuid not null default kernel.person(),
    recorded_at timestamptz not null default kernel.now(),
    primary key (application, number)
);
select kernel.protect('certification.completeness', 'select, insert');

create table certification.sample (
    id          uuid primary key,
    application uuid not null references certification.application,
    number      int not null check (number > 0),
    tenant_id   text not null default kernel.tenant(),
    taken_at    timestamptz not null,
    amount      bigint not null check (amount > 0),
    unit        text not null check (unit in ('GRM', 'MLT', 'H87')),
    seal_number text not null check (length(seal_number) between 3 and 40),
    place       text,
    person      uuid not null default kernel.person(),
    recorded_at timestamptz not null default kernel.now(),
    unique (application, number),
    constraint "seal-used" unique (tenant_id, seal_number),
    constraint "sample-in-future" check (taken_at <= recorded_at)
);
select kernel.protect('certification.sample', 'select, insert');

create table certification.result_entry (
    application uuid not null references certification.application,
    number      int not null check (number > 0),
    tenant_id   text not null default kernel.tenant(),
    sample      uuid not null references certification.sample,
    person      uuid not null default kernel.person(),
    recorded_at timestamptz not null default kernel.now(),
    primary key (application, number)
);
select kernel.protect('certification.result_entry', 'select, insert');

create type certification.result_comparator as enum ('equal', 'below', 'above', 'not_detected', 'detected');
create table certification.result (
    application uuid not null,
    entry       int not null,
    indicator   text not null references certification.indicator,
    tenant_id   text not null default kernel.tenant(),
    comparator  certification.result_comparator not null,
    value       numeric check (value >= 0),
    unit        text not null,
    method      text not null,
    primary key (application, entry, indicator),
    foreign key (application, entry) references certification.result_entry
);
select kernel.protect('certification.result', 'select, insert');

-- The verdict is written once, with the approval, by the comparison with the limits in force at filing.
create table certification.result_approval (
    application uuid not null,
    entry       int not null,
    tenant_id   text not null default kernel.tenant(),
    verdict     certification.verdict not null,
    findings    text not null,
    person      uuid not null default kernel.person(),
    recorded_at timestamptz not null default kernel.now(),
    primary key (application),
    foreign key (application, entry) references certification.result_entry
);
select kernel.protect('certification.result_approval', 'select, insert');

create table certification.review (
    application     uuid primary key references certification.application,
    tenant_id       text not null default kernel.tenant(),
    recommend_grant boolean not null,
    reason          text not null check (length(reason) between 3 and 2000),
    person          uuid not null default kernel.person(),
    recorded_at     timestamptz not null default kernel.now()
);
select kernel.protect('certification.review', 'select, insert');

create table certification.decision (
    application uuid primary key references certification.application,
    tenant_id   text not null default kernel.tenant(),
    granted     boolean not null,
    reason      text not null check (length(reason) between 3 and 2000),
    person      uuid not null default kernel.person(),
    recorded_at timestamptz not null default kernel.now()
);
select kernel.protect('certification.decision', 'select, insert');

-- Every piece of evidence names the one who acts now, at the transaction's time, and gives that person this part of the case for good.
create function certification.acted() returns trigger language plpgsql security definer set search_path = certification, pg_temp as
$$
begin
    if new.person is distinct from kernel.person() then
        raise exception using errcode = 'P0001', constraint = 'not-assigned', message = 'Nobody signs for somebody else.';
    end if;
    new.recorded_at := kernel.now();
    perform certification.take_part(new.application, new.person, tg_argv[0]::certification.part);
    return new;
end
$$;
create trigger a_acted before insert on certification.completeness for each row execute function certification.acted('intake');
create trigger a_acted before insert on certification.sample for each row execute function certification.acted('sampler');
create trigger a_acted before insert on certification.result_entry for each row execute function certification.acted('analyst');
create trigger a_acted before insert on certification.result_approval for each row execute function certification.acted('supervisor');
create trigger a_acted before insert on certification.review for each row execute function certification.acted('reviewer');
create trigger a_acted before insert on certification.decision for each row execute function certification.acted('decision_maker');

-- The assigned person and nobody else, and only on the body's or laboratory's own case.
create function certification.only_assigned() returns trigger language plpgsql security definer set search_path = certification, pg_temp as
$$
declare
    v_case application;
begin
    select * into v_case from application where id = new.application;
    if new.person is distinct from (case tg_argv[0] when 'sampler' then v_case.sampler when 'analyst' then v_case.analyst
        when 'supervisor' then v_case.supervisor when 'reviewer' then v_case.reviewer when 'decision_maker' then v_case.decision_maker end) then
        raise exception using errcode = 'P0001', constraint = 'not-assigned', message = 'This step is assigned to somebody else.';
    end if;
    return new;
end
$$;
create trigger b_only_assigned before insert on certification.sample for each row execute function certification.only_assigned('sampler');
create trigger b_only_assigned before insert on certification.result_entry for each row execute function certification.only_assigned('analyst');
create trigger b_only_assigned before insert on certification.result_approval for each row execute function certification.only_assigned('supervisor');
create trigger b_only_assigned before insert on certification.review for each row execute function certification.only_assigned('reviewer');
create trigger b_only_assigned before insert on certification.decision for each row execute function certification.only_assigned('decision_maker');

create function certification.sample_age() returns trigger language plpgsql security definer set search_path = certification, pg_temp as
$$
begin
    if new.taken_at < (select ready_on - 30 from application where id = new.application) then
        raise exception using errcode = 'P0001', constraint = 'sample-too-old', message = 'The sample is older than the goods.';
    end if;
    return new;
end
$$;
create trigger c_sample_age before insert on certification.sample for each row execute function certification.sample_age();

-- The results that count are the last entry, of the last sample: an approval of anything older would approve goods nobody tested.
create function certification.current_results() returns trigger language plpgsql security definer set search_path = certification, pg_temp as
$$
begin
    if new.entry <> (select max(number) from result_entry where application = new.application)
        or (select sample from result_entry where application = new.application and number = new.entry)
            is distinct from (select id from sample where application = new.application order by number desc limit 1) then
        raise exception using errcode = 'P0001', constraint = 'changed-meanwhile', message = 'Newer results came meanwhile.';
    end if;
    return new;
end
$$;
create trigger c_current_results before insert on certification.result_approval for each row execute function certification.current_results();

-- A decision needs a review, comes from outside the household, and grants only what passed.
create function certification.decided() returns trigger language plpgsql security definer set search_path = certification, pg_temp as
$$
declare
    v_verdict   verdict;
    v_household uuid;
begin
    select a.household into v_household from application a where a.id = new.application;
    if v_household::text = nullif(current_setting('app.household', true), '') then
        raise exception using errcode = 'P0001', constraint = 'own-work', message = 'A member of the household does not decide on its goods.';
    end if;
    if not exists (select from review where application = new.application) then
        raise exception using errcode = 'P0001', constraint = 'wrong-stage', message = 'There is no review yet.';
    end if;
    select r.verdict into v_verdict from result_approval r where r.application = new.application;
    if new.granted and v_verdict is distinct from 'pass' then
        raise exception using errcode = 'P0001', message = 'The results do not pass.',
            constraint = case v_verdict when 'fail' then 'results-fail' else 'results-incomplete' end;
    end if;
    return new;
end
$$;
create trigger c_decided before insert on certification.decision for each row execute function certification.decided();

-- Certificates ---------------------------------------------------------------------------------------------------------------

-- Public keys labels are checked with; shared, since a label is read wherever it turns up.
create table certification.issuer_key (
    key_id      text primary key check (key_id ~ '^[0-9a-f]{16}$'),
    public_key  bytea not null,
    valid_from  timestamptz not null default kernel.now(),
    valid_until timestamptz
);
grant select, insert on certification.issuer_key to marketplace_app;

create type certification.certificate_state as enum ('active', 'suspended', 'withdrawn', 'expired', 'depleted', 'replaced');

create table certification.certificate (
    id             uuid primary key,
    tenant_id      text not null default kernel.tenant(),
    serial         text not null check (serial ~ '^(KZ|KG)-[0-9]{2}-[0-9]{6,9}-[0-9]$'),
    application    uuid not null unique references certification.application,
    lot            uuid not null,
    household      uuid not null,
    applicant      uuid not null,
    issuer         uuid not null,
    product        text not null,
    village        text not null,
    amount         bigint not null check (amount > 0),
    unit           text not null,
    scheme         text not null,
    scheme_version int not null,
    valid_from     timestamptz not null,
    valid_until    timestamptz not null check (valid_until > valid_from),
    issued_at      timestamptz not null default kernel.now(),
    key_id         text not null references certification.issuer_key,
    label          text not null,
    state          certification.certificate_state not null default 'active',
    version        int not null default 1,
    unique (tenant_id, serial)
);
create index certificate_lot on certification.certificate (lot);
create index certificate_ending on certification.certificate (tenant_id, valid_until) where state in ('active', 'suspended');
select kernel.protect('certification.certificate', 'select, insert');
-- Only the state moves. Everything a certificate says is written once.
grant update (state, version) on certification.certificate to marketplace_app;

create table certification.certificate_change (
    certificate uuid not null references certification.certificate,
    number      int not null,
    tenant_id   text not null default kernel.tenant(),
    state       certification.certificate_state not null,
    reason      text not null check (length(reason) between 3 and 2000),
    person      uuid default kernel.person(),
    recorded_at timestamptz not null default kernel.now(),
    primary key (certificate, number)
);
select kernel.protect('certification.certificate_change', 'select, insert');

create function certification.issue() returns trigger language plpgsql security definer set search_path = certification, pg_temp as
$$
declare
    v_case    application;
    v_allowed boolean;
begin
    -- Shares the switch's row until commit, so that a stop waits for this issue or this issue sees the stop.
    select allowed into v_allowed from issuance where body = new.issuer and tenant_id = new.tenant_id for share;
    if v_allowed is distinct from true then
        raise exception using errcode = 'P0001', constraint = 'issuance-stopped', message = 'This body may not issue now.';
    end if;
    select a.* into v_case from application a join decision d on d.application = a.id
     where a.id = new.application and d.granted and d.person = kernel.person() and d.recorded_at = kernel.now();
    if v_case.id is null then
        raise exception using errcode = 'P0001', constraint = 'no-decision', message = 'A certificate is issued by a granting decision only.';
    end if;
    if (v_case.lot, v_case.household, v_case.applicant, v_case.body, v_case.product, v_case.village, v_case.amount, v_case.unit, v_case.scheme,
        v_case.scheme_version)
        is distinct from (new.lot, new.household, new.applicant, new.issuer, new.product, new.village, new.amount, new.unit, new.scheme,
        new.scheme_version) then
        raise exception using errcode = 'P0001', constraint = 'no-decision', message = 'The certificate differs from what was decided.';
    end if;
    new.issued_at := kernel.now();
    new.state := 'active';
    return new;
end
$$;
create trigger issue before insert on certification.certificate for each row execute function certification.issue();

create function certification.turn() returns trigger language plpgsql as
$$
begin
    if (old.state, new.state) not in (('active', 'suspended'), ('active', 'withdrawn'), ('active', 'expired'), ('active', 'depleted'),
        ('active', 'replaced'), ('suspended', 'active'), ('suspended', 'withdrawn'), ('suspended', 'expired')) then
        raise exception using errcode = 'P0001', constraint = 'wrong-state', message = 'A certificate does not go that way.';
    end if;
    return new;
end
$$;
create trigger turn before update on certification.certificate for each row execute function certification.turn();
