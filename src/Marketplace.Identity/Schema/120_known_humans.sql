-- Roles are given by two humans, and not to either of them, however many telephones they have.
create function identity.one_human(a_person uuid, a_other uuid) returns boolean language sql stable as
$$
    select a_person = a_other or exists (select from identity.person p join identity.person o on o.national_number_hash = p.national_number_hash
                                          where p.id = a_person and o.id = a_other)
$$;

create or replace function identity.turn_proposal() returns trigger language plpgsql as
$$
begin
    if old.confirmed_at is not null or old.declined_at is not null then
        raise exception using errcode = 'P0001', constraint = 'changed-meanwhile', message = 'This proposal was answered already.';
    end if;
    if coalesce(new.confirmed_by, new.declined_by) is distinct from kernel.person() then
        raise exception using errcode = 'P0001', constraint = 'second-person', message = 'Nobody signs for somebody else.';
    end if;
    if new.confirmed_by is null then
        return new;
    end if;
    if identity.one_human(new.confirmed_by, new.person_id) or identity.one_human(new.proposed_by, new.person_id) then
        raise exception using errcode = 'P0001', constraint = 'own-rights', message = 'Nobody gives rights to themselves.';
    end if;
    if identity.one_human(new.confirmed_by, new.proposed_by) then
        raise exception using errcode = 'P0001', constraint = 'second-person', message = 'Both signatures are of one human.';
    end if;
    return new;
end
$$;

-- Two accounts of one human can be known as such only where the human is known: outside sandboxes nobody decides without a national number. What
-- no person gives is the bootstrap: the first administrators of an operator, made by whoever holds the database.
create function identity.known_human() returns trigger language plpgsql as
$$
begin
    if new.role = any ('{decision_maker,reviewer,quality_manager,laboratory_supervisor,platform_administrator,project_officer,payout_approver}')
        and not exists (select from kernel.tenant where id = new.tenant_id and sandbox)
        and not exists (select from identity.person where id = new.person_id and national_number_hash is not null)
        and not (new.role = 'platform_administrator' and kernel.person() is null) then
        raise exception using errcode = 'P0001', constraint = 'identity-unknown', message = 'Whoever decides is known by national number.';
    end if;
    return new;
end
$$;
create trigger known_human before insert on identity.role_proposal for each row execute function identity.known_human();
create trigger known_human before insert on identity.role_assignment for each row execute function identity.known_human();
