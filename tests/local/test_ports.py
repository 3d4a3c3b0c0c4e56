import socket
import subprocess
import sys

import pytest

from local.ports import PortTaken, accepts, demanded, free_ports, is_free, usual_or_free
from local.programs import ROOT


def test_free_ports_are_different_and_free() -> None:
    ports = free_ports(20)

    assert len(set(ports)) == 20
    assert all(is_free(port) for port in ports)


def test_a_taken_usual_port_is_replaced_and_a_demanded_one_refused() -> None:
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        port = holder.getsockname()[1]

        assert accepts(port)
        assert usual_or_free(port) != port
        with pytest.raises(PortTaken, match="DRILLFLOW_API_PORT"):
            demanded(port, "DRILLFLOW_API_PORT")


def test_a_free_usual_port_is_kept_unless_given_away_before() -> None:
    port = free_ports(1)[0]

    assert usual_or_free(port) == port
    assert usual_or_free(port, taken=[port]) != port


def test_a_port_that_another_process_has_reserved_is_left_alone() -> None:
    told = "import sys; from local.ports import free_port; print(free_port()); sys.stdin.read()"
    with subprocess.Popen(
        [sys.executable, "-c", told],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as other:
        assert other.stdout is not None
        port = int(other.stdout.readline())

        assert is_free(port)
        assert usual_or_free(port) != port
        other.communicate("", timeout=20)

    assert usual_or_free(port) == port
