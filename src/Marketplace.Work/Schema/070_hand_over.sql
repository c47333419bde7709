-- The role that does a task: when its person no longer holds it, the task goes to somebody who does. Null where the module that opened
-- the task hands it over itself.
alter table work.task add column role text;

create view work.public_task with (security_invoker = true) as
    select id, tenant_id, subject, kind, responsible, organisation, territory, territory_path, country, opened_at, deadline, escalated, closed_at
      from work.task;
comment on view work.public_task is 'Tasks, open and closed, for other modules'' joins.';
grant select on work.public_task to marketplace_app;

create view work.public_holiday as select country, day from work.holiday;
comment on view work.public_holiday is 'Days off besides Saturdays and Sundays.';
grant select on work.public_holiday to marketplace_app;

create index task_closed on work.task (tenant_id, closed_at) where closed_at is not null;
