-- Goods whose certificate was suspended or withdrawn: what was asked or promised of them ends, what is on its way is flagged.

alter type orders.promise_stage add value 'stopped';

-- When its goods were stopped. A promise that was weighed in keeps its stage: the buyer keeps such goods apart until they are cleared.
alter table orders.promise add column stopped_at timestamptz;
create index promise_lot on orders.promise (lot_id);
