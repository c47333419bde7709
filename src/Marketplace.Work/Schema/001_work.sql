create schema work; grant usage on schema work to marketplace_app;

-- Days off, shared by all tenants. Saturdays and Sundays are off by rule and stand here only when moved.
create table work.holiday (
    country text not null check (country in ('KZ', 'KG')),
    day     date not null,
    name    text not null,
    source  text not null default 'our reading',
    primary key (country, day)
);
grant select on work.holiday to marketplace_app;

create table work.task (
    id                uuid primary key default gen_random_uuid(),
    tenant_id         text not null default kernel.tenant(),
    subject           uuid not null,
    kind              text not null check (kind ~ '^[a-z][a-z0-9-]{1,49}$'),
    -- Never null: a task without a person does not exist.
    responsible       uuid not null,
    first_responsible uuid not null,
    escalate_to_role  text not null,
    organisation      uuid,
    territory         text,
    -- Codes from the country down to the territory, as they were when the task was opened.
    territory_path    text[] not null default '{}',
    country           text not null default 'KZ' check (country in ('KZ', 'KG')),
    opened_at         timestamptz not null default kernel.now(),
    deadline          timestamptz not null,
    -- When it goes one further up: the deadline first, a working day later each time after.
    escalate_at       timestamptz not null,
    escalated         int not null default 0 check (escalated >= 0),
    closed_at         timestamptz,
    closed_by         uuid,
    check (closed_at is null or closed_at >= opened_at)
);
create unique index task_one_open on work.task (tenant_id, subject, kind) where closed_at is null;
create index task_mine on work.task (tenant_id, responsible, deadline, id) where closed_at is null;
create index task_organisation on work.task (tenant_id, organisation, deadline, id) where closed_at is null;
create index task_territory on work.task using gin (territory_path) where closed_at is null;
create index task_due on work.task (escalate_at) where closed_at is null;
select kernel.protect('work.task', 'select, insert, update');

create type work.task_step as enum ('opened', 'reassigned', 'escalated', 'closed');

-- Everybody who ever had the task; only added to.
create table work.task_history (
    task        uuid not null references work.task (id),
    tenant_id   text not null default kernel.tenant(),
    number      bigint generated always as identity,
    step        work.task_step not null,
    from_person uuid,
    to_person   uuid,
    by_person   uuid default kernel.person(),
    at          timestamptz not null default kernel.now(),
    primary key (task, number)
);
select kernel.protect('work.task_history', 'select, insert');

-- The history is written with the task itself, so no path can forget it.
create function work.remember_task() returns trigger language plpgsql as
$$
begin
    if tg_op = 'INSERT' then
        insert into work.task_history (task, step, to_person) values (new.id, 'opened', new.responsible);
    elsif new.closed_at is not null and old.closed_at is null then
        insert into work.task_history (task, step, from_person) values (new.id, 'closed', new.responsible);
    elsif new.responsible <> old.responsible then
        insert into work.task_history (task, step, from_person, to_person)
            values (new.id, case when new.escalated > old.escalated then 'escalated' else 'reassigned' end::work.task_step, old.responsible, new.responsible);
    end if;
    return null;
end
$$;
create trigger remember_task after insert or update on work.task for each row execute function work.remember_task();
