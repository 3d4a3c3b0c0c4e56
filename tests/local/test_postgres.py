import os
import signal
import stat
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import create_async_engine

from local.postgres import EmbeddedPostgres
from local.postgres_home import WHEEL, find_home


@pytest.fixture
def open_dir() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="drillflow-pg-") as name:
        Path(name).chmod(0o711)
        yield Path(name)


async def answer(url: str, statement: str) -> object:
    engine = create_async_engine(url)
    try:
        async with engine.connect() as connection:
            return (await connection.execute(text(statement))).scalar_one()
    finally:
        await engine.dispose()


async def test_a_started_server_answers_over_its_url(postgres_server: EmbeddedPostgres) -> None:
    assert await answer(postgres_server.url(), "select lower('ТВЕРЬ')") == "тверь"


async def test_every_test_gets_a_database_of_its_own(
    database_url: str, postgres_server: EmbeddedPostgres
) -> None:
    other = postgres_server.create_database("another")

    await answer(other, "select 1")
    postgres_server.drop_database("another")
    postgres_server.drop_database("another")

    assert database_url != other
    with pytest.raises(DBAPIError, match="does not exist"):
        await answer(other, "select 1")
    assert await answer(database_url, "select 1") == 1


def test_committed_rows_survive_a_killed_server(open_dir: Path) -> None:
    server = EmbeddedPostgres(open_dir)
    server.start()
    server.execute("create table kept as select 42 as answer", "drillflow")
    assert server.pid is not None

    os.kill(server.pid, signal.SIGKILL)
    server.start()

    assert server.execute("select answer from kept", "drillflow").strip() == "42"
    server.stop()


def test_a_lock_file_with_the_number_of_a_stranger_does_not_stop_the_start(open_dir: Path) -> None:
    server = EmbeddedPostgres(open_dir, fsync=False)
    server.start()
    pid_file = server.home.cluster_dir / "postmaster.pid"
    assert server.pid is not None
    os.kill(server.pid, signal.SIGKILL)
    time.sleep(0.05)
    pid_file.write_text(pid_file.read_text().replace(str(server.pid or ""), str(os.getpid()), 1))

    server.start()

    assert server.is_healthy()
    server.stop()


def test_a_second_start_in_one_data_directory_ends_the_left_over_server(open_dir: Path) -> None:
    left_over = EmbeddedPostgres(open_dir, fsync=False)
    left_over.start()

    server = EmbeddedPostgres(open_dir, fsync=False)
    server.start()

    assert left_over.exit_code() is not None
    assert server.is_healthy()
    server.stop()
    left_over.stop()


def test_a_path_too_long_or_too_odd_for_a_socket_gets_a_short_socket_folder(open_dir: Path) -> None:
    deep = open_dir / "папка: с пробелом" / ("x" * 90)
    deep.mkdir(parents=True)
    for folder in (deep, deep.parent):
        folder.chmod(0o711)
    server = EmbeddedPostgres(deep, fsync=False)

    server.start()

    assert server.is_healthy()
    assert len(str(server.home.socket_dir)) < 90
    assert server.home.cluster_dir == deep / "postgres"
    server.destroy()


def test_nothing_outside_the_two_folders_changes(open_dir: Path) -> None:
    # Two steps above the data directory are closed: a server that wants in would open them.
    closed = open_dir / "closed"
    data_dir = closed / "checkout" / "var"
    data_dir.mkdir(parents=True)
    closed.chmod(0o700)
    private = open_dir / "private"
    before = permissions(data_dir)
    server = EmbeddedPostgres(data_dir, fsync=False, private_dir=private)

    server.start()
    inside = server.home.cluster_dir
    server.destroy()

    assert permissions(data_dir) == before
    assert inside.is_relative_to(private if os.geteuid() == 0 else data_dir)


def test_the_sockets_folder_is_closed_to_other_users(open_dir: Path) -> None:
    home = find_home(open_dir)

    assert stat.S_IMODE(home.socket_dir.stat().st_mode) == 0o700


def permissions(data_dir: Path) -> dict[str, tuple[int, int, int]]:
    """Mode and owner of everything on the way, of the wheel, and of the list of users."""
    wheel = Path(pytest.__file__).parent.parent / WHEEL.replace("-", "_")
    watched = [data_dir, *data_dir.parents, *wheel.rglob("*"), wheel, *wheel.parents]
    watched += [Path("/etc/passwd"), Path("/etc/group")]
    facts = {str(path): path.stat() for path in watched}
    found = {path: (fact.st_mode, fact.st_uid, fact.st_gid) for path, fact in facts.items()}
    found["users"] = (facts["/etc/passwd"].st_size, facts["/etc/passwd"].st_mtime_ns, 0)
    return found
