-- What the application's role could still write past the rules: stages, times, verdicts, samples, custody, qualifications.

-- The whole life of an application, as CertificationApplication.Next has it: one step, and the stages that are passed at once or skipped with it.
create function certification.goes(a_from certification.stage, a_to certification.stage) returns boolean language sql immutable as
$$
    select case a_from
        when 'draft' then a_to in ('submitted', 'withdrawn', 'expired_inactive')
        when 'submitted' then a_to in ('returned_incomplete', 'withdrawn', 'accepted', 'document_review', 'evaluation_planned', 'inspection', 'sampling',
                                       'in_laboratory', 'review')
        when 'returned_incomplete' then a_to in ('submitted', 'withdrawn', 'expired_inactive')
        when 'accepted' then a_to in ('document_review', 'evaluation_planned', 'inspection', 'sampling', 'in_laboratory', 'review')
        when 'document_review' then a_to in ('evaluation_planned', 'inspection', 'sampling', 'in_laboratory', 'review', 'nonconformity_open', 'decision', 'withdrawn')
        when 'evaluation_planned' then a_to in ('inspection', 'sampling', 'in_laboratory', 'review', 'nonconformity_open', 'decision', 'withdrawn')
        when 'inspection' then a_to in ('sampling', 'in_laboratory', 'review', 'nonconformity_open', 'decision', 'withdrawn')
        when 'sampling' then a_to in ('in_laboratory', 'review', 'nonconformity_open', 'decision', 'withdrawn')
        when 'in_laboratory' then a_to in ('results_ready', 'review', 'withdrawn')
        when 'results_ready' then a_to = 'review'
        when 'nonconformity_open' then a_to in ('document_review', 'evaluation_planned', 'inspection', 'sampling', 'in_laboratory', 'review', 'decision', 'withdrawn')
        when 'review' then a_to in ('nonconformity_open', 'decision', 'withdrawn')
        when 'decision' then a_to in ('granted', 'refused', 'withdrawn')
        else false end
$$;

create function certification.stage_goes() returns trigger language plpgsql as
$$
begin
    if tg_op = 'INSERT' then
        if new.stage <> 'draft' or num_nonnulls(new.number, new.body, new.laboratory, new.seed, new.intake, new.document_reviewer, new.sampler, new.analyst,
                new.supervisor, new.reviewer, new.decision_maker, new.submitted_at) > 0 then
            raise exception using errcode = 'P0001', constraint = 'wrong-stage', message = 'A case begins as a draft that nobody works on.';
        end if;
        new.created_at := kernel.now();
    elsif new.stage <> old.stage and not certification.goes(old.stage, new.stage) then
        raise exception using errcode = 'P0001', constraint = 'wrong-stage', message = 'A case does not go that way.';
    elsif old.stage = 'draft' and new.submitted_at is not null then
        new.submitted_at := kernel.now();
    end if;
    return new;
end
$$;
create trigger a_stage_goes before insert or update on certification.application for each row execute function certification.stage_goes();

-- A verdict is never better than the plain numbers: the code compares with units, guard bands and presence, this only what nobody can read in two ways.
create function certification.verdict_holds() returns trigger language plpgsql security definer set search_path = certification, pg_temp as
$$
declare
    v_case application;
begin
    select * into v_case from application where id = new.application;
    if new.verdict = 'pass' and exists (
        with rule as (
            select * from (select distinct on (number) * from limit_rule
                            where active and rule_group = v_case.rule_group and (tenant_id is null or tenant_id = kernel.tenant())
                              and valid_from <= v_case.created_at::date and recorded_at <= v_case.created_at
                            order by number, valid_from desc, edition desc) as latest
             where (valid_until is null or valid_until >= v_case.created_at::date) and (products is null or v_case.product = any (products))
               and (months is null or extract(month from v_case.ready_on) = any (months))
               and (growing is distinct from 'greenhouse' or v_case.growing = 'greenhouse')),
        -- A re-test measures again what was in doubt; of the rest the first results stand.
        measured as (
            select distinct on (m.indicator) m.* from result m
             where m.application = new.application
               and m.entry in (new.entry, (select entry from result_approval where application = new.application and tg_table_name = 'retest_approval'))
             order by m.indicator, m.entry = new.entry desc)
        select from scheme_test t
         where t.code = v_case.scheme and t.version = v_case.scheme_version and t.rule_group = v_case.rule_group
           and exists (select from rule where rule.indicator = t.indicator) and not exists (select from measured m where m.indicator = t.indicator)
        union all
        -- Above whichever limit could hold for it.
        select from measured m
         where exists (select from rule where rule.indicator = m.indicator)
           and not exists (select from rule where rule.indicator = m.indicator and not (case
                when rule.kind in ('not_detected_in', 'not_allowed') then m.comparator = 'detected'
                else rule.unit = m.unit and (m.comparator in ('equal', 'above') and m.value > rule.highest
                                             or m.comparator in ('equal', 'below') and m.value < rule.lowest) end is true)))
    then
        raise exception using errcode = 'P0001', constraint = 'verdict-untrue', message = 'The results do not say that.';
    end if;
    return new;
end
$$;
create trigger e_verdict_holds before insert on certification.result_approval for each row execute function certification.verdict_holds();
create trigger e_verdict_holds before insert on certification.retest_approval for each row execute function certification.verdict_holds();

-- A sample is as large, of as many places and kept in part as the scheme and the plan of the case ask.
create function certification.sampled_as_planned() returns trigger language plpgsql security definer set search_path = certification, pg_temp as
$$
declare
    v_scheme scheme;
    v_planned int;
begin
    select s.* into v_scheme from application a join scheme s on s.code = a.scheme and s.version = a.scheme_version where a.id = new.application;
    if v_scheme.sample_rule is null then
        return new;
    end if;
    if new.unit <> v_scheme.sample_unit or new.amount < v_scheme.sample_amount then
        raise exception using errcode = 'P0001', constraint = 'sample-too-small', message = 'The scheme asks for a larger sample.';
    end if;
    select sample_count into v_planned from evaluation_plan where application = new.application;
    if new.increments < coalesce(v_planned, v_scheme.sample_count) then
        raise exception using errcode = 'P0001', constraint = 'too-few-increments', message = 'The sample is of fewer places than was planned.';
    end if;
    if v_scheme.sample_retained and new.retained_seal is null then
        raise exception using errcode = 'P0001', constraint = 'retained-missing', message = 'A part is kept under its own seal.';
    end if;
    return new;
end
$$;
create trigger d_sampled_as_planned before insert on certification.sample for each row execute function certification.sampled_as_planned();

-- Who holds a part destroys it; the retained part not before nobody can ask for its test any more: the ten working days to appeal fit into thirty.
create function certification.destroyed_by_its_holder() returns trigger language plpgsql security definer set search_path = certification, pg_temp as
$$
declare
    v_case uuid;
begin
    select application into v_case from sample where id = new.sample;
    if new.act <> 'destroyed' then
        return new;
    end if;
    if new.from_organisation is distinct from acting_organisation() then
        raise exception using errcode = 'P0001', constraint = 'not-assigned', message = 'Who holds a part destroys it.';
    end if;
    if new.part = 'retained' and not is_void(new.sample, 'retained') and not exists (
            select from retest_approval r join retest t on t.id = r.retest where t.sample = new.sample) and (
        exists (select from retest where sample = new.sample)
        or not exists (select from application where id = v_case and stage in ('withdrawn', 'expired_inactive'))
           and not exists (select from decision where application = v_case and recorded_at < kernel.now() - interval '30 days')
        or exists (select from appeal where application = v_case and stage in ('filed', 'in_hearing'))) then
        raise exception using errcode = 'P0001', constraint = 'retained-needed', message = 'The part may still be needed.';
    end if;
    return new;
end
$$;
-- After the chain filled in who had it.
create trigger destroyed_by_its_holder before insert on certification.custody for each row execute function certification.destroyed_by_its_holder();

-- A qualification is withdrawn once, by whoever acts, and never comes back.
create function certification.qualification_ends() returns trigger language plpgsql as
$$
begin
    if new.withdrawn_by is distinct from old.withdrawn_by or new.withdrawn_at is distinct from old.withdrawn_at then
        if old.withdrawn_by is not null or new.withdrawn_by is distinct from kernel.person() then
            raise exception using errcode = 'P0001', constraint = 'wrong-stage', message = 'A qualification is withdrawn once.';
        end if;
        new.withdrawn_at := kernel.now();
    end if;
    if old.confirmed_by is not null and (new.confirmed_by, new.confirmed_at) is distinct from (old.confirmed_by, old.confirmed_at) then
        raise exception using errcode = 'P0001', constraint = 'second-person', message = 'A grant is confirmed once.';
    end if;
    return new;
end
$$;
create trigger qualification_ends before update on certification.qualification for each row execute function certification.qualification_ends();

create function certification.signed_now() returns trigger language plpgsql as
$$
begin
    if new.person is distinct from kernel.person() then
        raise exception using errcode = 'P0001', constraint = 'not-assigned', message = 'Nobody signs for somebody else.';
    end if;
    new.recorded_at := kernel.now();
    return new;
end
$$;
create trigger signed_now before insert on certification.calibration for each row execute function certification.signed_now();

-- One number of one issuer may be the paper of several products.
drop index certification."document-on-file";
create unique index "document-on-file" on certification.document (tenant_id, owner, requirement, number, coalesce(issuer, ''), coalesce(product, ''))
    where number is not null and supersedes is null;
