-- Being somebody's applicant of record takes two: the household asks, a manager of the co-operative accepts. Whoever is asked anew has not
-- accepted yet.

alter table registry.household
    add applicant_accepted_by uuid,
    add applicant_accepted_at timestamptz,
    add check ((applicant_accepted_by is null) = (applicant_accepted_at is null)),
    add check (applicant_accepted_by is null or applicant is not null);

create function registry.applicant_accepted() returns trigger language plpgsql as
$$
begin
    if tg_op = 'INSERT' or new.applicant is distinct from old.applicant then
        new.applicant_accepted_by := null;
        new.applicant_accepted_at := null;
    elsif new.applicant_accepted_by is distinct from old.applicant_accepted_by or new.applicant_accepted_at is distinct from old.applicant_accepted_at then
        if new.applicant_accepted_by is distinct from kernel.person()
            or new.applicant::text is distinct from nullif(current_setting('app.organisation', true), '')
            or not coalesce('cooperative_manager' = any (string_to_array(current_setting('app.roles', true), ',')), false) then
            raise exception using errcode = 'P0001', constraint = 'not-the-applicant', message = 'Only the applicant''s manager accepts.';
        end if;
        new.applicant_accepted_at := kernel.now();
    end if;
    return new;
end
$$;
create trigger applicant_accepted before insert or update on registry.household for each row execute function registry.applicant_accepted();

create or replace view registry.public_household with (security_invoker = true) as
    select h.id, h.tenant_id, h.number, h.village, t.path, h.stage::text as stage, h.applicant, h.applicant_accepted_at is not null as applicant_accepted
      from registry.household h join registry.territory t on t.code = h.village;
