-- Who may work on a case ---------------------------------------------------------------------------------------------------------

create type certification.interest_kind as enum ('own_household', 'kinship', 'employment', 'finance', 'other');

-- Only added to: an interest that is over has its last day, one that was wrong is explained by a further one.
create table certification.interest (
    id           uuid primary key,
    tenant_id    text not null default kernel.tenant(),
    person       uuid not null,
    kind         certification.interest_kind not null,
    household    uuid,
    organisation uuid,
    territory    text,
    valid_from   date not null,
    valid_until  date check (valid_until >= valid_from),
    reason       text check (length(reason) between 3 and 500),
    recorded_by  uuid not null default kernel.person(),
    recorded_at  timestamptz not null default kernel.now(),
    check (num_nonnulls(household, organisation, territory) = 1),
    -- Whoever records it for somebody else says why.
    check (recorded_by = person or reason is not null)
);
create index interest_person on certification.interest (person);
select kernel.protect('certification.interest', 'select, insert');

create function certification.interest_recorded() returns trigger language plpgsql as
$$
begin
    if new.recorded_by is distinct from kernel.person() then
        raise exception using errcode = 'P0001', constraint = 'not-assigned', message = 'Nobody signs for somebody else.';
    end if;
    new.recorded_at := kernel.now();
    return new;
end
$$;
create trigger interest_recorded before insert on certification.interest for each row execute function certification.interest_recorded();

create function certification.today() returns date language sql stable as $$ select (kernel.now() at time zone 'utc')::date $$;

-- Every account of the human behind an account.
create function certification.accounts(a_person uuid) returns uuid[] language sql stable as
$$
    select array(select a_person union
                 select other.person from identity.public_human me join identity.public_human other on other.human = me.human
                  where me.person = a_person)
$$;

-- Whether the human behind an account belongs to the household or has another part in the case.
create function certification.own_work(a_case certification.application, a_person uuid, a_part certification.part) returns boolean
    language sql stable as
$$
    with mine as (select certification.accounts(a_person) as accounts)
    select exists (select from certification.participation p, mine
                    where p.application = a_case.id and p.part <> a_part and p.person = any (mine.accounts))
        or exists (select from unnest(enum_range(null::certification.part)) as other, mine
                    where other <> a_part and (to_jsonb(a_case) ->> other::text)::uuid = any (mine.accounts))
        or exists (select from identity.public_human h, mine
                    where h.person = any (mine.accounts)
                      and (h.household = a_case.household
                           or exists (select from registry.public_household_human m where m.household = a_case.household and m.human = h.human)))
$$;

-- Whether the human behind an account declared an interest in the household, the applicant or the village, or works for the applicant.
create function certification.conflicted(a_case certification.application, a_person uuid) returns boolean language sql stable as
$$
    with mine as (select certification.accounts(a_person) as accounts)
    select exists (select from certification.interest i, mine
                    where i.person = any (mine.accounts) and certification.today() between i.valid_from and coalesce(i.valid_until, 'infinity')
                      and (i.household = a_case.household or i.organisation = a_case.applicant
                           or exists (select from registry.public_territory t where t.code = a_case.village and i.territory = any (t.path))))
        or exists (select from identity.public_role r, mine
                    where r.person = any (mine.accounts) and r.organisation = a_case.applicant
                      and r.valid_from <= kernel.now() and (r.valid_until is null or r.valid_until > kernel.now()))
$$;

create or replace function certification.take_part(a_application uuid, a_person uuid, a_part certification.part) returns void
    language plpgsql security definer set search_path = certification, pg_temp as
$$
declare
    v_case application;
    v_part part;
begin
    -- One act of a case at a time: two accounts of one human cannot pass each other unseen.
    select * into v_case from application where id = a_application for no key update;
    if a_part <> 'producer' and certification.own_work(v_case, a_person, a_part) then
        raise exception using errcode = 'P0001', constraint = 'own-work', message = 'Nobody takes two parts in one case.';
    end if;
    if a_part <> 'producer' and certification.conflicted(v_case, a_person) then
        raise exception using errcode = 'P0001', constraint = 'conflict-of-interest', message = 'Nobody acts in a case of their interest.';
    end if;
    insert into participation (application, person, part) values (a_application, a_person, a_part) on conflict do nothing;
    select part into v_part from participation where application = a_application and person = a_person;
    if v_part is distinct from a_part then
        raise exception using errcode = 'P0001', constraint = 'own-work', message = 'Nobody takes two parts in one case.';
    end if;
end
$$;
