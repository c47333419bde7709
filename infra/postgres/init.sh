#!/usr/bin/env bash
# Run once by the database container when its data folder is empty.
set -euo pipefail
psql -v ON_ERROR_STOP=1 -U "$POSTGRES_USER" -d postgres \
    -v owner_password="$(cat /run/secrets/owner_password)" -v app_password="$(cat /run/secrets/app_password)" -v reader_password="$(cat /run/secrets/reader_password)" \
    -f /infra/roles.sql
