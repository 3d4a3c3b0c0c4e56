"""The table of all settings, made from `settings.Settings`; `docs/settings.md` is its output."""

import types
from collections.abc import Iterator
from pathlib import Path
from typing import Literal, Union, get_args, get_origin

from pydantic import SecretStr
from pydantic.fields import FieldInfo

from settings import PREFIX, Settings, production_needs

HEAD = """# Settings

Every process reads its configuration from the environment or from `.env`, once, and ends with one
clear line and exit code 2 if something is wrong. An empty value counts as unset. Written by
`python -m local settings > docs/settings.md`; a test compares.

**Required** marks what `DRILLFLOW_ENV=production` does not start without. Production also refuses
loopback and plain-http addresses, generated keys, default passwords, test shops, failpoints and a
switched-off payload codec.

| Variable | Default | Meaning |
|---|---|---|
"""

MEANINGS = {
    "env": "Where we run: `local` generates what is missing, `production` refuses it",
    "data_dir": "Files of ours: the embedded servers' data, photos, exports",
    "public_url": "How people and providers reach the API, without a trailing slash",
    "bind_host": "The address that the processes listen on",
    "api_port": "Port of `python -m api`",
    "worker_port": "Port of the worker's health and metrics",
    "bot_port": "Port of the bot's health and metrics",
    "locale": "Language of people who have not chosen one",
    "policy_file": "JSON laid over policy v1; new orders take it, open ones keep theirs",
    "database_url": "`postgresql://user:password@host:5432/database`; unset: embedded",
    "temporal_address": "`host:7233`; unset: the embedded development server",
    "temporal_namespace": "The namespace; its retention should be 30 days",
    "temporal_api_key": "For a server that asks for one",
    "temporal_tls_cert": "Client certificate (PEM) for mutual TLS",
    "temporal_tls_key": "Its key",
    "temporal_tls_ca": "The server's CA, if it is not a public one",
    "temporal_tls_server_name": "The name in the server's certificate, if it differs",
    "temporal_ui_url": "Where support opens the Temporal UI; may read decoded payloads",
    "telegram_token": "The bot's token, `123456:secret`",
    "telegram_api_url": "Another Bot API server; unset: Telegram's (locally the simulator)",
    "telegram_mode": "How updates arrive; of several polling bots one leads",
    "telegram_webhook_secret": "What Telegram sends with each update, 16 characters or more",
    "telegram_support_chat": "The support group's chat id; who is in it is support",
    "telegram_provider_token": "YooKassa's token from BotFather: pay in the chat; unset: off",
    "yookassa_shop_id": "The shop",
    "yookassa_secret_key": "Its key; `test_…` takes training payments only, `live_…` real ones",
    "yookassa_api_url": "Another address of the provider; unset: its own (locally the simulator)",
    "yookassa_timeout_seconds": "How long its answer is waited for; its own limit is 30",
    "receipts": "Who makes receipts under 54-FZ: the payment provider, or nobody",
    "receipts_vat_code": "VAT code of their lines (tag 1199); 1: without VAT",
    "receipts_tax_system": "Tax system (tag 1055), if the shop has several",
    "receipts_subject": "What is paid for (tag 1212)",
    "geocoder": "Who finds addresses; the built-in table always stands behind",
    "geocoder_url": "Another server of that geocoder",
    "geocoder_key": "Its key, if it asks for one",
    "api_tokens": "`name:sha256-of-token:scope+scope`, by commas; a person's is named `user-17`",
    "data_keys": "`id:base64-of-32-bytes`, the newest first; the others still decrypt",
    "payload_codec": "Encrypts everything that Temporal stores",
    "sentry_dsn": "Where faults are reported, without personal data",
    "otlp_endpoint": "Where traces go",
    "log_format": "For eyes, or one JSON object per line (ECS)",
    "log_level": "The least level that is written",
    "metrics": "Whether `/metrics` answers",
    "failpoints": "Kills processes at named places, for tests",
}
"""One sentence per setting; a field without one fails the test."""


def markdown() -> str:
    """The whole page."""
    return HEAD + "".join(f"{row}\n" for row in _rows())


def _rows() -> Iterator[str]:
    needed = production_needs()
    for name, field in Settings.model_fields.items():
        mark = " **Required.**" if name in needed else ""
        meaning = MEANINGS.get(name, "")
        choice = _choice(field)
        yield f"| `{PREFIX}{name.upper()}` | {_default(field)} | {meaning}{choice}.{mark} |"


def _default(field: FieldInfo) -> str:
    value = field.default
    if value is None or value == () or isinstance(value, SecretStr):
        return "–"
    if isinstance(value, Path):
        return f"`{value}/`"
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    return f"`{value}`"


def _choice(field: FieldInfo) -> str:
    annotation = field.annotation
    if get_origin(annotation) in (Union, types.UnionType):
        annotation = next(one for one in get_args(annotation) if one is not type(None))
    if get_origin(annotation) is not Literal:
        return ""
    return " (" + ", ".join(f"`{one}`" for one in get_args(annotation)) + ")"
