"""Databases for tests: emptied and used again, because a copy of the template costs ten times more.

A database that is handed back is as the migrations left it: no rows but theirs, sequences at their
start, nobody connected. One whose structure or statistics changed, or that grew, is dropped.
"""

import itertools
from functools import cached_property

from local.postgres import EmbeddedPostgres

# From this size on the planner may choose otherwise than in a fresh database.
LARGEST_BYTES = 64 * 1024

_TABLES = """
    SELECT oid, oid::regclass AS name FROM pg_class
    WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace AND pg_relation_size(oid) > 0
"""
# Each row of a catalogue carries the transaction that wrote it; ours begin at 16384.
_STRUCTURE = """
    SELECT concat_ws('/',
      (SELECT count(*) || '-' || sum(xmin::text::bigint) FROM pg_class WHERE oid >= 16384),
      (SELECT count(*) || '-' || sum(xmin::text::bigint) FROM pg_attribute
       WHERE attrelid >= 16384),
      (SELECT count(*) || '-' || sum(xmin::text::bigint) FROM pg_constraint),
      (SELECT count(*) || '-' || sum(xmin::text::bigint) FROM pg_trigger),
      (SELECT count(*) || '-' || sum(xmin::text::bigint) FROM pg_proc WHERE oid >= 16384),
      (SELECT count(*) FROM pg_statistic WHERE starelid >= 16384))
"""
_CALLED = """
    SELECT format('PERFORM setval(%L, %s);', format('%I.%I', schemaname, sequencename), last_value)
    FROM pg_sequences WHERE last_value IS NOT NULL
"""
# What a migration wrote is written again; a generated column computes itself.
_SEEDS = f"""
    SELECT format('SELECT format(%L, coalesce(jsonb_agg(t), ''[]''::jsonb)) FROM %s t',
      format('INSERT INTO %1$s (%2$s) OVERRIDING SYSTEM VALUE SELECT %2$s'
        ' FROM jsonb_populate_recordset(NULL::%1$s, %%L);', name, columns), name)
    FROM ({_TABLES}) AS tables CROSS JOIN LATERAL (
      SELECT string_agg(quote_ident(attname), ', ') AS columns FROM pg_attribute
      WHERE attrelid = oid AND attnum > 0 AND NOT attisdropped AND attgenerated = '') AS c
"""
_EMPTY = """
DO $reset$
DECLARE
  one record;
BEGIN
  PERFORM pg_terminate_backend(pid, 5000) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid()
    AND backend_type = 'client backend';
  IF ({structure}) <> '{as_migrated}' THEN
    RAISE EXCEPTION 'its structure or its statistics changed';
  END IF;
  SET LOCAL session_replication_role = replica;
  FOR one IN {tables} LOOP
    IF pg_relation_size(one.oid) > {largest} THEN
      RAISE EXCEPTION '% has grown', one.name;
    END IF;
    EXECUTE 'DELETE FROM ' || one.name;
  END LOOP;
  FOR one IN SELECT format('%I.%I', schemaname, sequencename) AS name, start_value
    FROM pg_sequences WHERE last_value IS NOT NULL
  LOOP
    PERFORM setval(one.name, one.start_value, false);
  END LOOP;
  {seeds}
END $reset$
"""


class Databases:
    """Copies of one migrated template, handed out to one test at a time."""

    def __init__(self, server: EmbeddedPostgres, template: str) -> None:
        self._server = server
        self._template = template
        self._spare: list[str] = []
        self._numbers = itertools.count(1)

    def take(self) -> str:
        """The name of a database that is as the migrations left it."""
        if self._spare:
            return self._spare.pop()
        name = f"test_{next(self._numbers)}"
        self._server.create_database(name, template=self._template)
        return name

    def give_back(self, name: str) -> bool:
        """Empty it for the next test, or drop it; returns whether it is kept."""
        try:
            self._server.execute(self._reset, database=name)
        except RuntimeError:
            self._server.drop_database(name)
            return False
        self._spare.append(name)
        return True

    @cached_property
    def _reset(self) -> str:
        def ask(statement: str) -> str:
            return self._server.execute(statement, database=self._template).strip()

        seeds = [ask(statement) for statement in ask(_SEEDS).splitlines()]
        return _EMPTY.format(
            structure=_STRUCTURE,
            as_migrated=ask(_STRUCTURE),
            tables=_TABLES,
            largest=LARGEST_BYTES,
            seeds="\n  ".join([*seeds, ask(_CALLED)]),
        )
