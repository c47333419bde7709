-- Taking a version out of force takes two, as publishing does: one proposes, another human of the project office confirms.
create table certification.scheme_retirement_proposal (
    id           uuid primary key,
    tenant_id    text not null default kernel.tenant(),
    code         text not null,
    version      int not null,
    last_day     date not null,
    reason       text not null check (length(reason) between 3 and 2000),
    proposed_by  uuid not null default kernel.person(),
    proposed_at  timestamptz not null default kernel.now(),
    confirmed_by uuid,
    confirmed_at timestamptz,
    foreign key (code, version) references certification.scheme,
    constraint "retired-in-past" check (last_day >= proposed_at::date),
    constraint "own-proposal" check (confirmed_by <> proposed_by),
    check (num_nonnulls(confirmed_by, confirmed_at) in (0, 2))
);
create index scheme_retirement_proposal_of on certification.scheme_retirement_proposal (tenant_id, id);
select kernel.protect('certification.scheme_retirement_proposal', 'select');
-- A proposal is never edited: another one takes its place. Retirements themselves are written by the function below only.
grant insert (id, code, version, last_day, reason) on certification.scheme_retirement_proposal to marketplace_app;
revoke insert on certification.scheme_retirement from marketplace_app;
create trigger two_humans before update on certification.scheme_retirement_proposal for each row
    execute function certification.two_humans('own-proposal', 'confirmed_by', 'proposed_by');

create function certification.confirm_retirement(a_proposal uuid) returns void language plpgsql security definer set search_path = certification, pg_temp as
$$
declare
    v_proposal scheme_retirement_proposal;
begin
    select * into v_proposal from scheme_retirement_proposal where id = a_proposal and tenant_id = kernel.tenant() for update;
    if v_proposal.confirmed_by is not null then
        raise exception using errcode = 'P0001', constraint = 'wrong-stage', message = 'It was confirmed before.';
    end if;
    if kernel.person() is null then
        raise exception using errcode = 'P0001', constraint = 'own-proposal', message = 'A person confirms.';
    end if;
    insert into scheme_retirement (code, version, last_day, reason) values (v_proposal.code, v_proposal.version, v_proposal.last_day, v_proposal.reason);
    update scheme_retirement_proposal set confirmed_by = kernel.person(), confirmed_at = kernel.now() where id = a_proposal;
end
$$;
revoke all on function certification.confirm_retirement from public;
grant execute on function certification.confirm_retirement to marketplace_app;
