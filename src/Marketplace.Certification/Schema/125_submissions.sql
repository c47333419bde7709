-- Complete means that everything the scheme requires is on file for the case, and nothing is granted without it.

-- What the case's own scheme version requires and no document the case rests on counts for, as of the day it was submitted. Results that
-- passed in another case are a test report.
create function certification.missing_submissions(a_case certification.application) returns text[] language sql stable as
$$
    select array(
        select r.code from certification.scheme s join certification.requirement r on r.code = any (s.required_submissions)
         where s.code = a_case.scheme and s.version = a_case.scheme_version
           and not exists (select from certification.submission u join certification.document d on d.id = u.document
                            where u.application = a_case.id and d.requirement = r.code
                              and certification.document_counts(d, (coalesce(a_case.submitted_at, kernel.now()) at time zone 'UTC')::date))
           and not exists (select from certification.on_file(a_case.household, a_case.applicant, a_case.product) f
                            where f.requirement = r.code and f.document is null and f.application <> a_case.id)
         order by r.code)
$$;

create function certification.complete() returns trigger language plpgsql as
$$
declare
    v_case certification.application;
begin
    select * into v_case from certification.application where id = new.application;
    if certification.missing_submissions(v_case) <> '{}' then
        raise exception using errcode = 'P0001', constraint = 'submissions-missing', message = 'A required submission is missing.';
    end if;
    return new;
end
$$;
create trigger d_complete before insert on certification.completeness for each row when (new.complete) execute function certification.complete();

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
    if missing_submissions(a_case) <> '{}' then
        return 'submissions-missing';
    end if;
    return null;
end
$$;
