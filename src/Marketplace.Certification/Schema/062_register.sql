-- The public register is searched by anybody: by what stands on the goods.

create index certificate_serial on certification.certificate (tenant_id, serial collate "C");
create index certificate_product on certification.certificate (tenant_id, product, id);
create index certificate_village on certification.certificate (tenant_id, village, id);
