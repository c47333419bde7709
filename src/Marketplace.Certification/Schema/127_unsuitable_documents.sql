-- A paper that nobody can read, or that is not what it says, does not count: whoever has the case in hand says so once, with the reason.
create table certification.document_rejection (
    document    uuid not null references certification.document,
    application uuid not null references certification.application,
    tenant_id   text not null default kernel.tenant(),
    reason      text not null check (length(reason) between 3 and 2000),
    person      uuid not null default kernel.person(),
    recorded_at timestamptz not null default kernel.now(),
    constraint "document-rejected" primary key (document)
);
select kernel.protect('certification.document_rejection', 'select, insert');

create function certification.document_rejected() returns trigger language plpgsql security definer set search_path = certification, pg_temp as
$$
declare
    v_case application;
begin
    select * into v_case from application where id = new.application;
    if new.person is distinct from kernel.person()
        or new.person is distinct from v_case.intake and new.person is distinct from v_case.document_reviewer then
        raise exception using errcode = 'P0001', constraint = 'not-assigned', message = 'Who checks the papers of a case says which do not serve.';
    end if;
    if not exists (select from submission where application = new.application and document = new.document) then
        raise exception using errcode = 'P0001', constraint = 'foreign-document', message = 'The case does not rest on it.';
    end if;
    new.recorded_at := kernel.now();
    return new;
end
$$;
create trigger document_rejected before insert on certification.document_rejection for each row execute function certification.document_rejected();

create or replace function certification.document_counts(a_document certification.document, a_on date) returns boolean language sql stable as
$$
    select (a_document.valid_until is null or a_document.valid_until >= a_on) and a_document.external_status is distinct from 'annulled'
       and not exists (select from certification.document newer where newer.supersedes = a_document.id)
       and not exists (select from certification.document_rejection r where r.document = a_document.id)
$$;
