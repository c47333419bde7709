-- The applicant of record has a say in what is filed in its name, and keeps its own papers.

-- A case is submitted in the name of an applicant the household named, and that accepted the household or files itself.
create function certification.applicant_stands() returns trigger language plpgsql as
$$
begin
    if not exists (select from registry.public_household h where h.id = new.household and h.applicant = new.applicant and (h.applicant_accepted
        or certification.acts_as('cooperative_manager') and certification.acting_organisation() is not distinct from new.applicant)) then
        raise exception using errcode = 'P0001', constraint = 'applicant-not-accepted', message = 'The applicant has not accepted the household.';
    end if;
    return new;
end
$$;
create trigger filed_in_its_name before update of submitted_at on certification.application for each row
    when (old.submitted_at is null and new.submitted_at is not null) execute function certification.applicant_stands();

-- A paper of the applicant counts for all the households it applies for: only its own people hand it in or correct it, or the officers to
-- whom it was handed on paper.
create function certification.applicants_document() returns trigger language plpgsql as
$$
declare
    v_case certification.application;
begin
    select * into v_case from certification.application where id = new.application;
    if new.owner = v_case.applicant
        and not coalesce(certification.acting_organisation() in (v_case.applicant, v_case.body, v_case.laboratory), false) then
        raise exception using errcode = 'P0001', constraint = 'applicants-document', message = 'The applicant hands in its own documents.';
    end if;
    return new;
end
$$;
create trigger c_applicants_document before insert on certification.document for each row execute function certification.applicants_document();
