-- A decision first waits for an open re-test, then rests on the results that count.
drop trigger d_retest_awaited on certification.decision;
create trigger c_awaits_retest before insert on certification.decision for each row execute function certification.retest_awaited();

create or replace function certification.verdict_of(a_application uuid) returns certification.verdict language sql stable as
$$ select verdict from certification.counting_result where application = a_application $$;
