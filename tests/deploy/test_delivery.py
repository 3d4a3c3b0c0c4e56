"""What an operator starts from fits the code: compose, image, edge, settings."""

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from fastapi.routing import APIRoute

from api.routes import codec, docs, health, order_page, orders, webhooks
from local.temporal import SEARCH_ATTRIBUTES, TemporalOptions
from runtime.probe import answers
from settings import PREFIX, Settings, production_needs

ROOT = Path(__file__).resolve().parents[2]
ROOMS = ("rules", "texts", "models", "runtime", "activities", "workflows", "api", "bot")


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    """The compose file as JSON, read by the checker's own YAML parser."""
    code = (
        "import json, sys\n"
        "from ruamel.yaml import YAML\n"
        "print(json.dumps(YAML(typ='safe').load(open(sys.argv[1], encoding='utf-8'))))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(ROOT / "docker-compose.yml")],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_compose_starts_everything_in_an_order_that_works(compose: dict[str, Any]) -> None:
    services = compose["services"]
    for name, service in services.items():
        for needed, how in service.get("depends_on", {}).items():
            assert needed in services, name
            if how["condition"] == "service_healthy":
                assert "healthcheck" in services[needed], f"{name} waits for {needed}"
            else:
                assert services[needed]["restart"].startswith("on-failure"), needed
    assert {"api", "bot", "worker", "migrate", "temporal-ui"} <= set(services)


def test_no_image_is_deprecated_and_none_floats(compose: dict[str, Any]) -> None:
    images = [one["image"] for one in compose["services"].values()]
    assert not [image for image in images if "auto-setup" in image]
    ours = [image for image in images if image.startswith("drillflow:")]
    assert all(re.search(r":-?[^}]*\d", image) for image in images if image not in ours)


def test_processes_run_without_rights_and_are_watched(compose: dict[str, Any]) -> None:
    for name in ("api", "bot", "worker"):
        service = compose["services"][name]
        assert service["read_only"], name
        assert service["cap_drop"] == ["ALL"], name
        assert service["healthcheck"]["test"][1:4] == ["python", "-m", "runtime.probe"], name
    # Nothing but the edge's own ports is open, and those only on this machine.
    published = [port for one in compose["services"].values() for port in one.get("ports", ())]
    assert all(port.startswith("127.0.0.1:") for port in published)


def test_every_setting_in_the_deployment_exists(compose: dict[str, Any]) -> None:
    known = {f"{PREFIX}{name}".upper() for name in Settings.model_fields}
    given = set(re.findall(r"^(DRILLFLOW_\w+)=", _read("deploy/env.example"), re.MULTILINE))
    for service in compose["services"].values():
        given |= {name for name in service.get("environment", {}) if name.startswith(PREFIX)}
    assert given - known == {"DRILLFLOW_DB_PASSWORD", "DRILLFLOW_VERSION"}
    assert {f"{PREFIX}{name}".upper() for name in production_needs()} <= given


def test_the_image_holds_every_room_and_no_tests() -> None:
    copied = set(re.findall(r"^COPY (\w+) \1$", _read("Dockerfile"), re.MULTILINE))
    assert copied == {*ROOMS, "migrations"}
    assert re.search(r"^USER \d+$", _read("Dockerfile"), re.MULTILINE)


def test_the_cluster_gets_the_search_attributes_and_limits_of_the_embedded_server() -> None:
    script = _read("deploy/temporal/namespace.sh")
    assert dict(re.findall(r"\b([A-Z]\w+)=(Keyword|Bool|Datetime)\b", script)) == SEARCH_ATTRIBUTES
    limit = TemporalOptions().max_in_flight_updates
    assert f"value: {limit}" in _read("deploy/temporal/drillflow.yaml")


@pytest.mark.parametrize(
    "script", ["temporal/schema.sh", "temporal/namespace.sh", "postgres/roles.sh"]
)
def test_scripts_can_be_read_by_a_plain_shell(script: str) -> None:
    done = subprocess.run(["sh", "-n", str(ROOT / "deploy" / script)], check=False)
    assert done.returncode == 0


@pytest.mark.parametrize("edge", ["nginx/drillflow.conf", "caddy/Caddyfile"])
def test_the_edge_lets_in_what_strangers_need_and_nothing_else(edge: str) -> None:
    rules = _read(f"deploy/{edge}")
    paths = {
        route.path
        for room in (codec, docs, health, order_page, orders, webhooks)
        for route in room.router.routes
        if isinstance(route, APIRoute)
    }
    opened = {path for path in paths if any(path.startswith(one) for one in _opened(rules))}
    assert {path for path in paths if path.startswith(("/webhooks", "/o/", "/api/"))} <= opened
    assert not opened & {"/metrics", "/readyz", "/docs", "/openapi.json", "/local/phones"}


def test_the_probe_says_no_to_what_does_not_answer() -> None:
    assert not answers("http://127.0.0.1:9/readyz")
    assert not answers("file:///etc/passwd")


def _opened(rules: str) -> list[str]:
    nginx = re.findall(r"location (?:= )?(/\w\S*)", rules)
    caddy = re.findall(r"^\s*@open path (.*)$", rules, re.MULTILINE)
    return nginx or [one.rstrip("*") for line in caddy for one in line.split()]


def _read(path: str) -> str:
    return (ROOT / path).read_text(encoding="utf-8")
