-- The life of a certificate after its issue: the lint of what is signed, replacement linked at both ends.

alter table certification.certificate add constraint "label-too-long" check (length(label) <= 300);

-- One decision issues one certificate; a further one of the same case replaces the one before.
alter table certification.certificate drop constraint certificate_application_key;
alter table certification.certificate add column replaces uuid references certification.certificate;
create unique index certificate_of_decision on certification.certificate (application) where replaces is null;
create index certificate_application on certification.certificate (application);
alter table certification.certificate add constraint "already-replaced" unique (replaces);
-- A lot is certified once under one scheme at a time.
create unique index "lot-certified" on certification.certificate (lot, scheme) where state in ('active', 'suspended');

create table certification.replacement (
    id          uuid primary key,
    tenant_id   text not null default kernel.tenant(),
    certificate uuid not null references certification.certificate,
    amount      bigint not null check (amount > 0),
    valid_until timestamptz not null,
    reason      text not null check (length(reason) between 3 and 2000),
    proposed_by uuid not null default kernel.person(),
    proposed_at timestamptz not null default kernel.now(),
    approved    boolean,
    decision_reason text check (length(decision_reason) between 3 and 2000),
    decided_by  uuid,
    decided_at  timestamptz,
    check (num_nonnulls(approved, decision_reason, decided_by, decided_at) in (0, 4)),
    -- Two persons: who proposes a replacement does not decide it.
    constraint "second-person" check (decided_by <> proposed_by)
);
create unique index "replacement-open" on certification.replacement (certificate) where approved is null;
create unique index replacement_approved on certification.replacement (certificate) where approved;
create index replacement_certificate on certification.replacement (certificate, id);
select kernel.protect('certification.replacement', 'select, insert');
grant update (approved, decision_reason, decided_by, decided_at) on certification.replacement to marketplace_app;

-- The same separation as for the first decision: nobody who evaluated the case, nobody of the household; never more than before.
create function certification.replacing() returns trigger language plpgsql security definer set search_path = certification, pg_temp as
$$
declare
    v_old    certificate;
    v_person uuid := case tg_op when 'INSERT' then new.proposed_by else new.decided_by end;
begin
    if tg_op = 'UPDATE' then
        if old.approved is not null then
            raise exception using errcode = 'P0001', constraint = 'wrong-state', message = 'This replacement was decided before.';
        end if;
        new.decided_at := kernel.now();
    else
        new.proposed_at := kernel.now();
    end if;
    if v_person is distinct from kernel.person() then
        raise exception using errcode = 'P0001', constraint = 'not-assigned', message = 'Nobody signs for somebody else.';
    end if;
    select * into v_old from certificate where id = new.certificate;
    if v_old.household::text = nullif(current_setting('app.household', true), '') or exists (
        select from participation where application = v_old.application and person = v_person and part::text not in ('decision_maker', 'quality_manager')) then
        raise exception using errcode = 'P0001', constraint = 'own-work', message = 'Who evaluated a case does not replace its certificate.';
    end if;
    if new.amount > v_old.amount or new.valid_until > v_old.valid_until then
        raise exception using errcode = 'P0001', constraint = 'above-certified', message = 'A replacement certifies no more than before.';
    end if;
    return new;
end
$$;
create trigger replacing before insert or update on certification.replacement for each row execute function certification.replacing();

-- A certificate is issued by the granting decision or the approved replacement of this very transaction, for exactly what was decided, and
-- only when it passes the lint: the same checks as CertificateLint in C#, as far as SQL sees them.
create or replace function certification.issue() returns trigger language plpgsql security definer set search_path = certification, pg_temp as
$$
declare
    v_case    application;
    v_scheme  scheme;
    v_allowed boolean;
    v_amount  bigint;
    v_until   timestamptz := 'infinity';
begin
    -- Shares the switch's row until commit, so that a stop waits for this issue or this issue sees the stop.
    select allowed into v_allowed from issuance where body = new.issuer and tenant_id = new.tenant_id for share;
    if v_allowed is distinct from true then
        raise exception using errcode = 'P0001', constraint = 'issuance-stopped', message = 'This body may not issue now.';
    end if;
    if new.replaces is null then
        select a.* into v_case from application a join decision d on d.application = a.id
         where a.id = new.application and d.granted and d.person = kernel.person() and d.recorded_at = kernel.now();
        v_amount := v_case.amount;
    else
        select a.* into v_case from application a join certificate o on o.application = a.id
         where a.id = new.application and o.id = new.replaces and o.state = 'replaced';
        select r.amount, r.valid_until into v_amount, v_until from replacement r
         where r.certificate = new.replaces and r.approved and r.decided_by = kernel.person() and r.decided_at = kernel.now();
    end if;
    if v_case.id is null or v_amount is null then
        raise exception using errcode = 'P0001', constraint = 'no-decision', message = 'A certificate is issued by a granting decision only.';
    end if;
    if (v_case.lot, v_case.household, v_case.applicant, v_case.body, v_case.product, v_case.village, v_amount, v_case.unit, v_case.scheme,
        v_case.scheme_version)
        is distinct from (new.lot, new.household, new.applicant, new.issuer, new.product, new.village, new.amount, new.unit, new.scheme,
        new.scheme_version) then
        raise exception using errcode = 'P0001', constraint = 'no-decision', message = 'The certificate differs from what was decided.';
    end if;
    select * into v_scheme from scheme where code = new.scheme and version = new.scheme_version;
    if not v_case.rule_group = any (v_scheme.rule_groups) then
        raise exception using errcode = 'P0001', constraint = 'scheme-not-for-product', message = 'The scheme does not cover the product.';
    end if;
    -- Kazakhstan keeps UTC+5, Kyrgyzstan UTC+6; the shelf life ends with the country's day.
    if new.valid_from not between date_trunc('second', kernel.now()) and kernel.now()
        or new.valid_until > least(v_until, new.valid_from + make_interval(hours => 24 * v_scheme.validity_days),
            (v_case.expires_on + 1)::timestamp at time zone make_interval(hours => case when v_case.village like 'kg%' then 6 else 5 end)) then
        raise exception using errcode = 'P0001', constraint = 'dates-wrong', message = 'Validity begins with the decision and ends with the goods.';
    end if;
    new.issued_at := kernel.now();
    new.state := 'active';
    return new;
end
$$;

-- Both ends: what is replaced has its successor at the latest at commit. The successor's insert wants its predecessor replaced.
create function certification.succeeded() returns trigger language plpgsql as
$$
begin
    if not exists (select from certification.certificate where replaces = new.id) then
        raise exception using errcode = 'P0001', constraint = 'no-successor', message = 'A replaced certificate has a successor.';
    end if;
    return null;
end
$$;
create constraint trigger succeeded after update of state on certification.certificate deferrable initially deferred for each row
    when (new.state = 'replaced') execute function certification.succeeded();
