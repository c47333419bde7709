-- Evidence of a case: files by their hash, documents and data of a household or applicant that stay on file until their end, and what is
-- not asked for twice.

-- What may be required: one list for all tenants, written by the loader of reference data only.
create table certification.requirement (
    code          text primary key check (code ~ '^[a-z][a-z0-9-]{2,59}$'),
    form          text not null check (form in ('document', 'data')),
    owner         text not null check (owner in ('household', 'applicant')),
    -- True when a paper about potatoes says nothing about milk.
    per_product   boolean not null,
    -- How long it counts from its date when it names no end of its own; null is for ever.
    validity_days int check (validity_days > 0),
    title_en      text not null,
    title_ru      text not null,
    title_kk      text not null,
    title_ky      text not null
);
grant select on certification.requirement to marketplace_app;

-- Files ----------------------------------------------------------------------------------------------------------------------

create table certification.case_file (
    application uuid not null references certification.application,
    hash        text not null,
    tenant_id   text not null default kernel.tenant(),
    person      uuid not null default kernel.person(),
    recorded_at timestamptz not null default kernel.now(),
    primary key (application, hash),
    foreign key (tenant_id, hash) references kernel.file
);
select kernel.protect('certification.case_file', 'select, insert');

-- Documents ------------------------------------------------------------------------------------------------------------------

create type certification.veterinary_form as enum ('form1', 'form2', 'form3', 'local');
create type certification.external_status as enum ('unknown', 'valid', 'used', 'annulled');

create table certification.document (
    id              uuid primary key,
    tenant_id       text not null default kernel.tenant(),
    -- The case it was first handed in with; whose it is and about which product follows from it.
    application     uuid not null references certification.application,
    requirement     text not null references certification.requirement,
    owner           uuid not null,
    product         text,
    number          text check (length(number) between 1 and 60),
    issuer          text check (length(issuer) between 2 and 200),
    issued_on       date,
    valid_until     date,
    value           text check (length(value) between 1 and 200),
    veterinary_form certification.veterinary_form,
    -- What the state's own register says of it.
    external_status certification.external_status,
    supersedes      uuid references certification.document,
    person          uuid not null default kernel.person(),
    recorded_at     timestamptz not null default kernel.now(),
    unique (id, application),
    constraint "superseded-already" unique (supersedes),
    constraint "bad-document-dates" check (issued_on <= (recorded_at at time zone 'UTC' + interval '1 day')::date and valid_until >= issued_on),
    constraint "veterinary-document-incomplete" check (requirement <> 'veterinary-document'
        or num_nulls(veterinary_form, number, issuer, issued_on, external_status) = 0)
);
create index document_owner on certification.document (owner, requirement);
-- One paper is one row; a correction says what it corrects.
create unique index "document-on-file" on certification.document (tenant_id, owner, requirement, number, coalesce(issuer, ''))
    where number is not null and supersedes is null;
select kernel.protect('certification.document', 'select, insert');

-- Only files of the same case: knowing a hash opens nothing.
create table certification.document_file (
    document    uuid not null,
    application uuid not null,
    hash        text not null,
    tenant_id   text not null default kernel.tenant(),
    primary key (document, hash),
    foreign key (document, application) references certification.document (id, application),
    constraint "unknown-file" foreign key (application, hash) references certification.case_file
);
select kernel.protect('certification.document_file', 'select, insert');

-- What a case rests on: handed in with it, or taken from what was on file.
create table certification.submission (
    application uuid not null references certification.application,
    document    uuid not null references certification.document,
    tenant_id   text not null default kernel.tenant(),
    person      uuid not null default kernel.person(),
    recorded_at timestamptz not null default kernel.now(),
    primary key (application, document)
);
select kernel.protect('certification.submission', 'select, insert');

create function certification.document_counts(a_document certification.document, a_on date) returns boolean language sql stable as
$$
    select (a_document.valid_until is null or a_document.valid_until >= a_on) and a_document.external_status is distinct from 'annulled'
       and not exists (select from certification.document newer where newer.supersedes = a_document.id)
$$;

-- What nobody has to hand in again: the newest of each kind. Results that passed are a test report of the body that had them tested.
create function certification.on_file(a_household uuid, a_applicant uuid, a_product text)
    returns table (requirement text, document uuid, application uuid, holder uuid, since timestamptz, valid_until date)
    language sql stable as
$$
    select distinct on (f.requirement) f.* from (
        select d.requirement, d.id, d.application, coalesce(a.body, a.applicant), d.recorded_at, d.valid_until
          from certification.document d join certification.application a on a.id = d.application
         where d.owner in (a_household, a_applicant) and (d.product is null or d.product = a_product)
           and certification.document_counts(d, kernel.now()::date)
        union all
        select 'test-report', null, a.id, a.body, r.recorded_at, r.recorded_at::date + s.validity_days
          from certification.application a
          join certification.result_approval r on r.application = a.id and r.verdict = 'pass'
          join certification.scheme s on s.code = a.scheme and s.version = a.scheme_version
         where a.household = a_household and a.product = a_product and r.recorded_at::date + s.validity_days >= kernel.now()::date
    ) f (requirement, document, application, holder, since, valid_until)
    order by f.requirement, f.since desc
$$;

-- Requests for what was on file already: refused, and counted here.
create table certification.duplicate_request (
    application uuid not null references certification.application,
    requirement text not null references certification.requirement,
    person      uuid not null default kernel.person(),
    tenant_id   text not null default kernel.tenant(),
    -- The organisation that asked, the one that had it, and since when.
    asker       uuid not null,
    holder      uuid not null,
    since       timestamptz not null,
    recorded_at timestamptz not null default kernel.now(),
    primary key (application, requirement, person)
);
select kernel.protect('certification.duplicate_request', 'select, insert');

-- Guards ---------------------------------------------------------------------------------------------------------------------

create function certification.evidence_signed() returns trigger language plpgsql as
$$
begin
    if new.person is distinct from kernel.person() then
        raise exception using errcode = 'P0001', constraint = 'not-assigned', message = 'Nobody signs for somebody else.';
    end if;
    new.recorded_at := kernel.now();
    return new;
end
$$;
create trigger a_evidence_signed before insert on certification.case_file for each row execute function certification.evidence_signed();
create trigger a_evidence_signed before insert on certification.document for each row execute function certification.evidence_signed();
create trigger a_evidence_signed before insert on certification.submission for each row execute function certification.evidence_signed();
create trigger a_evidence_signed before insert on certification.duplicate_request for each row execute function certification.evidence_signed();

create function certification.file_bounded() returns trigger language plpgsql as
$$
begin
    if (select count(*) from certification.case_file where application = new.application) >= 200 then
        raise exception using errcode = 'P0001', constraint = 'too-many-files', message = 'A case has at most 200 files.';
    end if;
    return new;
end
$$;
create trigger b_file_bounded before insert on certification.case_file for each row execute function certification.file_bounded();

create function certification.document_handed_in() returns trigger language plpgsql as
$$
declare
    v_case        certification.application;
    v_requirement certification.requirement;
begin
    select * into v_case from certification.application where id = new.application;
    select * into v_requirement from certification.requirement where code = new.requirement;
    new.owner := case v_requirement.owner when 'household' then v_case.household else v_case.applicant end;
    new.product := case when v_requirement.per_product then v_case.product end;
    new.valid_until := coalesce(new.valid_until, coalesce(new.issued_on, kernel.now()::date) + v_requirement.validity_days);
    if v_requirement.form = 'data' and new.value is null then
        raise exception using errcode = 'P0001', constraint = 'no-value', message = 'A data item has a value.';
    end if;
    if new.supersedes is not null and not exists (select from certification.document
        where id = new.supersedes and owner = new.owner and requirement = new.requirement) then
        raise exception using errcode = 'P0001', constraint = 'foreign-document', message = 'It corrects a document of somebody else.';
    end if;
    return new;
end
$$;
create trigger b_document_handed_in before insert on certification.document for each row execute function certification.document_handed_in();

create function certification.submission_rests() returns trigger language plpgsql as
$$
declare
    v_case     certification.application;
    v_document certification.document;
begin
    select * into v_case from certification.application where id = new.application;
    select * into v_document from certification.document where id = new.document;
    if v_case.stage in ('granted', 'refused', 'withdrawn') then
        raise exception using errcode = 'P0001', constraint = 'wrong-stage', message = 'The case is over.';
    end if;
    if v_document.owner not in (v_case.household, v_case.applicant) or v_document.product <> v_case.product then
        raise exception using errcode = 'P0001', constraint = 'foreign-document', message = 'The document is not about this case.';
    end if;
    if not certification.document_counts(v_document, kernel.now()::date) then
        raise exception using errcode = 'P0001', constraint = 'document-expired', message = 'The document no longer counts.';
    end if;
    return new;
end
$$;
create trigger b_submission_rests before insert on certification.submission for each row execute function certification.submission_rests();

-- What a return asks for by name; the plain words stay what the household reads.
alter table certification.completeness add column requirements text[] not null default '{}' check (not complete or cardinality(requirements) = 0);

create function certification.completeness_asks_once() returns trigger language plpgsql as
$$
declare
    v_case certification.application;
begin
    if exists (select from unnest(new.requirements) as code where code not in (select r.code from certification.requirement r)) then
        raise exception using errcode = 'P0001', constraint = 'unknown-requirement', message = 'There is no such requirement.';
    end if;
    select * into v_case from certification.application where id = new.application;
    if exists (select from certification.on_file(v_case.household, v_case.applicant, v_case.product) f where f.requirement = any (new.requirements)) then
        raise exception using errcode = 'P0001', constraint = 'already-on-file', message = 'What is on file is not asked for again.';
    end if;
    return new;
end
$$;
create trigger c_completeness_asks_once before insert on certification.completeness for each row when (cardinality(new.requirements) > 0)
    execute function certification.completeness_asks_once();
