-- The clock of a task stands still while what it is about is paused: it is not late and does not escalate.
alter table work.task
    add paused_at  timestamptz,
    -- Time it stood still so far, apart from the time it took.
    add paused_for interval not null default '0';
drop index work.task_due;
create index task_due on work.task (escalate_at) where closed_at is null and paused_at is null;
