-- Fixed costs, least amounts and transport in the plan; a bound beside it; for each lot left out the smallest change that would include it.

alter table orders.rule
    -- Least amount asked of a lot that has more, in steps of its unit: nobody is called for crumbs.
    add least_grm         bigint not null default 0 check (least_grm >= 0),
    add least_mlt         bigint not null default 0 check (least_mlt >= 0),
    add least_h87         bigint not null default 0 check (least_h87 >= 0),
    -- What calling one more lot costs (weighing, slip, payout), and what a vehicle's stop in one more village costs; in minor units.
    add lot_kzt           bigint not null default 0 check (lot_kzt >= 0),
    add lot_kgs           bigint not null default 0 check (lot_kgs >= 0),
    add village_kzt       bigint not null default 0 check (village_kzt >= 0),
    add village_kgs       bigint not null default 0 check (village_kgs >= 0),
    -- Carrying a tonne one kilometre, in minor units; a litre counts as a kilogram, sixteen pieces as one.
    add tonne_km_kzt      bigint not null default 0 check (tonne_km_kzt >= 0),
    add tonne_km_kgs      bigint not null default 0 check (tonne_km_kgs >= 0),
    -- Villages above an equal share carry this surcharge, in 1/10,000 of the average price.
    add village_surcharge int not null default 0 check (village_surcharge between 0 and 10000);
insert into orders.rule (in_force_from, answer_within, memory_weeks, surcharges, freshness_per_day, household_cap_percent, least_grm, least_mlt, least_h87,
       lot_kzt, lot_kgs, village_kzt, village_kgs, tonne_km_kzt, tonne_km_kgs, village_surcharge)
values ('2026-11-25 00:00:00+00', interval '24 hours', 26, '{600,1200,2400}', 8, null, 5000, 5000, 10, 15000, 2700, 150000, 27000, 6000, 1080, 300);

alter table orders.allocation_run add bound numeric check (bound <= cost);
update orders.allocation_run set bound = 0;
alter table orders.allocation_run alter bound set not null;
alter table orders.allocation_left_out
    drop constraint allocation_left_out_reason_check,
    add constraint allocation_left_out_reason_check check (reason in ('no-line', 'no-price', 'ready-after-window', 'expires-before-window', 'unreachable',
        'price-above-band', 'price', 'lot-cost', 'village-not-visited', 'below-minimum', 'fair-share-used', 'household-cap', 'point-full', 'already-promised',
        'already-asked', 'lost-tie')),
    add change_member text check (change_member in ('price', 'readyOn', 'expiresOn', 'amount')),
    add change_value  text,
    add check ((change_member is null) = (change_value is null));
