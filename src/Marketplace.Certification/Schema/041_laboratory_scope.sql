-- The scope of a laboratory: which method it may report for which indicator in which goods. Two persons: who proposes does not confirm.

create type certification.uncertainty_kind as enum ('relative', 'absolute');
create table certification.laboratory_method (
    id                   uuid primary key,
    tenant_id            text not null default kernel.tenant(),
    laboratory           uuid not null,
    indicator            text not null references certification.indicator,
    rule_groups          text[] not null check (cardinality(rule_groups) between 1 and 60),
    method               text not null check (length(method) between 2 and 100),
    unit                 text not null check (length(unit) between 1 and 20),
    quantification       numeric not null check (quantification >= 0 and quantification < 'Infinity'),
    lowest               numeric not null check (lowest >= 0 and lowest < 'Infinity'),
    highest              numeric not null check (highest >= lowest and highest < 'Infinity'),
    -- Expanded, k = 2: per cent of the value, or in the unit.
    uncertainty          numeric not null,
    uncertainty_kind     certification.uncertainty_kind not null,
    accredited           boolean not null,
    accreditation_number text check (length(accreditation_number) between 2 and 60),
    valid_from           date not null,
    valid_until          date not null check (valid_until >= valid_from),
    proposed_by          uuid not null default kernel.person(),
    proposed_at          timestamptz not null default kernel.now(),
    confirmed_by         uuid,
    confirmed_at         timestamptz,
    ended_by             uuid,
    ended_at             timestamptz,
    end_reason           text check (length(end_reason) between 3 and 2000),
    check (not accredited or accreditation_number is not null),
    constraint "absurd-uncertainty" check (uncertainty >= 0
        and uncertainty <= case uncertainty_kind when 'relative' then 100 else greatest(quantification, lowest) end),
    constraint "own-work" check (confirmed_by <> proposed_by)
);
create index laboratory_method_of on certification.laboratory_method (laboratory, indicator);
select kernel.protect('certification.laboratory_method', 'select, insert');
grant update (confirmed_by, confirmed_at, ended_by, ended_at, end_reason) on certification.laboratory_method to marketplace_app;

create function certification.method_signed() returns trigger language plpgsql as
$$
begin
    if tg_op = 'INSERT' then
        new.proposed_at := kernel.now();
        if new.proposed_by is distinct from kernel.person() or new.confirmed_by is not null or new.ended_by is not null then
            raise exception using errcode = 'P0001', constraint = 'not-assigned', message = 'Nobody signs for somebody else.';
        end if;
        return new;
    end if;
    if old.ended_by is not null or old.confirmed_by is not null and new.confirmed_by is distinct from old.confirmed_by then
        raise exception using errcode = 'P0001', constraint = 'wrong-state', message = 'That was signed before.';
    end if;
    if new.confirmed_by is distinct from old.confirmed_by and new.confirmed_by is distinct from kernel.person()
        or new.ended_by is not null and new.ended_by is distinct from kernel.person() then
        raise exception using errcode = 'P0001', constraint = 'not-assigned', message = 'Nobody signs for somebody else.';
    end if;
    new.confirmed_at := case when old.confirmed_by is not null then old.confirmed_at when new.confirmed_by is not null then kernel.now() end;
    new.ended_at := case when new.ended_by is not null then kernel.now() end;
    return new;
end
$$;
create trigger method_signed before insert or update on certification.laboratory_method for each row execute function certification.method_signed();

-- A calibration is a further row: an instrument may be used on the days one of them covers.
create table certification.calibration (
    id            uuid primary key,
    tenant_id     text not null default kernel.tenant(),
    laboratory    uuid not null,
    equipment     text not null check (length(equipment) between 2 and 40),
    name          text not null check (length(name) between 2 and 100),
    certificate   text not null check (length(certificate) between 2 and 60),
    calibrated_on date not null,
    valid_until   date not null check (valid_until >= calibrated_on),
    person        uuid not null default kernel.person(),
    recorded_at   timestamptz not null default kernel.now()
);
create index calibration_of on certification.calibration (laboratory, equipment);
select kernel.protect('certification.calibration', 'select, insert');

-- Results say how, with what, how sure and when. ------------------------------------------------------------------------------------

alter table certification.result
    add column equipment text check (length(equipment) between 2 and 40),
    -- Expanded, k = 2, in the result's unit; from the scope when the laboratory gave none.
    add column uncertainty numeric,
    add column analysed_on date,
    -- The row of the scope that covers it; null only where none is registered.
    add column scope uuid references certification.laboratory_method,
    drop constraint result_value_check,
    add constraint "value-negative" check (value >= 0 and value < 'Infinity'),
    add constraint "absurd-uncertainty" check (uncertainty is null or (comparator = 'equal' and uncertainty >= 0 and uncertainty <= value));
alter table certification.result_entry add column file_hash text check (file_hash ~ '^[0-9a-f]{64}$');

-- Kazakhstan has kept UTC+5 since 2024, Kyrgyzstan UTC+6.
create function certification.local_day(a_at timestamptz, a_village text) returns date language sql immutable parallel safe as
$$ select ((a_at at time zone 'UTC') + case when a_village like 'kg%' then interval '6 hours' else interval '5 hours' end)::date $$;

create function certification.plain(a_text text) returns text language sql immutable parallel safe as
$$ select lower(regexp_replace(btrim(a_text), '\s+', ' ', 'g')) $$;

create function certification.in_range(a_row certification.laboratory_method, a_comparator certification.result_comparator, a_value numeric)
    returns boolean language sql immutable parallel safe as
$$
select a_value is null or case a_comparator
    when 'equal' then a_value between greatest(a_row.quantification, a_row.lowest) and a_row.highest
    -- Nobody can say "below" a number smaller than the method can see.
    when 'below' then a_value between a_row.quantification and a_row.highest
    else a_value <= a_row.highest end
$$;

-- Why a result is outside the laboratory's scope: laboratory, indicator, accreditation, group, method, unit, date, value or equipment;
-- null when it is covered. A laboratory that registered nothing may report in a sandbox only.
create function certification.outside_scope(
    a_laboratory uuid, a_group text, a_indicator text, a_method text, a_unit text, a_comparator certification.result_comparator, a_value numeric,
    a_equipment text, a_on date) returns text language plpgsql stable as
$$
declare
    v_why text;
begin
    if not exists (select from certification.laboratory_method where laboratory = a_laboratory and confirmed_at is not null) then
        return case when (select sandbox from kernel.tenant where id = kernel.tenant()) then null else 'laboratory' end;
    end if;
    -- Each question is asked of the rows that passed the ones before.
    select case when not coalesce(bool_or(true), false) then 'indicator'
                when not bool_or(accredited) then 'accreditation'
                when not bool_or(accredited and in_group) then 'group'
                when not bool_or(accredited and in_group and same_method) then 'method'
                when not bool_or(accredited and in_group and same_method and same_unit) then 'unit'
                when not bool_or(accredited and in_group and same_method and same_unit and in_time) then 'date'
                when not bool_or(accredited and in_group and same_method and same_unit and in_time and in_range) then 'value' end
      into v_why
      from (select accredited, a_group = any(rule_groups) as in_group, certification.plain(method) = certification.plain(a_method) as same_method,
                   unit = a_unit as same_unit, a_on between valid_from and valid_until and (ended_at is null or a_on < ended_at::date) as in_time,
                   certification.in_range(method_row, a_comparator, a_value) as in_range
              from certification.laboratory_method as method_row
             where laboratory = a_laboratory and indicator = a_indicator and confirmed_at is not null) as asked;
    if v_why is not null then
        return v_why;
    end if;
    return case when exists (select from certification.calibration where laboratory = a_laboratory and equipment = a_equipment
        and a_on between calibrated_on and valid_until) then null else 'equipment' end;
end
$$;

create function certification.measured() returns trigger language plpgsql security definer set search_path = certification, pg_temp as
$$
declare
    v_laboratory uuid;
    v_group      text;
    v_village    text;
    v_taken      timestamptz;
    v_method     laboratory_method;
begin
    select coalesce(r.laboratory, a.laboratory), a.rule_group, a.village, s.taken_at into v_laboratory, v_group, v_village, v_taken
      from result_entry e join application a on a.id = e.application join sample s on s.id = e.sample left join retest r on r.id = e.retest
     where e.application = new.application and e.number = new.entry;
    new.analysed_on := coalesce(new.analysed_on, local_day(kernel.now(), v_village));
    if new.analysed_on > local_day(kernel.now(), v_village) then
        raise exception using errcode = 'P0001', constraint = 'analysed-in-future', message = 'The analysis is later than now.';
    end if;
    if new.analysed_on < local_day(v_taken, v_village) then
        raise exception using errcode = 'P0001', constraint = 'analysed-before-sampled', message = 'The analysis is older than the sample.';
    end if;
    if outside_scope(v_laboratory, v_group, new.indicator, new.method, new.unit, new.comparator, new.value, new.equipment, new.analysed_on) is not null then
        raise exception using errcode = 'P0001', constraint = 'outside-scope', message = 'The result is outside the laboratory''s scope.';
    end if;
    select * into v_method from laboratory_method as method_row
     where laboratory = v_laboratory and indicator = new.indicator and confirmed_at is not null and accredited and v_group = any(rule_groups)
       and plain(method) = plain(new.method) and unit = new.unit and new.analysed_on between valid_from and valid_until
       and (ended_at is null or new.analysed_on < ended_at::date)
       and in_range(method_row, new.comparator, new.value)
     order by uncertainty desc limit 1;
    new.scope := v_method.id;
    if new.uncertainty is null and new.comparator = 'equal' then
        new.uncertainty := case v_method.uncertainty_kind when 'relative' then new.value * v_method.uncertainty / 100 else v_method.uncertainty end;
    end if;
    return new;
end
$$;
create trigger measured before insert on certification.result for each row execute function certification.measured();
