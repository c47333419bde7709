-- A pause shows its papers: files of the same case, named in the act of pausing and never later.
create table certification.pause_file (
    application uuid not null,
    number      int not null,
    hash        text not null,
    tenant_id   text not null default kernel.tenant(),
    primary key (application, number, hash),
    foreign key (application, number) references certification.pause,
    constraint "unknown-file" foreign key (application, hash) references certification.case_file
);
select kernel.protect('certification.pause_file', 'select, insert');

create function certification.pause_shown() returns trigger language plpgsql as
$$
begin
    -- After the statement, in which the pause and its files are written together.
    if not exists (select from certification.pause where application = new.application and number = new.number and started_at = kernel.now()) then
        raise exception using errcode = 'P0001', constraint = 'not-assigned', message = 'Who pauses a case names its files then.';
    end if;
    return null;
end
$$;
create trigger pause_shown after insert on certification.pause_file for each row execute function certification.pause_shown();
