"""The embedded PostgreSQL: one cluster under the data directory, reachable by socket only."""

import os
import pwd
import shutil
import signal
import subprocess
import time
from pathlib import Path

from local.children import Child, Command, StartFailed
from local.postgres_home import Home, find_home

START_SECONDS = 60.0
STOP_SECONDS = 20.0
# After kill -9 of the postmaster its backends need about 2 s to let go of the shared memory.
RETRY_SECONDS = 2.5
SUPERUSER = "postgres"
SOCKET_LOCK = ".s.PGSQL.5432.lock"
FAST_AND_LOSSY = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


class EmbeddedPostgres:
    """Starts and stops the cluster of one data directory.

    Works as root (see `local.postgres_home`) and as an ordinary user. `fsync=False` is for
    throw-away data only. The socket's folder is closed to other users, therefore no password.
    """

    name = "postgres"

    def __init__(
        self,
        data_dir: Path,
        *,
        database: str = "drillflow",
        fsync: bool = True,
        log_path: Path | None = None,
        private_dir: Path | None = None,
    ) -> None:
        self.data_dir = data_dir.resolve()
        self.database = database
        self.log_path = log_path or self.data_dir / "logs" / "postgres.log"
        self._fsync = fsync
        self._private_dir = private_dir
        self._found_home: Home | None = None
        self._child: Child | None = None

    @property
    def home(self) -> Home:
        """Folders and identity of the cluster (created on first use)."""
        if self._found_home is None:
            self._found_home = find_home(self.data_dir, self._private_dir)
        return self._found_home

    @property
    def pid(self) -> int | None:
        """The postmaster's process id while it runs."""
        return self._child.pid if self._child else None

    def url(self, database: str | None = None) -> str:
        """SQLAlchemy URL of one database."""
        name = database or self.database
        return f"postgresql+asyncpg://{SUPERUSER}@/{name}?host={self.home.socket_dir}"

    def start(self) -> str:
        """Create the cluster if needed, start it, create the database; returns its URL.

        Raises:
            StartFailed: With the log's last lines, after one retry.
        """
        self.launch()
        self.wait_ready()
        return self.url()

    def launch(self) -> None:
        """Begin to start; needs `wait_ready` afterwards."""
        self.stop()  # a child that was killed but not waited for still holds its pid
        self._initialise()
        self._end_stale_server()
        self._launch()

    def wait_ready(self) -> None:
        """Wait until it answers and has the database; a start that fails is repeated once.

        Raises:
            StartFailed: With the log's last lines.
        """
        try:
            self._wait()
        except StartFailed:
            if self._child is None:  # stopped meanwhile, on purpose
                raise
            time.sleep(RETRY_SECONDS)
            self._launch()
            self._wait()
        if self.database not in self.databases():
            self.create_database(self.database)

    def stop(self) -> None:
        """Fast shutdown: sessions are cut, everything committed is on disk. Repeatable."""
        if self._child:
            self._child.stop()
            self._child = None

    def exit_code(self) -> int | None:
        """None while it runs."""
        return self._child.exit_code() if self._child else None

    def is_healthy(self) -> bool:
        """Whether it answers on its socket."""
        return self._run("pg_isready", "-q", "-t", "2").returncode == 0

    def destroy(self) -> None:
        """Stop and remove the cluster with all its databases (the shared binaries stay)."""
        self.stop()
        home = self.home
        shutil.rmtree(home.cluster_dir, ignore_errors=True)
        if home.socket_dir != home.cluster_dir:
            shutil.rmtree(home.socket_dir, ignore_errors=True)
        self._found_home = None

    def create_database(self, name: str, template: str | None = None) -> str:
        """Create a database, as a copy of `template` if given (nobody may be connected to it)."""
        copied = f' TEMPLATE "{template}" STRATEGY file_copy' if template else ""
        self.execute(f'CREATE DATABASE "{name}"{copied}')
        return self.url(name)

    def drop_database(self, name: str) -> None:
        """Drop it, cutting open sessions; a missing one is dropped already."""
        self.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')

    def databases(self) -> list[str]:
        """Names of all databases."""
        return self.execute("SELECT datname FROM pg_database").split()

    def execute(self, statement: str, database: str = "postgres") -> str:
        """Run one statement through psql; returns the rows as text.

        Raises:
            RuntimeError: With the server's message.
        """
        done = self._run("psql", "-XAtq", "-v", "ON_ERROR_STOP=1", "-d", database, "-c", statement)
        if done.returncode != 0:
            raise RuntimeError(f"PostgreSQL refused: {done.stderr.strip()}")
        return done.stdout

    def _initialise(self) -> None:
        home = self.home
        if (home.cluster_dir / "PG_VERSION").exists():
            return
        # The built-in collation provider: the same order of names on every system.
        done = self._run(
            "initdb", "-D", str(home.cluster_dir), "-U", SUPERUSER, "--auth=trust",
            "--encoding=UTF8", "--locale=C", "--locale-provider=builtin",
            "--builtin-locale=C.UTF-8", "--no-instructions",
            *([] if self._fsync else ["--no-sync"]),
        )  # fmt: skip
        if done.returncode != 0:
            raise StartFailed(f"initdb failed: {done.stderr.strip()}")

    def _launch(self) -> None:
        home = self.home
        options = {
            "listen_addresses": "",
            "unix_socket_directories": str(home.socket_dir),
            "unix_socket_permissions": "0700",
            "max_connections": "200",
            "timezone": "UTC",
            "log_timezone": "UTC",
        }
        if not self._fsync:
            options |= FAST_AND_LOSSY
        child = Child(
            Command(
                name=self.name,
                argv=[
                    str(home.bin_dir / "postgres"), "-D", str(home.cluster_dir),
                    *(part for key, value in options.items() for part in ("-c", f"{key}={value}")),
                ],
                log_path=self.log_path,
                env=self._environment(),
                cwd=home.cluster_dir,
                user=home.user,
                group=home.group,
                stop_signal=signal.SIGINT,
                orphan_signal=signal.SIGQUIT,
                stop_seconds=STOP_SECONDS,
            )
        )  # fmt: skip
        child.start()
        self._child = child

    def _wait(self) -> None:
        assert self._child is not None
        self._child.wait_ready(self._is_ready, START_SECONDS)

    def _is_ready(self) -> bool:
        """The server writes 'ready' into its pid file: cheaper than a connection per look."""
        try:
            lines = (self.home.cluster_dir / "postmaster.pid").read_text().splitlines()
        except FileNotFoundError:
            return False
        return len(lines) > 7 and lines[7].strip() == "ready"

    def _end_stale_server(self) -> None:
        """Clear what a killed predecessor left: its server if it still runs, its lock files.

        PostgreSQL overrules lock files of a dead pid itself, but not when the number belongs
        to a stranger by now. Sessions of a killed server are fenced by the shared memory key.
        """
        home = self.home
        deadline = time.monotonic() + STOP_SECONDS
        for lock in (home.cluster_dir / "postmaster.pid", home.socket_dir / SOCKET_LOCK):
            pid = _first_number(lock)
            if _serves(pid, home.cluster_dir):
                os.kill(pid, signal.SIGINT)
            while _serves(pid, home.cluster_dir) and time.monotonic() < deadline:
                time.sleep(0.05)
            if pid and not _serves(pid, home.cluster_dir):
                lock.unlink(missing_ok=True)

    def _run(self, program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        home = self.home
        borrowed = _borrowed_name(home.user) if program == "initdb" else []
        # A client may stay who we are: changing the user costs a whole fork of this process.
        is_client = program == "psql"
        user, group = (None, None) if is_client else (home.user, home.group)
        return subprocess.run(
            [*borrowed, str(home.bin_dir / program), *arguments],
            check=False, capture_output=True, text=True, timeout=START_SECONDS,
            env=self._environment(), cwd=home.cluster_dir,
            user=user, group=group, extra_groups=None if user is None else [],
        )  # fmt: skip

    def _environment(self) -> dict[str, str]:
        """Nothing of the caller's PG* settings may lead to another server."""
        return {
            "PATH": os.environ.get("PATH", os.defpath),
            "LC_ALL": "C",
            "PGHOST": str(self.home.socket_dir),
            "PGUSER": SUPERUSER,
            "PGCONNECT_TIMEOUT": "5",
        }


def _borrowed_name(user: int | None) -> list[str]:
    """A prefix under which initdb finds a name for a uid that has none, as in many containers.

    Inside a user namespace of its own the uid is called 'nobody'; the files stay the uid's.
    """
    try:
        pwd.getpwuid(os.geteuid() if user is None else user)
    except KeyError:
        unshare = shutil.which("unshare")
        if unshare is None:
            raise StartFailed(
                "PostgreSQL needs a user with a name: add this uid to /etc/passwd, "
                "or set DRILLFLOW_DATABASE_URL."
            ) from None
        nobody = pwd.getpwnam("nobody")
        return [
            unshare, "--user", f"--map-user={nobody.pw_uid}", f"--map-group={nobody.pw_gid}",
        ]  # fmt: skip
    return []


def _first_number(lock: Path) -> int:
    """The pid in a lock file; 0 without one."""
    try:
        return abs(int(lock.read_text().split("\n", 1)[0]))
    except (FileNotFoundError, ValueError):
        return 0


def _serves(pid: int, cluster: Path) -> bool:
    """Whether this process is a PostgreSQL of that cluster."""
    try:
        words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    except OSError:
        return False
    return os.fsencode(cluster) in words
