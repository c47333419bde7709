-- From a lot to everywhere it went.
create index tender_lot on logistics.tender (lot_id);
