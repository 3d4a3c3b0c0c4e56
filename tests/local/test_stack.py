import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from local.data_dir import DataDirInUse, DataDirLock, api_tokens, local_secrets
from local.ports import PortTaken, accepts, free_ports
from local.programs import ROOT
from local.stack import Ports, choose_ports
from settings import Settings


@pytest.fixture
def data_dir() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="drillflow-stack-") as name:
        Path(name).chmod(0o711)
        yield Path(name) / "var"


def any_ports() -> dict[str, str]:
    names = ("API", "WORKER", "BOT", "TELEGRAM", "YOOKASSA", "TEMPORAL", "TEMPORAL_UI")
    return {f"DRILLFLOW_{name}_PORT": "0" for name in names}


def up(data_dir: Path, **environment: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "local", "up", "--services"],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd=ROOT,
        env={**os.environ, **any_ports(), "DRILLFLOW_DATA_DIR": str(data_dir), **environment},
    )  # fmt: skip


def wait_for_line(process: subprocess.Popen[str], words: str) -> str:
    assert process.stdout is not None
    seen = ""
    for line in process.stdout:
        seen += line
        if words in line:
            return seen
    raise AssertionError(f"ended without saying {words!r}:\n{seen}")


def open_ports(data_dir: Path) -> list[int]:
    urls = json.loads((data_dir / "stack.json").read_text())["urls"]
    services = ("telegram", "yookassa", "temporal")
    return [int(urls[name].rpartition(":")[2]) for name in services]


@pytest.mark.slow
def test_two_stacks_live_side_by_side_and_leave_no_listener_behind(data_dir: Path) -> None:
    neighbours_dir = data_dir.parent / "neighbour"
    first, neighbour = up(data_dir), up(neighbours_dir)
    try:
        wait_for_line(first, "Settings for processes")
        wait_for_line(neighbour, "Settings for processes")
        ports = open_ports(data_dir) + open_ports(neighbours_dir)
        assert len(set(ports)) == 6
        assert all(accepts(port) for port in ports)
        refused, _ = (third := up(data_dir)).communicate(timeout=60)

        first.send_signal(signal.SIGINT)
        neighbour.kill()
        codes = [first.wait(60), neighbour.wait(60)]
    finally:
        for process in (first, neighbour):
            process.kill()
            process.communicate()

    assert codes == [0, -signal.SIGKILL]
    assert third.returncode == 1
    assert "is used by another instance" in refused
    deadline = time.monotonic() + 10
    while any(accepts(port) for port in ports) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not any(accepts(port) for port in ports)


def test_a_locked_data_directory_names_its_holder(tmp_path: Path) -> None:
    with (
        DataDirLock(tmp_path),
        pytest.raises(DataDirInUse, match=str(os.getpid())),
        DataDirLock(tmp_path),
    ):
        pass

    with DataDirLock(tmp_path):
        assert (tmp_path / "lock").read_text().strip() == str(os.getpid())


def test_secrets_are_made_once_and_closed_to_others(tmp_path: Path) -> None:
    made = local_secrets(tmp_path)

    assert local_secrets(tmp_path) == made
    assert (tmp_path / "secrets.json").stat().st_mode & 0o777 == 0o600
    assert "local-" in made["telegram_token"]


def test_generated_secrets_are_valid_settings(tmp_path: Path) -> None:
    made = local_secrets(tmp_path)

    settings = Settings.model_validate(
        {"api_tokens": api_tokens(made), "data_keys": made["data_key"]}
    )

    assert settings.api_tokens[0].name == "local"
    assert settings.data_keys[0].id.startswith("local-")


def test_ports_are_the_usual_ones_or_free_ones_and_never_shared() -> None:
    first, second = free_ports(2)

    ports = choose_ports({"DRILLFLOW_API_PORT": str(first), "DRILLFLOW_TEMPORAL_PORT": str(second)})

    assert (ports.api, ports.temporal) == (first, second)
    assert len(set(vars(ports).values())) == len(vars(Ports()))


def test_one_port_set_for_two_parts_is_refused_by_name() -> None:
    port = str(free_ports(1)[0])

    with pytest.raises(PortTaken, match="DRILLFLOW_BOT_PORT"):
        choose_ports({"DRILLFLOW_API_PORT": port, "DRILLFLOW_BOT_PORT": port})
