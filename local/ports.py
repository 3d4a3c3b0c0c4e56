"""TCP ports on the loopback address: free ones, and usual ones when they are free."""

import fcntl
import os
import secrets
import socket
import tempfile
from collections.abc import Iterable
from pathlib import Path

LOOPBACK = "127.0.0.1"
RANGE = range(15_000, 30_000)
TRIES_MAX = 1_000
# The locks of this process by port, as descriptors that stay open until it ends.
_reserved: dict[int, int] = {}


class PortTaken(RuntimeError):
    """A port that was asked for by setting is used by another program."""


def is_free(port: int) -> bool:
    """Whether this port can be bound now; another program may still take it a moment later."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        # As the servers do it: a port in TIME_WAIT counts as free.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
    return True


def free_ports(count: int) -> list[int]:
    """As many different free ports, reserved for this process.

    They lie below the range from which the system takes ports for outgoing connections, and a
    lock keeps other processes of ours from choosing the same one before a server binds it.
    """
    ports: list[int] = []
    for _ in range(TRIES_MAX):
        if len(ports) == count:
            break
        port = secrets.choice(RANGE)
        if port not in _reserved and is_free(port) and _reserve(port):
            ports.append(port)
    if len(ports) < count:
        raise PortTaken(f"No {count} free ports between {RANGE.start} and {RANGE.stop}.")
    return ports


def free_port() -> int:
    """One free port."""
    return free_ports(1)[0]


def _reserve(port: int) -> bool:
    """Whether the port is this process's now; the lock ends with the process, however it ends."""
    if port in _reserved:
        return True
    folder = Path(tempfile.gettempdir()) / f"drillflow-ports-{os.getuid()}"
    folder.mkdir(mode=0o700, exist_ok=True)
    lock = os.open(folder / str(port), os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(lock)
        return False
    _reserved[port] = lock
    return True


def usual_or_free(usual: int, taken: Iterable[int] = ()) -> int:
    """The usual port, so that links stay the same; any free one for a second instance."""
    if usual not in set(taken) and is_free(usual) and _reserve(usual):
        return usual
    return free_port()


def demanded(port: int, setting: str) -> int:
    """A port set by a person: used as it is or refused by name.

    Raises:
        PortTaken: Another program listens there.
    """
    if not is_free(port):
        raise PortTaken(f"Port {port} ({setting}) is in use; free it or set another one.")
    return port


def accepts(port: int) -> bool:
    """Whether something listens there."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.settimeout(0.5)
        return probe.connect_ex((LOOPBACK, port)) == 0
