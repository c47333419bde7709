-- Schemes as versioned data. Versions up to 1000 come with the product and hold for every operator; an operator publishes its own from 1001 on,
-- seen by its tenant only. Nothing published is ever changed: the application may read these tables, and only the functions below write them.

create type certification.scheme_kind as enum ('batch', 'serial', 'group');
create type certification.assessment_form as enum ('declaration', 'veterinary_examination', 'veterinary_document', 'certificate', 'voluntary_certificate',
    'peer_appraisal');
create type certification.sample_rule as enum ('fixed', 'root');
create type certification.decision_rule as enum ('simple', 'guard_band');
create sequence certification.scheme_number start 1001;

alter table certification.scheme
    add tenant_id           text references kernel.tenant,
    add kind                certification.scheme_kind not null default 'batch',
    add assessment          certification.assessment_form not null default 'declaration',
    add voluntary           boolean not null default false,
    -- Who may be applicant of record. Only the kinds the product knows of an applicant can be held against it: today the co-operative.
    add eligible_applicants text[] not null default '{cooperative,legal_entity,sole_trader}'
        check (eligible_applicants <@ '{cooperative,legal_entity,sole_trader,slaughter_point,processor,group,household}'),
    -- fixed: so many samples; root: the square root of the group's members, rounded up, at least so many.
    add sample_rule         certification.sample_rule default 'fixed',
    add sample_count        int default 1 check (sample_count between 1 and 1000),
    add sample_amount       bigint default 1000 check (sample_amount > 0),
    add sample_unit         text default 'GRM' check (sample_unit in ('GRM', 'MLT', 'H87')),
    add sample_retained     boolean default true,
    add surveillance_visits int not null default 0 check (surveillance_visits between 0 and 12),
    add nonconformity_days  int not null default 28 check (nonconformity_days between 1 and 28),
    add decision_rule       certification.decision_rule not null default 'simple',
    -- A seen in the act, B in a sibling act or secondary page, C recalled.
    add basis_confidence    text not null default 'C' check (basis_confidence in ('A', 'B', 'C')),
    add proposed_by         uuid[] not null default '{}',
    add published_by        uuid,
    add published_at        timestamptz,
    add check (num_nonnulls(sample_rule, sample_count, sample_amount, sample_unit, sample_retained) in (0, 5)),
    add check ((tenant_id is null) = (version <= 1000) and (tenant_id is null) = (published_by is null)),
    add constraint "own-proposal" check (published_by <> all (proposed_by));
update certification.scheme set assessment = 'veterinary_examination', eligible_applicants = '{cooperative}', sample_amount = 500, sample_unit = 'MLT'
 where code = 'MILK-DAILY';
-- Nuts were left out of the first table by mistake: the list of products names this scheme for them.
update certification.scheme set rule_groups = array_append(rule_groups, 'nuts') where (code, version) = ('PLANT-BATCH', 1);
insert into certification.scheme_test (code, version, rule_group, indicator)
select code, version, 'nuts', 'lead' from certification.scheme where (code, version) = ('PLANT-BATCH', 1);
alter table certification.scheme_step
    add act              text,
    add article          text,
    add basis_from       date,
    add basis_until      date check (basis_until >= basis_from),
    add basis_confidence text check (basis_confidence in ('A', 'B', 'C')),
    add check (num_nonnulls(act, article, basis_from, basis_confidence) in (0, 4)),
    add check (task in ('complete-application', 'check-completeness', 'review-documents', 'plan-evaluation', 'inspect-site', 'take-sample',
        'enter-results', 'approve-results', 'review-application', 'decide-application'));
alter table certification.scheme_test rename constraint scheme_test_indicator_fkey to "unknown-indicator";
create table certification.scheme_check (
    code        text not null,
    version     int not null,
    task        text not null,
    position    int not null check (position > 0),
    item        text not null check (item ~ '^[a-z][a-z0-9-]{1,39}$'),
    question_en text not null,
    question_ru text not null,
    question_kk text not null,
    question_ky text not null,
    primary key (code, version, task, item),
    foreign key (code, version, task) references certification.scheme_step
);
grant select on certification.scheme_check to marketplace_app;

alter table certification.scheme enable row level security;
create policy visible on certification.scheme using (tenant_id is null or tenant_id = (select kernel.tenant()));

-- A version taken out of force by this operator, its own or the product's. Cases filed before go on.
create table certification.scheme_retirement (
    tenant_id   text not null default kernel.tenant(),
    code        text not null,
    version     int not null,
    last_day    date not null,
    reason      text not null check (length(reason) between 3 and 2000),
    person      uuid not null default kernel.person(),
    recorded_at timestamptz not null default kernel.now(),
    foreign key (code, version) references certification.scheme,
    constraint "scheme-retired" primary key (tenant_id, code, version),
    constraint "retired-in-past" check (last_day >= recorded_at::date)
);
select kernel.protect('certification.scheme_retirement', 'select, insert');

-- The version that judges what is filed on a day: of those whose window holds it, the one that came into force last.
create function certification.scheme_in_force(a_code text, a_day date) returns int language sql stable as
$$
    select s.version from certification.scheme s
      left join certification.scheme_retirement r on r.code = s.code and r.version = s.version and r.tenant_id = kernel.tenant()
     where s.code = a_code and (s.tenant_id is null or s.tenant_id = kernel.tenant()) and s.valid_from <= a_day and (s.valid_until is null or s.valid_until >= a_day)
       and (r.last_day is null or r.last_day >= a_day)
     order by s.valid_from desc, s.version desc limit 1
$$;

create function certification.filed() returns trigger language plpgsql as
$$
begin
    if new.scheme_version is distinct from certification.scheme_in_force(new.scheme, kernel.now()::date) then
        raise exception using errcode = 'P0001', constraint = 'no-scheme', message = 'A case is filed under the version in force.';
    end if;
    return new;
end
$$;
create trigger filed before insert on certification.application for each row execute function certification.filed();
create trigger filed_again before update of submitted_at on certification.application for each row
    when (old.submitted_at is null and new.submitted_at is not null) execute function certification.filed();

-- The steps in the order of a case, and who does each.
create function certification.step_role(a_task text) returns text language sql immutable as
$$
    select case a_task when 'complete-application' then 'producer' when 'check-completeness' then 'intake_officer'
        when 'review-documents' then 'document_reviewer' when 'enter-results' then 'laboratory_analyst' when 'approve-results' then 'laboratory_supervisor'
        when 'review-application' then 'reviewer' when 'decide-application' then 'decision_maker' else 'sampler' end
$$;

-- One reader and one writer of a version's terms, in the shape they have on the wire.
create function certification.scheme_terms(s certification.scheme) returns jsonb language plpgsql stable as
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
        'sampling', case when s.sample_rule is not null then jsonb_build_object('rule', s.sample_rule, 'count', s.sample_count,
            'amount', jsonb_build_object('amount', s.sample_amount, 'unit', s.sample_unit), 'retained', s.sample_retained,
            'receiptRequired', s.receipt_required) end,
        'validityDays', s.validity_days, 'feeKzt', s.fee_kzt, 'feeKgs', s.fee_kgs, 'surveillanceVisits', s.surveillance_visits,
        'nonconformityDays', s.nonconformity_days, 'decisionRule', s.decision_rule, 'legalBasis', s.legal_basis, 'basisConfidence', s.basis_confidence,
        'validFrom', s.valid_from, 'validUntil', s.valid_until));
end
$$;

create function certification.write_scheme(a_code text, a_version int, terms jsonb, a_tenant text, a_authors uuid[], a_publisher uuid) returns void
    language plpgsql as
$$
declare
    v_tasks text[] := array(select step ->> 'task' from jsonb_array_elements(terms -> 'steps') with ordinality as s (step, at) order by at);
    v_order constant text[] := '{complete-application,check-completeness,review-documents,plan-evaluation,inspect-site,take-sample,enter-results,
        approve-results,review-application,decide-application}';
begin
    if v_tasks is distinct from array(select task from unnest(v_order) with ordinality as o (task, at) where task = any (v_tasks) order by at)
        or not v_tasks @> '{complete-application,check-completeness,review-application,decide-application}'
        or not (v_tasks @> '{take-sample,enter-results,approve-results}' and terms ? 'sampling' and terms -> 'tests' <> '[]'
            or not v_tasks && '{take-sample,enter-results,approve-results}' and not terms ? 'sampling' and terms -> 'tests' = '[]') then
        raise exception using errcode = 'P0001', constraint = 'wrong-steps', message = 'These steps do not make a case.';
    end if;
    if a_tenant is not null and (terms ->> 'validFrom')::date < kernel.now()::date then
        raise exception using errcode = 'P0001', constraint = 'valid-from-past', message = 'A version comes into force today or later.';
    end if;
    insert into certification.scheme (code, version, title_en, title_ru, title_kk, title_ky, kind, assessment, voluntary, eligible_applicants, rule_groups,
           required_submissions, sample_rule, sample_count, sample_amount, sample_unit, sample_retained, receipt_required, validity_days, fee_kzt,
           fee_kgs, surveillance_visits, nonconformity_days, decision_rule, legal_basis, basis_confidence, valid_from, valid_until, tenant_id, proposed_by,
           published_by, published_at)
    select a_code, a_version, s."titleEn", s."titleRu", s."titleKk", s."titleKy", s.kind, s.assessment, s.voluntary, s."eligibleApplicants",
           s."ruleGroups", s."requiredSubmissions", (s.sampling ->> 'rule')::certification.sample_rule, (s.sampling ->> 'count')::int,
           (s.sampling #>> '{amount,amount}')::bigint, s.sampling #>> '{amount,unit}', (s.sampling ->> 'retained')::boolean,
           coalesce((s.sampling ->> 'receiptRequired')::boolean, false), s."validityDays", s."feeKzt", s."feeKgs",
           s."surveillanceVisits", s."nonconformityDays", s."decisionRule", s."legalBasis", s."basisConfidence", s."validFrom", s."validUntil",
           a_tenant, a_authors, a_publisher, kernel.now()
      from jsonb_to_record(terms) as s ("titleEn" text, "titleRu" text, "titleKk" text, "titleKy" text, kind certification.scheme_kind,
           assessment certification.assessment_form, voluntary boolean, "eligibleApplicants" text[], "ruleGroups" text[], "requiredSubmissions" text[],
           sampling jsonb, "validityDays" int, "feeKzt" bigint, "feeKgs" bigint, "surveillanceVisits" int, "nonconformityDays" int,
           "decisionRule" certification.decision_rule, "legalBasis" text, "basisConfidence" text, "validFrom" date, "validUntil" date);
    perform certification.write_scheme_steps(a_code, a_version, terms);
    insert into certification.scheme_test (code, version, rule_group, indicator)
    select a_code, a_version, test ->> 'ruleGroup', jsonb_array_elements_text(test -> 'indicators') from jsonb_array_elements(terms -> 'tests') as test;
end
$$;

-- Apart, since the versions of an older database get the basis of their steps in this way too.
create function certification.write_scheme_steps(a_code text, a_version int, terms jsonb) returns void language plpgsql as
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
end
$$;

-- Loads a version that comes with the product; one that is there stays as it is.
create function certification.load_scheme(a_code text, a_version int, terms jsonb) returns void language plpgsql as
$$
begin
    if not exists (select from certification.scheme where code = a_code and version = a_version) then
        perform certification.write_scheme(a_code, a_version, terms, null, '{}', null);
    elsif not exists (select from certification.scheme_step where code = a_code and version = a_version and act is not null) then
        perform certification.write_scheme_steps(a_code, a_version, terms);
    end if;
end
$$;
revoke all on function certification.write_scheme, certification.write_scheme_steps, certification.load_scheme from public;

-- Proposals of an operator's people, edited until a person of the project office publishes one.
create table certification.scheme_draft (
    id           uuid primary key,
    tenant_id    text not null default kernel.tenant(),
    code         text not null,
    based_on     int not null,
    terms        jsonb not null,
    version      int not null default 1,
    -- The certification body that proposes; null for the administrator.
    organisation uuid,
    authors      uuid[] not null default array[kernel.person()],
    created_at   timestamptz not null default kernel.now(),
    published    int,
    published_by uuid,
    published_at timestamptz,
    foreign key (code, based_on) references certification.scheme,
    constraint "own-proposal" check (published_by <> all (authors)),
    check (num_nonnulls(published, published_by, published_at) in (0, 3))
);
select kernel.protect('certification.scheme_draft', 'select, insert');
grant update (terms, version, authors) on certification.scheme_draft to marketplace_app;

-- Whoever writes a proposal is one of its authors for good, and a published one is closed.
create function certification.authored() returns trigger language plpgsql as
$$
begin
    if tg_op = 'INSERT' then
        new.authors := array[kernel.person()];
        new.published := null; new.published_by := null; new.published_at := null;
    elsif old.published is not null then
        raise exception using errcode = 'P0001', constraint = 'wrong-stage', message = 'A published draft is closed.';
    elsif new.published is null then
        new.authors := case when kernel.person() = any (old.authors) then old.authors else old.authors || kernel.person() end;
    end if;
    return new;
end
$$;
create trigger authored before insert or update on certification.scheme_draft for each row execute function certification.authored();

create function certification.publish_scheme(a_draft uuid) returns int language plpgsql security definer set search_path = certification, pg_temp as
$$
declare
    v_draft scheme_draft;
    v_number int := nextval('certification.scheme_number');
begin
    select * into v_draft from scheme_draft where id = a_draft and tenant_id = kernel.tenant() for update;
    if v_draft.published is not null then
        raise exception using errcode = 'P0001', constraint = 'wrong-stage', message = 'It was published before.';
    end if;
    if kernel.person() is null then
        raise exception using errcode = 'P0001', constraint = 'own-proposal', message = 'A person publishes.';
    end if;
    perform certification.write_scheme(v_draft.code, v_number, v_draft.terms, v_draft.tenant_id, v_draft.authors, kernel.person());
    update scheme_draft set published = v_number, published_by = kernel.person(), published_at = kernel.now() where id = a_draft;
    return v_number;
end
$$;
revoke all on function certification.publish_scheme from public;
grant execute on function certification.publish_scheme to marketplace_app;
