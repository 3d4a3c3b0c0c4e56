#!/bin/sh
# Run once, by the image, on an empty data directory: one role and one database per product.
set -eu
psql -v ON_ERROR_STOP=1 --username postgres \
  --set drillflow="$DRILLFLOW_DB_PASSWORD" --set temporal="$TEMPORAL_DB_PASSWORD" <<'SQL'
CREATE ROLE drillflow LOGIN PASSWORD :'drillflow';
CREATE DATABASE drillflow OWNER drillflow;
-- Its schema tool makes the databases temporal and temporal_visibility itself.
CREATE ROLE temporal LOGIN CREATEDB PASSWORD :'temporal';
SQL
