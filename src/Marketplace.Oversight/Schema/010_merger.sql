-- A fact stays what it was; only under which territories it is counted follows the tree.
grant update (oblast, district, okrug) on oversight.chain_step to marketplace_app;
