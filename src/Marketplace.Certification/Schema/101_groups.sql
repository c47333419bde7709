-- Group schemes: the group's own register of members, its internal inspections (peers in a participatory guarantee), and the sample of members
-- that the certification body visits.

create type certification.member_state as enum ('invited', 'inspection_due', 'member', 'sanctioned', 'left');

create table certification.group_member (
    id           uuid primary key,
    tenant_id    text not null default kernel.tenant(),
    organisation uuid not null,
    scheme       text not null check (scheme ~ '^[A-Z][A-Z0-9-]{2,30}$'),
    household    uuid not null,
    village      text not null,
    state        certification.member_state not null default 'invited',
    version      int not null default 1,
    created_at   timestamptz not null default kernel.now()
);
create unique index "member-already" on certification.group_member (organisation, scheme, household) where state <> 'left';
create index group_member_household on certification.group_member (household);
select kernel.protect('certification.group_member', 'select, insert');
grant update (state, version) on certification.group_member to marketplace_app;

create table certification.member_change (
    member      uuid not null references certification.group_member,
    number      int not null,
    tenant_id   text not null default kernel.tenant(),
    state       certification.member_state not null,
    reason      text not null check (length(reason) between 3 and 2000),
    person      uuid default kernel.person(),
    recorded_at timestamptz not null default kernel.now(),
    primary key (member, number)
);
select kernel.protect('certification.member_change', 'select, insert');

create table certification.member_inspection (
    member      uuid not null references certification.group_member,
    number      int not null check (number > 0),
    tenant_id   text not null default kernel.tenant(),
    visited_at  timestamptz not null,
    accepted    boolean not null,
    reason      text not null check (length(reason) between 3 and 2000),
    -- The peer's own household in a participatory guarantee; null for the group's inspector.
    peer        uuid,
    person      uuid not null default kernel.person(),
    recorded_at timestamptz not null default kernel.now(),
    approved    boolean,
    approved_by uuid,
    approved_at timestamptz,
    primary key (member, number),
    check (num_nonnulls(approved, approved_by, approved_at) in (0, 3)),
    constraint "visit-in-future" check (visited_at <= recorded_at)
);
select kernel.protect('certification.member_inspection', 'select, insert');
grant update (approved, approved_by, approved_at) on certification.member_inspection to marketplace_app;

create function certification.by_peers(a_scheme text) returns boolean language sql stable as
$$
    select coalesce((select assessment = 'peer_appraisal' from certification.scheme
                      where code = a_scheme and version = certification.scheme_in_force(a_scheme, kernel.now()::date)), false)
$$;

-- Whether the human behind an account belongs to a household.
create function certification.of_household(a_person uuid, a_household uuid) returns boolean language sql stable as
$$
    select exists (select from identity.public_human h where h.person = any (certification.accounts(a_person))
                      and (h.household = a_household or exists (select from registry.public_household_human m
                                where m.household = a_household and m.human = h.human)))
$$;

-- Inspected now: within a year, by the group's inspector with a second person's approval, or by two peers of other households; what was found
-- wrong last counts against all before it, and so does a sanction.
create function certification.inspected(m certification.group_member) returns boolean language sql stable as
$$
    with counting as (
        select i.* from certification.member_inspection i
         where i.member = m.id and i.visited_at > kernel.now() - interval '365 days' and (i.peer is not null or i.approved)
           and not exists (select from certification.member_change c where c.member = m.id and c.state = 'sanctioned' and c.recorded_at >= i.recorded_at)
           and not exists (select from certification.member_inspection bad
                            where bad.member = m.id and not bad.accepted and bad.number >= i.number and (bad.peer is not null or bad.approved)))
    select case when certification.by_peers(m.scheme) then (select count(distinct peer) >= 2 from counting where peer is not null)
                else exists (select from counting where peer is null) end
$$;

-- How a member stands now: without an inspection of the last year one is due, whenever somebody looks.
create function certification.standing(m certification.group_member) returns certification.member_state language sql stable as
$$ select case when m.state = 'member' and not certification.inspected(m) then 'inspection_due' else m.state end $$;

create function certification.invited() returns trigger language plpgsql as
$$
begin
    new.state := 'invited';
    new.created_at := kernel.now();
    return new;
end
$$;
create trigger invited before insert on certification.group_member for each row execute function certification.invited();

create function certification.turn_member() returns trigger language plpgsql security definer set search_path = certification, pg_temp as
$$
begin
    if (old.state, new.state) not in (('invited', 'inspection_due'), ('invited', 'left'), ('inspection_due', 'member'), ('inspection_due', 'left'),
        ('member', 'sanctioned'), ('inspection_due', 'sanctioned'), ('member', 'left'), ('sanctioned', 'inspection_due'), ('sanctioned', 'left')) then
        raise exception using errcode = 'P0001', constraint = 'wrong-state', message = 'A member does not go that way.';
    end if;
    -- Who joins is asked: the group's own people do not accept for a household.
    if old.state = 'invited' and new.state = 'inspection_due' and not of_household(kernel.person(), old.household)
        and exists (select from identity.public_role r where r.person = any (accounts(kernel.person())) and r.organisation = old.organisation) then
        raise exception using errcode = 'P0001', constraint = 'own-invitation', message = 'The household itself accepts.';
    end if;
    if new.state = 'member' and not inspected(old) then
        raise exception using errcode = 'P0001', constraint = 'not-inspected', message = 'A member was inspected.';
    end if;
    return new;
end
$$;
create trigger turn_member before update of state on certification.group_member for each row execute function certification.turn_member();

create function certification.inspecting() returns trigger language plpgsql security definer set search_path = certification, pg_temp as
$$
declare
    v_member group_member;
    v_peer   group_member;
begin
    select * into v_member from group_member where id = new.member for no key update;
    if tg_op = 'UPDATE' then
        if old.approved is not null or old.peer is not null then
            raise exception using errcode = 'P0001', constraint = 'wrong-state', message = 'This inspection was approved before.';
        end if;
        if new.approved_by is distinct from kernel.person() then
            raise exception using errcode = 'P0001', constraint = 'not-assigned', message = 'Nobody signs for somebody else.';
        end if;
        if new.approved_by = any (accounts(old.person)) then
            raise exception using errcode = 'P0001', constraint = 'second-person', message = 'Who inspected does not approve it.';
        end if;
        if of_household(new.approved_by, v_member.household) then
            raise exception using errcode = 'P0001', constraint = 'own-work', message = 'Nobody approves the inspection of their household.';
        end if;
        new.approved_at := kernel.now();
        return new;
    end if;
    if new.person is distinct from kernel.person() then
        raise exception using errcode = 'P0001', constraint = 'not-assigned', message = 'Nobody signs for somebody else.';
    end if;
    if of_household(new.person, v_member.household) then
        raise exception using errcode = 'P0001', constraint = 'own-work', message = 'Nobody inspects their own household.';
    end if;
    if v_member.state in ('invited', 'left') then
        raise exception using errcode = 'P0001', constraint = 'wrong-state', message = 'Who has not joined is not inspected.';
    end if;
    if new.visited_at < v_member.created_at then
        raise exception using errcode = 'P0001', constraint = 'visit-too-early', message = 'The visit was before the invitation.';
    end if;
    if (new.peer is not null) <> by_peers(v_member.scheme) then
        raise exception using errcode = 'P0001', constraint = 'not-a-peer', message = 'This scheme is inspected by others.';
    end if;
    if new.peer is not null then
        select * into v_peer from group_member where organisation = v_member.organisation and scheme = v_member.scheme and household = new.peer
           and state in ('inspection_due', 'member');
        if v_peer.id is null or v_peer.village = v_member.village or not of_household(new.person, new.peer) then
            raise exception using errcode = 'P0001', constraint = 'not-a-peer', message = 'A peer is of the group and of another village.';
        end if;
    end if;
    new.recorded_at := kernel.now();
    new.approved := null; new.approved_by := null; new.approved_at := null;
    return new;
end
$$;
create trigger inspecting before insert or update on certification.member_inspection for each row execute function certification.inspecting();

create or replace function certification.in_scope(a_scope certification.scope, a_household uuid) returns boolean language sql stable as
$$
    select case when a_scope.kind = 'group' then exists (
        select from certification.group_member m
         where m.organisation = a_scope.applicant and m.scheme = a_scope.scheme and m.household = a_household and certification.standing(m) = 'member')
    else a_scope.household = a_household end
$$;

-- A sanction waits for the declarations under way, and they see it.
create function certification.declared_by_member() returns trigger language plpgsql security definer set search_path = certification, pg_temp as
$$
begin
    perform from group_member m join scope s on s.applicant = m.organisation and s.scheme = m.scheme
      where s.id = new.scope and s.kind = 'group' and m.household = new.household and m.state <> 'left' for share of m;
    return new;
end
$$;
create trigger a_declared_by_member before insert on certification.batch_declaration for each row execute function certification.declared_by_member();

-- Which members the body visits: the first √n of the register in the order of SHA-256 over seed and member, with the day's committed seed.
create table certification.member_draw (
    application uuid primary key references certification.application,
    tenant_id   text not null default kernel.tenant(),
    day         date not null,
    -- HMAC-SHA256 of "application|members" under the day's seed, in hex.
    seed        text not null check (seed ~ '^[0-9a-f]{64}$'),
    candidates  uuid[] not null,
    drawn       uuid[] not null,
    person      uuid not null default kernel.person(),
    recorded_at timestamptz not null default kernel.now(),
    foreign key (tenant_id, day) references certification.draw_day
);
select kernel.protect('certification.member_draw', 'select, insert');

create function certification.members_of(a_case certification.application) returns uuid[] language sql stable as
$$
    select array(select m.id from certification.group_member m
                  where m.organisation = a_case.applicant and m.scheme = a_case.scheme and certification.standing(m) = 'member' order by m.id)
$$;

create function certification.first_members(a_candidates uuid[], a_seed text, a_count int) returns uuid[] language sql immutable as
$$
    select array(select one from unnest(a_candidates) as one order by sha256(convert_to(a_seed || '|' || one, 'UTF8')) limit a_count)
$$;

create function certification.members_drawn() returns trigger language plpgsql security definer set search_path = certification, pg_temp as
$$
declare
    v_case application;
begin
    select * into v_case from application where id = new.application;
    if new.day <> certification.today()
        or not exists (select from draw_day d where d.day = new.day and d.tenant_id = new.tenant_id and d.xmin <> pg_current_xact_id()::xid) then
        raise exception using errcode = 'P0001', constraint = 'draw-not-committed', message = 'The day''s seed was not committed before.';
    end if;
    if new.candidates <> members_of(v_case) or cardinality(new.candidates) = 0
        or new.drawn <> first_members(new.candidates, new.seed, ceil(sqrt(cardinality(new.candidates)))::int) then
        raise exception using errcode = 'P0001', constraint = 'no-members', message = 'The sample is drawn from the register as it stands.';
    end if;
    return new;
end
$$;
create trigger a_acted before insert on certification.member_draw for each row execute function certification.acted('sampler');
create trigger b_only_assigned before insert on certification.member_draw for each row execute function certification.only_assigned('sampler');
create trigger c_members_drawn before insert on certification.member_draw for each row execute function certification.members_drawn();

create table certification.member_visit (
    application uuid not null references certification.application,
    member      uuid not null references certification.group_member,
    tenant_id   text not null default kernel.tenant(),
    visited_at  timestamptz not null,
    accepted    boolean not null,
    reason      text not null check (length(reason) between 3 and 2000),
    person      uuid not null default kernel.person(),
    recorded_at timestamptz not null default kernel.now(),
    constraint "member-seen" primary key (application, member),
    constraint "visit-in-future" check (visited_at <= recorded_at)
);
select kernel.protect('certification.member_visit', 'select, insert');

create function certification.member_visited() returns trigger language plpgsql security definer set search_path = certification, pg_temp as
$$
declare
    v_case application;
begin
    select * into v_case from application where id = new.application;
    if v_case.stage <> 'inspection' then
        raise exception using errcode = 'P0001', constraint = 'wrong-stage', message = 'Members are visited while the case waits for its inspection.';
    end if;
    if not exists (select from member_draw d where d.application = new.application and new.member = any (d.drawn)) then
        raise exception using errcode = 'P0001', constraint = 'not-in-the-sample', message = 'This member was not drawn.';
    end if;
    if new.visited_at < v_case.submitted_at then
        raise exception using errcode = 'P0001', constraint = 'visit-too-early', message = 'The visit was before the application.';
    end if;
    return new;
end
$$;
create trigger a_acted before insert on certification.member_visit for each row execute function certification.acted('sampler');
create trigger b_only_assigned before insert on certification.member_visit for each row execute function certification.only_assigned('sampler');
create trigger c_member_visited before insert on certification.member_visit for each row execute function certification.member_visited();

create function certification.is_group(a_case certification.application) returns boolean language sql stable as
$$ select exists (select from certification.scheme where code = a_case.scheme and version = a_case.scheme_version and kind = 'group') $$;

-- The inspection of a group sums up the visits of its sample: all made, and what one of them found wrong is found.
create function certification.group_inspected() returns trigger language plpgsql security definer set search_path = certification, pg_temp as
$$
declare
    v_case application;
begin
    select * into v_case from application where id = new.application;
    if is_group(v_case) then
        if not exists (select from member_draw where application = v_case.id)
            or exists (select from member_draw d, unnest(d.drawn) as one where d.application = v_case.id
                          and not exists (select from member_visit v where v.application = d.application and v.member = one)) then
            raise exception using errcode = 'P0001', constraint = 'members-unseen', message = 'Members of the sample were not visited yet.';
        end if;
        if new.accepted and exists (select from member_visit where application = v_case.id and not accepted) then
            raise exception using errcode = 'P0001', constraint = 'outcome-findings', message = 'A visit of the sample found something.';
        end if;
    end if;
    return new;
end
$$;
create trigger d_group_inspected before insert on certification.inspection for each row execute function certification.group_inspected();

-- A group's certificate rests on the visits of its sample, and the lot it begins with is a member's.
create function certification.group_decided() returns trigger language plpgsql security definer set search_path = certification, pg_temp as
$$
declare
    v_case application;
begin
    select * into v_case from application where id = new.application;
    if new.granted and is_group(v_case) then
        if not exists (select from inspection where application = v_case.id) then
            raise exception using errcode = 'P0001', constraint = 'members-unseen', message = 'Members of the sample were not visited yet.';
        end if;
        if not exists (select from group_member m where m.organisation = v_case.applicant and m.scheme = v_case.scheme and m.household = v_case.household
            and standing(m) = 'member') then
            raise exception using errcode = 'P0001', constraint = 'outside-the-scope', message = 'The lot is not of a member in good standing.';
        end if;
    end if;
    return new;
end
$$;
create trigger d_group_decided before insert on certification.decision for each row execute function certification.group_decided();
