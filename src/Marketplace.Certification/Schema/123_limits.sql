-- A comparison with nothing is neither true nor false, and a check lets that pass: a range names both ends. Not asked of rows from before, which
-- are asked when they are confirmed.
alter table certification.limit_proposal drop constraint "limit-unlike-its-kind";
alter table certification.limit_proposal add constraint "limit-unlike-its-kind" check (case kind
    when 'max' then highest is not null and lowest is null and unit is not null
    when 'min' then lowest is not null and highest is null and unit is not null
    when 'range' then num_nonnulls(lowest, highest, unit) = 3 and lowest <= highest
    when 'not_detected_in' then num_nonnulls(lowest, highest, unit) = 0 and sample is not null
    else num_nonnulls(lowest, highest, unit) = 0 end) not valid;
