"""TCP ports on the loopback address: free ones, and usual ones when they are free."""

import contextlib
import socket
from collections.abc import Iterable

LOOPBACK = "127.0.0.1"


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
    """As many different free ports; all are held until the last one is found."""
    with contextlib.ExitStack() as held:
        ports = []
        for _ in range(count):
            probe = held.enter_context(socket.socket(socket.AF_INET, socket.SOCK_STREAM))
            probe.bind((LOOPBACK, 0))
            ports.append(int(probe.getsockname()[1]))
        return ports


def free_port() -> int:
    """One free port."""
    return free_ports(1)[0]


def usual_or_free(usual: int, taken: Iterable[int] = ()) -> int:
    """The usual port, so that links stay the same; any free one for a second instance."""
    if usual not in set(taken) and is_free(usual):
        return usual
    return next(port for port in free_ports(len(set(taken)) + 1) if port not in set(taken))


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
