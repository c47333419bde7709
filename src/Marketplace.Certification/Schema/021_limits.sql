-- Limits: how the goods were grown, and editions an operator adds: a recalled value confirmed with a source, or a new value. As with schemes,
-- editions up to 1000 come with the product; an operator's own are numbered from 1001 on and hold for its tenant.

create type certification.growing_method as enum ('open_field', 'greenhouse');
create sequence certification.limit_edition start 1001;

alter table certification.limit_rule
    add growing      certification.growing_method,
    add tenant_id    text references kernel.tenant,
    add proposed_by  uuid,
    add confirmed_by uuid,
    -- A case is judged by what was known when it was filed: an edition recorded later never reaches back.
    add recorded_at  timestamptz not null default '-infinity',
    add check ((tenant_id is null) = (edition <= 1000) and (tenant_id is null) = (confirmed_by is null)),
    add constraint "own-proposal" check (confirmed_by <> proposed_by);
alter table certification.limit_rule alter recorded_at set default kernel.now();
-- The limits of open ground hold for what says nothing of how it was grown: they are the lower ones.
update certification.limit_rule set growing = 'open_field' where number in (162, 164, 167);
update certification.limit_rule set growing = 'greenhouse', products = '{tomato}' where number = 163;
update certification.limit_rule set growing = 'greenhouse', products = '{cucumber}' where number = 165;
alter table certification.limit_rule enable row level security;
create policy visible on certification.limit_rule using (tenant_id is null or tenant_id = (select kernel.tenant()));

-- Filed with the application and never changed: no right to update.
alter table certification.application add growing certification.growing_method;

-- A proposal is never edited: another one takes its place. With a number it is a new edition of that rule, without one a new rule.
create sequence certification.limit_number start 1001;
create table certification.limit_proposal (
    id           uuid primary key,
    tenant_id    text not null default kernel.tenant(),
    number       int,
    rule_group   text not null,
    products     text[],
    months       int[] check (months <@ '{1,2,3,4,5,6,7,8,9,10,11,12}'),
    growing      certification.growing_method,
    indicator    text not null,
    kind         certification.limit_kind not null,
    lowest       numeric check (lowest >= 0),
    highest      numeric check (highest >= 0),
    unit         text,
    sample       text,
    regulation   text not null,
    annex        text not null,
    source       text not null check (length(source) between 3 and 500),
    confidence   text not null check (confidence in ('A', 'B')),
    note         text,
    valid_from   date not null,
    valid_until  date check (valid_until >= valid_from),
    proposed_by  uuid not null default kernel.person(),
    proposed_at  timestamptz not null default kernel.now(),
    edition      int,
    confirmed_by uuid,
    confirmed_at timestamptz,
    constraint "unknown-indicator" foreign key (indicator) references certification.indicator,
    constraint "own-proposal" check (confirmed_by <> proposed_by),
    constraint "limit-unlike-its-kind" check (case kind when 'max' then highest is not null and lowest is null and unit is not null
        when 'min' then lowest is not null and highest is null and unit is not null when 'range' then lowest <= highest and unit is not null
        when 'not_detected_in' then num_nonnulls(lowest, highest, unit) = 0 and sample is not null
        else num_nonnulls(lowest, highest, unit) = 0 end),
    check (num_nonnulls(edition, confirmed_by, confirmed_at) in (0, 3))
);
select kernel.protect('certification.limit_proposal', 'select');
-- Who proposed, and what came of it, is not for the application to write.
grant insert (id, number, rule_group, products, months, growing, indicator, kind, lowest, highest, unit, sample, regulation, annex, source, confidence, note,
    valid_from, valid_until) on certification.limit_proposal to marketplace_app;

create function certification.confirm_limit(a_proposal uuid) returns int language plpgsql security definer set search_path = certification, pg_temp as
$$
declare
    v_proposal limit_proposal;
    v_edition  int := nextval('certification.limit_edition');
    v_number   int;
begin
    select * into v_proposal from limit_proposal where id = a_proposal and tenant_id = kernel.tenant() for update;
    if v_proposal.edition is not null then
        raise exception using errcode = 'P0001', constraint = 'wrong-stage', message = 'It was confirmed before.';
    end if;
    if kernel.person() is null then
        raise exception using errcode = 'P0001', constraint = 'own-proposal', message = 'A person confirms.';
    end if;
    if v_proposal.valid_from < kernel.now()::date then
        raise exception using errcode = 'P0001', constraint = 'valid-from-past', message = 'An edition comes into force today or later.';
    end if;
    v_number := coalesce(v_proposal.number, nextval('certification.limit_number'));
    insert into limit_rule (number, edition, rule_group, products, months, growing, indicator, kind, lowest, highest, unit, sample, regulation, annex, source,
           confidence, active, note, valid_from, valid_until, tenant_id, proposed_by, confirmed_by)
    select v_number, v_edition, p.rule_group, p.products, p.months, p.growing, p.indicator, p.kind, p.lowest, p.highest, p.unit, p.sample, p.regulation, p.annex,
           p.source, p.confidence, true, p.note, p.valid_from, p.valid_until, p.tenant_id, p.proposed_by, kernel.person()
      from limit_proposal p where p.id = a_proposal;
    update limit_proposal set edition = v_edition, number = v_number, confirmed_by = kernel.person(), confirmed_at = kernel.now() where id = a_proposal;
    return v_edition;
end
$$;
revoke all on function certification.confirm_limit from public;
grant execute on function certification.confirm_limit to marketplace_app;
