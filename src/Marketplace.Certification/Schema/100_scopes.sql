-- Scope certificates: a serial or group scheme decides once for a production; its batches follow by light declarations.

-- Quick tests that each batch declared under a scope carries.
create table certification.scheme_batch_test (
    code       text not null,
    version    int not null,
    rule_group text not null,
    indicator  text not null constraint "unknown-indicator" references certification.indicator,
    primary key (code, version, rule_group, indicator),
    foreign key (code, version) references certification.scheme
);
grant select on certification.scheme_batch_test to marketplace_app;

create or replace function certification.scheme_terms(s certification.scheme) returns jsonb language plpgsql stable as
$$
begin
    return jsonb_strip_nulls(jsonb_build_object('titleEn', s.title_en, 'titleRu', s.title_ru, 'titleKk', s.title_kk, 'titleKy', s.title_ky,
        'kind', s.kind, 'assessment', s.assessment, 'voluntary', s.voluntary, 'eligibleApplicants', s.eligible_applicants, 'ruleGroups', s.rule_groups,
        'requiredSubmissions', s.required_submissions,
        'steps', coalesce((select jsonb_agg(jsonb_build_object('task', t.task, 'role', t.role, 'workingDays', t.working_days,
            'basis', case when t.act is not null then jsonb_build_object('act', t.act, 'article', t.article, 'validFrom', t.basis_from,
                'validUntil', t.basis_until, 'confidence', t.basis_confidence) end,
            'checks', coalesce((select jsonb_agg(jsonb_build_object('item', c.item, 'questionEn', c.question_en, 'questionRu', c.question_ru,
                'questionKk', c.question_kk, 'questionKy', c.question_ky) order by c.position)
                from certification.scheme_check c where c.code = t.code and c.version = t.version and c.task = t.task), '[]')) order by t.position)
            from certification.scheme_step t where t.code = s.code and t.version = s.version), '[]'),
        'tests', coalesce((select jsonb_agg(jsonb_build_object('ruleGroup', g.rule_group, 'indicators', g.indicators) order by g.rule_group)
            from (select rule_group, array_agg(indicator order by indicator) as indicators from certification.scheme_test x
                   where x.code = s.code and x.version = s.version group by rule_group) g), '[]'),
        'batchTests', coalesce((select jsonb_agg(jsonb_build_object('ruleGroup', g.rule_group, 'indicators', g.indicators) order by g.rule_group)
            from (select rule_group, array_agg(indicator order by indicator) as indicators from certification.scheme_batch_test x
                   where x.code = s.code and x.version = s.version group by rule_group) g), '[]'),
        'sampling', case when s.sample_rule is not null then jsonb_build_object('rule', s.sample_rule, 'count', s.sample_count,
            'amount', jsonb_build_object('amount', s.sample_amount, 'unit', s.sample_unit), 'retained', s.sample_retained,
            'receiptRequired', s.receipt_required) end,
        'validityDays', s.validity_days, 'feeKzt', s.fee_kzt, 'feeKgs', s.fee_kgs, 'surveillanceVisits', s.surveillance_visits,
        'nonconformityDays', s.nonconformity_days, 'decisionRule', s.decision_rule, 'legalBasis', s.legal_basis, 'basisConfidence', s.basis_confidence,
        'validFrom', s.valid_from, 'validUntil', s.valid_until));
end
$$;

-- The quick tests are written wherever the steps are; a scheme for single batches has none.
create function certification.batch_tests() returns trigger language plpgsql as
$$
begin
    if (select kind from certification.scheme where code = new.code and version = new.version) = 'batch' then
        raise exception using errcode = 'P0001', constraint = 'wrong-steps', message = 'A scheme for one batch has no tests of further ones.';
    end if;
    return new;
end
$$;
create trigger batch_tests before insert on certification.scheme_batch_test for each row execute function certification.batch_tests();
create or replace function certification.write_scheme_steps(a_code text, a_version int, terms jsonb) returns void language plpgsql as
$$
begin
    insert into certification.scheme_step (code, version, position, task, role, working_days, act, article, basis_from, basis_until, basis_confidence)
    select a_code, a_version, at, step ->> 'task', certification.step_role(step ->> 'task'), (step ->> 'workingDays')::int, step #>> '{basis,act}',
           step #>> '{basis,article}', (step #>> '{basis,validFrom}')::date, (step #>> '{basis,validUntil}')::date, step #>> '{basis,confidence}'
      from jsonb_array_elements(terms -> 'steps') with ordinality as s (step, at)
        on conflict (code, version, task) do update set act = excluded.act, article = excluded.article, basis_from = excluded.basis_from,
           basis_until = excluded.basis_until, basis_confidence = excluded.basis_confidence;
    insert into certification.scheme_check (code, version, task, position, item, question_en, question_ru, question_kk, question_ky)
    select a_code, a_version, step ->> 'task', at, question ->> 'item', question ->> 'questionEn', question ->> 'questionRu', question ->> 'questionKk',
           question ->> 'questionKy'
      from jsonb_array_elements(terms -> 'steps') as step,
           jsonb_array_elements(coalesce(step -> 'checks', '[]')) with ordinality as c (question, at) on conflict do nothing;
    insert into certification.scheme_batch_test (code, version, rule_group, indicator)
    select a_code, a_version, test ->> 'ruleGroup', jsonb_array_elements_text(test -> 'indicators')
      from jsonb_array_elements(coalesce(terms -> 'batchTests', '[]')) as test on conflict do nothing;
end
$$;
revoke all on function certification.write_scheme_steps from public;

create type certification.scope_state as enum ('active', 'suspended', 'withdrawn', 'expired', 'replaced');
create table certification.scope (
    id             uuid primary key,
    tenant_id      text not null default kernel.tenant(),
    number         text not null check (number ~ '^(KZ|KG)-S-[0-9]{2}-[0-9]{4,9}$'),
    application    uuid not null unique references certification.application,
    scheme         text not null,
    scheme_version int not null,
    kind           certification.scheme_kind not null check (kind <> 'batch'),
    product        text not null,
    rule_group     text not null,
    village        text not null,
    -- Whose production it is; a group's scope covers the members of its register.
    household      uuid check ((household is null) = (kind = 'group')),
    applicant      uuid not null,
    issuer         uuid not null,
    valid_from     timestamptz not null default kernel.now(),
    valid_until    timestamptz not null,
    state          certification.scope_state not null default 'active',
    version        int not null default 1,
    unique (tenant_id, number),
    check (valid_until > valid_from),
    foreign key (scheme, scheme_version) references certification.scheme
);
create unique index "scope-open" on certification.scope (scheme, product, coalesce(household, applicant)) where state in ('active', 'suspended');
create index scope_household on certification.scope (household) where household is not null;
create index scope_applicant on certification.scope (applicant);
create index scope_ending on certification.scope (tenant_id, valid_until) where state in ('active', 'suspended');
select kernel.protect('certification.scope', 'select, insert');
grant update (state, version) on certification.scope to marketplace_app;

create table certification.scope_change (
    scope       uuid not null references certification.scope,
    number      int not null,
    tenant_id   text not null default kernel.tenant(),
    state       certification.scope_state not null,
    reason      text not null check (length(reason) between 3 and 2000),
    person      uuid default kernel.person(),
    recorded_at timestamptz not null default kernel.now(),
    primary key (scope, number)
);
select kernel.protect('certification.scope_change', 'select, insert');

-- A scope opens with the granting decision of this very transaction, for exactly what was decided.
create function certification.open_scope() returns trigger language plpgsql security definer set search_path = certification, pg_temp as
$$
declare
    v_case   application;
    v_scheme scheme;
begin
    select a.* into v_case from application a join decision d on d.application = a.id
     where a.id = new.application and d.granted and d.person = kernel.person() and d.recorded_at = kernel.now();
    select * into v_scheme from scheme where code = new.scheme and version = new.scheme_version;
    if v_case.id is null or (v_case.scheme, v_case.scheme_version, v_scheme.kind, v_case.product, v_case.rule_group, v_case.village, v_case.applicant, v_case.body,
        case when v_scheme.kind = 'serial' then v_case.household end)
        is distinct from (new.scheme, new.scheme_version, new.kind, new.product, new.rule_group, new.village, new.applicant, new.issuer, new.household) then
        raise exception using errcode = 'P0001', constraint = 'no-decision', message = 'A scope opens by a granting decision only, for what was decided.';
    end if;
    new.valid_from := kernel.now();
    if new.valid_until > new.valid_from + make_interval(hours => 24 * v_scheme.validity_days) then
        raise exception using errcode = 'P0001', constraint = 'dates-wrong', message = 'A scope ends with the scheme''s validity.';
    end if;
    new.state := 'active';
    return new;
end
$$;
create trigger open_scope before insert on certification.scope for each row execute function certification.open_scope();

create function certification.turn_scope() returns trigger language plpgsql as
$$
begin
    if (old.state, new.state) not in (('active', 'suspended'), ('active', 'withdrawn'), ('active', 'expired'), ('active', 'replaced'),
        ('suspended', 'active'), ('suspended', 'withdrawn'), ('suspended', 'expired')) then
        raise exception using errcode = 'P0001', constraint = 'wrong-state', message = 'A scope does not go that way.';
    end if;
    return new;
end
$$;
create trigger turn_scope before update on certification.scope for each row execute function certification.turn_scope();

create table certification.batch_declaration (
    id          uuid primary key,
    tenant_id   text not null default kernel.tenant(),
    scope       uuid not null references certification.scope,
    lot         uuid not null,
    household   uuid not null,
    village     text not null,
    amount      bigint not null check (amount > 0),
    unit        text not null,
    ready_on    date not null,
    expires_on  date not null,
    verdict     certification.verdict not null check (verdict <> 'incomplete'),
    findings    text not null,
    person      uuid not null default kernel.person(),
    recorded_at timestamptz not null default kernel.now()
);
create unique index "lot-declared" on certification.batch_declaration (lot) where verdict = 'pass';
create index batch_declaration_scope on certification.batch_declaration (scope, id);
create index batch_declaration_household on certification.batch_declaration (household, id);
select kernel.protect('certification.batch_declaration', 'select, insert');

create table certification.batch_result (
    declaration uuid not null references certification.batch_declaration,
    indicator   text not null references certification.indicator,
    tenant_id   text not null default kernel.tenant(),
    comparator  certification.result_comparator not null,
    value       numeric check (value >= 0),
    unit        text not null,
    method      text not null,
    primary key (declaration, indicator)
);
select kernel.protect('certification.batch_result', 'select, insert');

-- Whether a household's goods are the scope's; groups answer by their register.
create function certification.in_scope(a_scope certification.scope, a_household uuid) returns boolean language sql stable as
$$ select a_scope.household = a_household $$;

-- Declared under a scope that lives at this moment: a suspension waits for the declarations under way, and they for it.
create function certification.declared() returns trigger language plpgsql security definer set search_path = certification, pg_temp as
$$
declare
    v_scope scope;
begin
    if new.person is distinct from kernel.person() then
        raise exception using errcode = 'P0001', constraint = 'not-assigned', message = 'Nobody signs for somebody else.';
    end if;
    new.recorded_at := kernel.now();
    select * into v_scope from scope where id = new.scope and tenant_id = new.tenant_id for share;
    if v_scope.state is distinct from 'active' or v_scope.valid_until <= kernel.now() then
        raise exception using errcode = 'P0001', constraint = 'scope-not-live', message = 'The scope does not live now.';
    end if;
    if not in_scope(v_scope, new.household) then
        raise exception using errcode = 'P0001', constraint = 'outside-the-scope', message = 'These goods are not of the scope''s production.';
    end if;
    return new;
end
$$;
create trigger declared before insert on certification.batch_declaration for each row execute function certification.declared();

-- At commit a declaration that passed has each quick test of its scheme for which some limit is in force.
create function certification.declared_whole() returns trigger language plpgsql security definer set search_path = certification, pg_temp as
$$
begin
    if exists (select from scope s join scheme_batch_test t on t.code = s.scheme and t.version = s.scheme_version and t.rule_group = s.rule_group
                where s.id = new.scope and exists (select from limit_rule r where r.active and r.rule_group = s.rule_group and r.indicator = t.indicator
                        and r.products is null and r.months is null and r.growing is null
                        and r.valid_from <= kernel.now()::date and (r.valid_until is null or r.valid_until >= kernel.now()::date))
                  and not exists (select from batch_result b where b.declaration = new.id and b.indicator = t.indicator)) then
        raise exception using errcode = 'P0001', constraint = 'tests-missing', message = 'A quick test of this batch is missing.';
    end if;
    return null;
end
$$;
create constraint trigger declared_whole after insert on certification.batch_declaration deferrable initially deferred for each row
    when (new.verdict = 'pass') execute function certification.declared_whole();

-- A certificate rests on a decision, or on a batch declared under the scope that a decision opened.
alter table certification.certificate add column declaration uuid references certification.batch_declaration;
drop index certification.certificate_of_decision;
create unique index certificate_of_decision on certification.certificate (application) where replaces is null and declaration is null;
create unique index certificate_of_declaration on certification.certificate (declaration) where replaces is null;
alter table certification.certificate_change add column scope uuid references certification.scope;

-- What a certificate is about: the case's lot, or the lot declared under its scope.
create function certification.batch_of(a_application uuid, a_declaration uuid, out lot uuid, out household uuid, out applicant uuid, out body uuid, out product text,
    out rule_group text, out village text, out amount bigint, out unit text, out expires_on date, out scheme text, out scheme_version int, out until timestamptz)
    returns setof record language sql stable as
$$
    select coalesce(d.lot, a.lot), coalesce(d.household, a.household), a.applicant, a.body, a.product, a.rule_group, coalesce(d.village, a.village),
           coalesce(d.amount, a.amount), a.unit, coalesce(d.expires_on, a.expires_on), a.scheme, a.scheme_version, s.valid_until
      from certification.application a
      left join certification.batch_declaration d on d.id = a_declaration
      left join certification.scope s on s.id = d.scope
     where a.id = a_application and (a_declaration is null or s.application = a.id)
$$;

create or replace function certification.issue() returns trigger language plpgsql security definer set search_path = certification, pg_temp as
$$
declare
    v_batch   record;
    v_scheme  scheme;
    v_allowed boolean;
    v_amount  bigint;
    v_until   timestamptz;
begin
    -- Shares the switch's row until commit, so that a stop waits for this issue or this issue sees the stop.
    select allowed into v_allowed from issuance where body = new.issuer and tenant_id = new.tenant_id for share;
    if v_allowed is distinct from true then
        raise exception using errcode = 'P0001', constraint = 'issuance-stopped', message = 'This body may not issue now.';
    end if;
    select * into v_batch from batch_of(new.application, new.declaration);
    if new.replaces is not null then
        select r.amount, r.valid_until into v_amount, v_until from replacement r join certificate o on o.id = r.certificate
         where r.certificate = new.replaces and r.approved and r.decided_by = kernel.person() and r.decided_at = kernel.now() and o.state = 'replaced'
           and (o.application, o.declaration) is not distinct from (new.application, new.declaration);
    elsif new.declaration is not null then
        select d.amount, s.valid_until into v_amount, v_until from batch_declaration d join scope s on s.id = d.scope
         where d.id = new.declaration and d.verdict = 'pass' and d.person = kernel.person() and d.recorded_at = kernel.now() and s.state = 'active';
    else
        select v_batch.amount, 'infinity' into v_amount, v_until from decision d
         where d.application = new.application and d.granted and d.person = kernel.person() and d.recorded_at = kernel.now();
    end if;
    if v_batch.lot is null or v_amount is null then
        raise exception using errcode = 'P0001', constraint = 'no-decision', message = 'A certificate is issued by a granting decision only.';
    end if;
    if (v_batch.lot, v_batch.household, v_batch.applicant, v_batch.body, v_batch.product, v_batch.village, v_amount, v_batch.unit, v_batch.scheme,
        v_batch.scheme_version)
        is distinct from (new.lot, new.household, new.applicant, new.issuer, new.product, new.village, new.amount, new.unit, new.scheme,
        new.scheme_version) then
        raise exception using errcode = 'P0001', constraint = 'no-decision', message = 'The certificate differs from what was decided.';
    end if;
    select * into v_scheme from scheme where code = new.scheme and version = new.scheme_version;
    if not v_batch.rule_group = any (v_scheme.rule_groups) then
        raise exception using errcode = 'P0001', constraint = 'scheme-not-for-product', message = 'The scheme does not cover the product.';
    end if;
    -- Kazakhstan keeps UTC+5, Kyrgyzstan UTC+6; the shelf life ends with the country's day.
    if new.valid_from not between date_trunc('second', kernel.now()) and kernel.now()
        or new.valid_until > least(v_until, new.valid_from + make_interval(hours => 24 * v_scheme.validity_days),
            (v_batch.expires_on + 1)::timestamp at time zone make_interval(hours => case when v_batch.village like 'kg%' then 6 else 5 end)) then
        raise exception using errcode = 'P0001', constraint = 'dates-wrong', message = 'Validity begins with the decision and ends with the goods.';
    end if;
    new.issued_at := kernel.now();
    new.state := 'active';
    return new;
end
$$;
