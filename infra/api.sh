#!/bin/sh
# Starts the API in its container: the connection strings are made from the mounted secrets, so that none stands in the environment file.
set -eu
at="Host=database;Port=5432;Database=marketplace"
export MARKETPLACE_DATABASE="$at;Username=marketplace_app;Password=$(cat /run/secrets/app_password)"
export MARKETPLACE_DATABASE_OWNER="$at;Username=marketplace_owner;Password=$(cat /run/secrets/owner_password);Pooling=false"
exec dotnet /app/Marketplace.Api.dll
