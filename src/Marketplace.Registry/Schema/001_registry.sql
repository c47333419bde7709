create schema registry; grant usage on schema registry to marketplace_app;

-- Territories: shared by all tenants, loaded from the embedded reference data, never written by the application. ----------

create type registry.territory_level as enum ('country', 'oblast', 'district', 'okrug', 'village');

-- What a search compares: the fold, then letters people mix up, without the words that say what kind of place it is.
create function registry.search_form(typed text) returns text language sql immutable parallel safe strict as
$$
    select btrim(regexp_replace(regexp_replace(translate(kernel.fold(typed), 'ыйюэщ.ъь''’`-', 'ииуеш '),
        '\m(с|а|о|г|к|п|ж|ст|уч|рзд|аиили|аиил|аудани|раион|раиону|району|облиси|облусу|област|шаари|город|село)\M', '', 'g'), '\s+', ' ', 'g'))
$$;

create table registry.territory (
    code        text primary key check (code ~ '^[a-z0-9-]{2,40}$'),
    parent      text references registry.territory (code),
    level       registry.territory_level not null,
    country     text not null check (country in ('KZ', 'KG')),
    name_kk     text not null,
    name_ru     text not null,
    search_kk   text not null,
    search_ru   text not null,
    -- Codes from the country down to the territory itself.
    path        text[] not null check (path[array_upper(path, 1)] = code),
    -- A place somebody can farm in: a village, or a town that has no villages under it.
    habitable   boolean not null,
    latitude    double precision,
    longitude   double precision,
    valid_from  date not null,
    valid_until date,
    check (valid_until is null or valid_until > valid_from),
    check ((parent is null) = (level = 'country'))
);
create index territory_path on registry.territory using gin (path);
create index territory_search on registry.territory using gin (search_kk gin_trgm_ops, search_ru gin_trgm_ops);
grant select on registry.territory to marketplace_app;

-- Other codes and names of a territory: what it was called, the number it had before a merger.
create table registry.territory_alias (
    alias       text not null,
    territory   text not null references registry.territory (code),
    kind        text not null check (kind in ('code', 'name')),
    search      text not null,
    valid_from  date not null,
    valid_until date,
    primary key (alias, territory, valid_from)
);
create index territory_alias_search on registry.territory_alias using gin (search gin_trgm_ops);
grant select on registry.territory_alias to marketplace_app;

-- Consent texts: versions are added, never changed. ------------------------------------------------------------------------

create type registry.consent_purpose as enum ('registration', 'agent');

create table registry.consent_text (
    version      text not null,
    purpose      registry.consent_purpose not null,
    language     text not null check (language in ('kk', 'ru', 'ky', 'en')),
    text         text not null,
    published_on date not null,
    retired_on   date,
    primary key (version, purpose, language)
);
grant select on registry.consent_text to marketplace_app;

-- Organisations ------------------------------------------------------------------------------------------------------------

create type registry.organisation_kind as enum ('cooperative', 'certification_body', 'laboratory', 'chain', 'akimat', 'project_office');

create table registry.organisation (
    id               uuid primary key,
    tenant_id        text not null default kernel.tenant(),
    kind             registry.organisation_kind not null,
    name             text not null check (length(name) between 2 and 200),
    bin              text check (bin ~ '^[0-9]{12}$'),
    territory        text not null references registry.territory (code),
    iban             text check (iban ~ '^[A-Z0-9]{15,34}$'),
    fee_basis_points int not null check (fee_basis_points between 0 and 3000),
    registered_by    uuid,
    registered_at    timestamptz not null default kernel.now(),
    constraint "fee-without-duty" check (fee_basis_points = 0 or kind = 'cooperative')
);
create unique index "bin-taken" on registry.organisation (tenant_id, bin);
create index organisation_kind on registry.organisation (tenant_id, kind, id);
select kernel.protect('registry.organisation', 'select, insert');

-- Households ---------------------------------------------------------------------------------------------------------------

create type registry.household_stage as enum
    ('pending_verification', 'merge_review', 'returned', 'lapsed', 'active_unconfirmed', 'active', 'closed');

create sequence registry.household_number;
grant usage on sequence registry.household_number to marketplace_app;

create table registry.household (
    id                     uuid primary key,
    tenant_id              text not null default kernel.tenant(),
    number                 text not null default 'H-' || lpad(nextval('registry.household_number')::text, 6, '0'),
    head                   uuid not null,
    name                   text not null check (length(name) between 2 and 120),
    village                text not null references registry.territory (code),
    country                text not null check (country in ('KZ', 'KG')),
    language               text not null check (language in ('kk', 'ru', 'ky', 'en')),
    -- Sealed text bound to the row's id, and a keyed hash for finding the same number again.
    national_number_sealed bytea not null,
    national_number_index  bytea not null check (length(national_number_index) = 32),
    kept_separate          boolean not null default false,
    stage                  registry.household_stage not null,
    reasons                text[] not null default '{}',
    applicant              uuid references registry.organisation (id),
    registered_by          uuid not null,
    registered_at          timestamptz not null default kernel.now(),
    decided_by             uuid,
    decided_at             timestamptz,
    review_reason          text check (length(review_reason) between 3 and 500),
    -- When silence lets a waiting household pass, or a returned one lapses.
    silent_until           timestamptz,
    version                int not null default 1,
    -- Nobody confirms, returns or reviews a household of their own or one they registered.
    constraint "own-household" check (decided_by is null or (decided_by <> head and decided_by <> registered_by)),
    check (stage <> 'active' or decided_by is not null),
    check (stage <> 'returned' or cardinality(reasons) > 0)
);
create unique index household_number_once on registry.household (tenant_id, number);
-- One person heads one household.
create unique index "already-registered" on registry.household (tenant_id, head) where stage not in ('closed', 'lapsed');
-- One national number stands in one household, unless an officer found that they are two people.
create unique index "number-known" on registry.household (tenant_id, national_number_index)
    where stage not in ('merge_review', 'closed', 'lapsed') and not kept_separate;
create index household_village on registry.household (tenant_id, village, id);
create index household_waiting on registry.household (silent_until) where silent_until is not null;
select kernel.protect('registry.household', 'select, insert, update');

create type registry.relation as enum ('spouse', 'child', 'parent', 'sibling', 'grandparent', 'grandchild', 'other');

create table registry.household_member (
    household uuid not null references registry.household (id),
    tenant_id text not null default kernel.tenant(),
    position  int not null check (position between 1 and 30),
    name      text not null check (length(name) between 2 and 120),
    relation  registry.relation not null,
    primary key (household, position)
);
select kernel.protect('registry.household_member', 'select, insert, delete');

create type registry.consent_channel as enum ('own_session', 'sms_code', 'paper', 'voice');

-- Who agreed to which text, how and before whom; only added to.
create table registry.household_consent (
    id          uuid primary key default gen_random_uuid(),
    tenant_id   text not null default kernel.tenant(),
    household   uuid not null references registry.household (id),
    purpose     registry.consent_purpose not null,
    version     text not null,
    language    text not null,
    channel     registry.consent_channel not null,
    recorded_by uuid not null,
    given_at    timestamptz not null default kernel.now(),
    foreign key (version, purpose, language) references registry.consent_text (version, purpose, language)
);
create index household_consent_household on registry.household_consent (household);
select kernel.protect('registry.household_consent', 'select, insert');

create table registry.household_agent (
    id          uuid primary key,
    tenant_id   text not null default kernel.tenant(),
    household   uuid not null references registry.household (id),
    agent       uuid not null,
    consent     uuid not null references registry.household_consent (id),
    valid_from  timestamptz not null default kernel.now(),
    valid_until timestamptz not null,
    revoked_at  timestamptz,
    check (valid_until > valid_from)
);
create unique index "agent-already-appointed" on registry.household_agent (household, agent) where revoked_at is null;
create index household_agent_agent on registry.household_agent (agent, household) where revoked_at is null;
select kernel.protect('registry.household_agent', 'select, insert, update');

-- A changed account is a new row; the earlier one is ended, not overwritten.
create table registry.payout_account (
    id          uuid primary key,
    tenant_id   text not null default kernel.tenant(),
    household   uuid not null references registry.household (id),
    holder      text not null check (length(holder) between 2 and 120),
    iban_sealed bytea not null,
    iban_tail   text not null check (iban_tail ~ '^[A-Z0-9]{4}$'),
    set_by      uuid not null,
    set_at      timestamptz not null default kernel.now(),
    usable_from timestamptz not null,
    ended_at    timestamptz
);
create unique index payout_account_current on registry.payout_account (household) where ended_at is null;
select kernel.protect('registry.payout_account', 'select, insert');
-- An account ends; it never becomes another one, and its waiting time is not shortened.
grant update (ended_at) on registry.payout_account to marketplace_app;

-- A change waits 72 hours by the database's own clock, whatever the caller says; only the first account is usable at once.
create function registry.hold_changed_account() returns trigger language plpgsql as
$$
begin
    if exists (select 1 from registry.payout_account where household = new.household) then
        new.usable_from := greatest(new.usable_from, kernel.now() + interval '72 hours');
    end if;
    return new;
end
$$;
create trigger hold_changed_account before insert on registry.payout_account for each row execute function registry.hold_changed_account();

-- Where a household is in the territory tree, for joins of others; no personal data.
create view registry.public_household with (security_invoker = true) as
    select h.id, h.tenant_id, h.number, h.village, t.path, h.stage::text as stage, h.applicant
      from registry.household h join registry.territory t on t.code = h.village;
comment on view registry.public_household is 'Households with their place in the tree, for other modules'' joins.';
grant select on registry.public_household to marketplace_app;

create view registry.public_territory as
    select code, parent, level::text as level, country, name_kk, name_ru, path, latitude, longitude
      from registry.territory where valid_until is null or valid_until > current_date;
comment on view registry.public_territory is 'Valid territories with their path from the country down, for other modules'' joins.';
grant select on registry.public_territory to marketplace_app;
