-- Roles of the product, made once per cluster by its superuser. The owner migrates; the application serves and owns nothing;
-- the reader looks. Passwords come from the environment of whoever runs this.
create role marketplace_owner login password :'owner_password';
create role marketplace_app login password :'app_password';
create role marketplace_reader login password :'reader_password';
create database marketplace owner marketplace_owner;
