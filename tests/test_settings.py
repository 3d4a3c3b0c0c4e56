"""Settings come from the environment; a wrong one is one clear line, and production is strict."""

from __future__ import annotations

import base64
import os
import subprocess
import sys
from pathlib import Path

import pytest

from settings import Settings, hash_token, load_settings, new_api_token, new_data_key

ROOT = Path(__file__).resolve().parent.parent
KEY = base64.b64encode(b"k" * 32).decode()
PRODUCTION = {
    "ENV": "production",
    "DATABASE_URL": "postgresql://drill:Xa9-long-and-own@db.internal:5432/drillflow",
    "TEMPORAL_ADDRESS": "temporal.internal:7233",
    "TELEGRAM_TOKEN": "123456789:AAEhBOweik6ad9r_QXMENQjcrGbqCr4K-bc",
    "TELEGRAM_WEBHOOK_SECRET": "a-secret-of-our-own-making",
    "YOOKASSA_SHOP_ID": "100500",
    "YOOKASSA_SECRET_KEY": "live_Zm9vYmFyYmF6cXV4MTIzNDU2Nzg5MA",
    "DATA_KEYS": f"2026-11:{KEY}",
    "PAYLOAD_CODEC": "on",
    "PUBLIC_URL": "https://drillflow.example",
}


@pytest.fixture
def only_defaults(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> pytest.MonkeyPatch:
    for name in list(os.environ):
        if name.startswith("DRILLFLOW_"):
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    return monkeypatch


def test_the_defaults_are_those_of_the_embedded_stack(only_defaults: pytest.MonkeyPatch) -> None:
    settings = Settings()

    assert settings.database_url is None
    assert settings.temporal_address is None
    assert settings.temporal_namespace == "default"
    assert settings.geocoder == "offline"
    assert settings.public_url == "http://127.0.0.1:8000"
    assert (settings.api_port, settings.data_dir, settings.locale) == (8000, Path("var"), "ru")
    assert (settings.payload_codec, settings.log_format) == ("off", "console")


def test_the_environment_wins_over_the_file(
    only_defaults: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / ".env").write_text("DRILLFLOW_API_PORT=9001\nDRILLFLOW_LOCALE=en\n")
    only_defaults.setenv("DRILLFLOW_API_PORT", "9002")

    settings = Settings()

    assert (settings.api_port, settings.locale) == (9002, "en")


def test_tokens_and_keys_are_read_from_one_line(only_defaults: pytest.MonkeyPatch) -> None:
    token = new_api_token()
    only_defaults.setenv("DRILLFLOW_API_TOKENS", f"crm:{hash_token(token)}:read+write,x:{'0' * 64}")
    only_defaults.setenv(
        "DRILLFLOW_DATA_KEYS", f"new:{KEY}, old:{base64.b64encode(b'o' * 32).decode()}"
    )

    settings = Settings()

    assert [(entry.name, entry.scopes) for entry in settings.api_tokens] == [
        ("crm", {"read", "write"}),
        ("x", frozenset()),
    ]
    assert settings.api_tokens[0].sha256 == hash_token(token)
    assert [(key.id, key.key[:1]) for key in settings.data_keys] == [("new", b"k"), ("old", b"o")]


def test_a_database_address_always_speaks_asyncpg(only_defaults: pytest.MonkeyPatch) -> None:
    only_defaults.setenv("DRILLFLOW_DATABASE_URL", "postgres://u:p@h/d")

    url = load_settings(needs=["database_url"]).database_url

    assert url is not None
    assert url.get_secret_value() == "postgresql+asyncpg://u:p@h/d"


def test_settings_printed_show_no_secret(only_defaults: pytest.MonkeyPatch) -> None:
    give(only_defaults, PRODUCTION)

    printed = repr(load_settings()) + str(load_settings())

    for secret in ("Xa9-long", "AAEhBOweik", "own-making", "live_Zm9v", "kkkkkkkk", KEY):
        assert secret not in printed


@pytest.mark.parametrize(
    ("name", "value", "complaint"),
    [
        ("API_PORT", "eighty", "valid integer"),
        ("API_PORT", "70000", "65535"),
        ("DATABASE_URL", "mysql://u:hunter2@h/d", "postgresql://"),
        ("PUBLIC_URL", "drillflow.example", "https://host"),
        ("LOG_FORMAT", "xml", "'console' or 'json'"),
        ("ENV", "prod", "'local' or 'production'"),
        ("API_TOKENS", "crm:hunter2", "name:sha256"),
        ("DATA_KEYS", "a:hunter2", "base64-of-32-bytes"),
        ("DATA_KEYS", f"a:{KEY},a:{KEY}", "its own id"),
        ("GEOCODER", "google", "'offline', 'nominatim' or 'yandex'"),
    ],
)
def test_a_bad_setting_is_one_line_without_its_value(
    name: str,
    value: str,
    complaint: str,
    only_defaults: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    give(only_defaults, {name: value})

    complained = refused(capsys)

    assert complained.startswith(f"drillflow: bad setting: DRILLFLOW_{name} ")
    assert complaint in complained
    assert "hunter2" not in complained


def test_what_a_process_needs_is_named_when_missing(
    only_defaults: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    complained = refused(capsys, needs=("database_url", "temporal_address"))

    assert "DRILLFLOW_DATABASE_URL is not set" in complained
    assert "make up" in complained


def test_a_process_with_a_bad_setting_ends_with_two(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", "from settings import load_settings; load_settings()"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT), "DRILLFLOW_API_PORT": "x"},
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )

    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *((name, "") for name in PRODUCTION if name != "ENV"),
        ("PUBLIC_URL", "http://drillflow.example"),
        ("TELEGRAM_API_URL", "http://127.0.0.1:8081"),
        ("YOOKASSA_API_URL", "https://localhost:8082/v3"),
        ("TEMPORAL_ADDRESS", "127.0.0.1:7233"),
        ("DATABASE_URL", "postgresql://postgres:postgres@db/drillflow"),
        ("DATABASE_URL", "postgresql://drillflow@db/drillflow"),
        ("YOOKASSA_SECRET_KEY", "test_Zm9vYmFyYmF6cXV4MTIzNDU2Nzg5MA"),
        ("TELEGRAM_WEBHOOK_SECRET", "local-abcdefghijklmnop"),
        ("TELEGRAM_WEBHOOK_SECRET", "short"),
        ("DATA_KEYS", f"local-1:{KEY}"),
        ("API_TOKENS", f"local:{'0' * 64}:read"),
        ("PAYLOAD_CODEC", "off"),
        ("FAILPOINTS", "after-charge=kill"),
    ],
)
def test_production_refuses_a_local_default(
    name: str, value: str, only_defaults: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    give(only_defaults, {**PRODUCTION, name: value})

    assert refused(capsys).startswith(f"drillflow: bad setting: DRILLFLOW_{name} ")


def test_keys_made_for_local_use_are_read_locally_and_refused_in_production(
    only_defaults: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    give(only_defaults, {"DATA_KEYS": new_data_key()})
    assert len(Settings().data_keys[0].key) == 32

    give(only_defaults, {**PRODUCTION, "DATA_KEYS": new_data_key()})
    assert "DRILLFLOW_DATA_KEYS" in refused(capsys)


def give(environment: pytest.MonkeyPatch, variables: dict[str, str]) -> None:
    for name, value in variables.items():
        environment.setenv(f"DRILLFLOW_{name}", value)


def refused(capsys: pytest.CaptureFixture[str], needs: tuple[str, ...] = ()) -> str:
    """Load settings that must be refused; return the one line that says why."""
    with pytest.raises(SystemExit) as exit_request:
        load_settings(needs=needs)
    written = capsys.readouterr().err
    assert exit_request.value.code == 2
    assert written.count("\n") == 1
    return written
