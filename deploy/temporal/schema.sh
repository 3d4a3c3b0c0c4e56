#!/bin/sh
# Makes or brings up to date Temporal's two schemas; repeatable.
set -eu
prepare() {
  database=$1 schema=$2
  tool() { temporal-sql-tool --plugin postgres12 --ep postgres -p 5432 -u temporal --db "$database" "$@"; }
  tool create
  tool setup-schema -v 0.0
  tool update-schema -d "/etc/temporal/schema/postgresql/v12/$schema/versioned"
}
nc -z -w 10 postgres 5432
prepare temporal temporal
prepare temporal_visibility visibility
