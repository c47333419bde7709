-- One human with two telephones is one person wherever two sign. Arguments: the refusal, who signs now, who signed before.
create function certification.two_humans() returns trigger language plpgsql security definer set search_path = certification, pg_temp as
$$
declare
    v_row    jsonb := to_jsonb(new);
    v_before jsonb := v_row -> tg_argv[2];
begin
    if exists (select from jsonb_array_elements_text(case jsonb_typeof(v_before) when 'array' then v_before else jsonb_build_array(v_before) end) as one
                where one::uuid = any (certification.accounts((v_row ->> tg_argv[1])::uuid))) then
        raise exception using errcode = 'P0001', constraint = tg_argv[0], message = 'Both signatures are of one human.';
    end if;
    return new;
end
$$;
-- Named to run after the triggers that write who signs.
create trigger two_humans before insert on certification.scheme for each row when (new.published_by is not null)
    execute function certification.two_humans('own-proposal', 'published_by', 'proposed_by');
create trigger two_humans before insert on certification.limit_rule for each row when (new.confirmed_by is not null)
    execute function certification.two_humans('own-proposal', 'confirmed_by', 'proposed_by');
create trigger two_humans before update on certification.laboratory_method for each row when (new.confirmed_by is distinct from old.confirmed_by)
    execute function certification.two_humans('own-work', 'confirmed_by', 'proposed_by');
create trigger two_humans before update of activated_at on certification.issuer_key for each row
    execute function certification.two_humans('second-person', 'activated_by', 'announced_by');
create trigger two_humans before update on certification.issuer_key_revocation for each row when (new.confirmed_by is distinct from old.confirmed_by)
    execute function certification.two_humans('second-person', 'confirmed_by', 'proposed_by');
create trigger two_humans before update on certification.replacement for each row when (new.decided_by is distinct from old.decided_by)
    execute function certification.two_humans('second-person', 'decided_by', 'proposed_by');
create trigger two_humans before update on certification.revocation for each row when (new.confirmed_by is distinct from old.confirmed_by)
    execute function certification.two_humans('second-person', 'confirmed_by', 'prepared_by');
