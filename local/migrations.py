"""The migrations, run as a person would run them: Alembic in a process of its own."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from local.children import StartFailed, last_lines
from local.postgres import EmbeddedPostgres
from local.programs import ROOT

MIGRATION_SECONDS = 300.0


def upgrade(database_url: str, log_path: Path) -> None:
    """Bring a database to the newest schema; a database that has it is left alone.

    Raises:
        StartFailed: With the log's last lines.
    """
    if not has_migrations():
        return
    log_path.parent.mkdir(parents=True, exist_ok=True)
    with log_path.open("ab") as log:
        code = subprocess.run(
            alembic("upgrade", "head"),
            check=False,
            stdout=log,
            stderr=subprocess.STDOUT,
            cwd=ROOT,
            env={**os.environ, "DRILLFLOW_DATABASE_URL": database_url},
            timeout=MIGRATION_SECONDS,
        ).returncode
    if code != 0:
        raise StartFailed(
            f"The migrations ended with code {code}. Log: {log_path}\n{last_lines(log_path)}"
        )


def check() -> int:
    """On an empty database: upgrade, compare with the models, downgrade, upgrade again."""
    with tempfile.TemporaryDirectory(prefix="drillflow-migrations-") as name:
        folder = Path(name)
        folder.chmod(0o711)
        server = EmbeddedPostgres(folder, fsync=False)
        environment = {**os.environ, "DRILLFLOW_DATABASE_URL": server.start()}
        try:
            for words in (
                ("upgrade", "head"),
                ("check",),
                ("downgrade", "base"),
                ("upgrade", "head"),
            ):
                done = subprocess.run(
                    alembic(*words), check=False, cwd=ROOT, env=environment,
                    timeout=MIGRATION_SECONDS,
                )  # fmt: skip
                if done.returncode != 0:
                    return done.returncode
        finally:
            server.destroy()
    return 0


def has_migrations() -> bool:
    """Whether this checkout has a schema at all."""
    return (ROOT / "alembic.ini").exists()


def alembic(*words: str) -> Sequence[str]:
    """The command line of one Alembic command."""
    return [sys.executable, "-m", "alembic", *words]
