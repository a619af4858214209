#!/bin/sh
# Run once, when the database's folder is empty: the role that owns the tables, and the one that the product runs as.
# `migrate` connects as the owner and grants the other one what it needs (manage.py grants).
set -eu
psql -v ON_ERROR_STOP=1 -v owner_password="$OPS_OWNER_PASSWORD" -v app_password="$OPS_APP_PASSWORD" \
    --username "$POSTGRES_USER" --dbname postgres <<'SQL'
create role ops_owner login password :'owner_password' nosuperuser nocreatedb nocreaterole;
create role ops_app login password :'app_password' nosuperuser nocreatedb nocreaterole;
create database inventory_ops owner ops_owner;
revoke all on database inventory_ops from public;
grant connect, temporary on database inventory_ops to ops_app;
\connect inventory_ops
alter schema public owner to ops_owner;
revoke all on schema public from public;
SQL
