"""All settings of every process, read once by a composition root and passed in as values."""

from __future__ import annotations

import base64
import binascii
import hashlib
import secrets
import sys
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Literal, NoReturn, Self
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

PREFIX = "DRILLFLOW_"
LOCAL_MARK = "local-"  # every secret we generate for local use begins so; production refuses it
_DEFAULT_PASSWORDS = {"", "admin", "changeme", "drillflow", "password", "postgres", "temporal"}
_LOOPBACK = {"localhost", "127.0.0.1", "::1", "0.0.0.0"}  # noqa: S104 - compared, never bound


class Environment(StrEnum):
    """Where we run: `local` generates what is missing, `production` refuses it."""

    LOCAL = "local"
    PRODUCTION = "production"


@dataclass(frozen=True)
class ApiToken:
    """A caller of the API: who, the SHA-256 of the bearer token, what it may do."""

    name: str
    sha256: str
    scopes: frozenset[str]


@dataclass(frozen=True)
class DataKey:
    """A 32-byte encryption key; `id` is stored beside what it encrypted."""

    id: str
    key: bytes = field(repr=False)


class Settings(BaseSettings):
    """Settings of one process; the environment wins over `.env`, both over the defaults.

    Where an address is None, `python -m local` starts the embedded part and sets the address;
    a process started alone speaks to the provider's own public address.
    """

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        env_file=".env",
        env_file_encoding="utf-8",
        env_ignore_empty=True,
        extra="ignore",
        frozen=True,
        hide_input_in_errors=True,
    )

    env: Environment = Environment.LOCAL
    data_dir: Path = Path("var")
    public_url: str = "http://127.0.0.1:8000"
    bind_host: str = "127.0.0.1"
    api_port: int = Field(default=8000, ge=0, le=65535)
    worker_port: int = Field(default=8001, ge=0, le=65535)
    bot_port: int = Field(default=8002, ge=0, le=65535)
    locale: Literal["ru", "en"] = "ru"
    policy_file: Path | None = None

    database_url: SecretStr | None = None
    temporal_address: str | None = None
    temporal_namespace: str = "default"
    temporal_api_key: SecretStr | None = None
    temporal_tls_cert: Path | None = None
    temporal_tls_key: Path | None = None
    temporal_tls_ca: Path | None = None
    temporal_tls_server_name: str | None = None
    temporal_ui_url: str | None = None

    telegram_token: SecretStr | None = None
    telegram_api_url: str | None = None
    telegram_mode: Literal["webhook", "polling"] = "webhook"
    telegram_webhook_secret: SecretStr | None = None
    telegram_support_chat: int | None = None
    telegram_provider_token: SecretStr | None = None

    yookassa_shop_id: str | None = None
    yookassa_secret_key: SecretStr | None = None
    yookassa_api_url: str | None = None
    yookassa_timeout_seconds: float = Field(default=40.0, ge=1, le=40)
    receipts: Literal["off", "provider"] = "provider"
    receipts_vat_code: int = Field(default=1, ge=1, le=12)
    receipts_tax_system: int | None = Field(default=None, ge=1, le=6)
    receipts_subject: Literal["job", "service"] = "job"

    geocoder: Literal["offline", "nominatim", "yandex"] = "offline"
    geocoder_url: str | None = None
    geocoder_key: SecretStr | None = None

    api_tokens: Annotated[tuple[ApiToken, ...], NoDecode] = ()
    data_keys: Annotated[tuple[DataKey, ...], NoDecode] = ()
    payload_codec: Literal["off", "on"] = "off"

    sentry_dsn: SecretStr | None = None
    otlp_endpoint: str | None = None
    log_format: Literal["console", "json"] = "console"
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    metrics: bool = True
    failpoints: str | None = None

    @field_validator("api_tokens", mode="before")
    @classmethod
    def _read_api_tokens(cls, value: object) -> object:
        return _parse_api_tokens(value) if isinstance(value, str) else value

    @field_validator("data_keys", mode="before")
    @classmethod
    def _read_data_keys(cls, value: object) -> object:
        return _parse_data_keys(value) if isinstance(value, str) else value

    @field_validator("database_url")
    @classmethod
    def _speak_asyncpg(cls, value: SecretStr | None) -> SecretStr | None:
        if value is None:
            return None
        scheme, _, rest = value.get_secret_value().partition("://")
        if scheme not in {"postgres", "postgresql", "postgresql+asyncpg"} or not rest:
            raise ValueError("must look like postgresql://user:password@host:5432/database")
        return SecretStr(f"postgresql+asyncpg://{rest}")

    @field_validator(
        "public_url", "telegram_api_url", "yookassa_api_url", "geocoder_url", "temporal_ui_url"
    )
    @classmethod
    def _be_an_address(cls, value: str | None) -> str | None:
        if value is None:
            return None
        parts = urlsplit(value)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise ValueError("must look like https://host or http://127.0.0.1:8000")
        return value.rstrip("/")

    @model_validator(mode="after")
    def _refuse_local_defaults_in_production(self) -> Self:
        if self.env is Environment.PRODUCTION:
            first = next(iter(_production_problems(self)), None)
            if first:
                raise ValueError(f"{PREFIX}{first[0]} {first[1]}")
        return self


def load_settings(*, needs: Iterable[str] = ()) -> Settings:
    """Read the settings or end the process with one clear line and exit code 2.

    Args:
        needs: Names of fields that this process cannot do without, such as `database_url`.
    """
    try:
        settings = Settings()
    except ValidationError as error:
        _refuse(_explain(error))
    for name in needs:
        if getattr(settings, name) in (None, ()):
            _refuse(
                f"{PREFIX}{name.upper()} is not set. "
                "Set it, or let `make up` start the embedded parts and set it for you."
            )
    return settings


def production_needs() -> frozenset[str]:
    """Fields without which production does not start."""
    return frozenset(_PRODUCTION_NEEDS)


def hash_token(token: str) -> str:
    """Return what `API_TOKENS` holds instead of the bearer token itself."""
    return hashlib.sha256(token.encode()).hexdigest()


def new_api_token() -> str:
    """Return a fresh bearer token for local use."""
    return LOCAL_MARK + secrets.token_urlsafe(24)


def new_data_key() -> str:
    """Return one entry of `DATA_KEYS` for local use: `id:base64`."""
    key = base64.b64encode(secrets.token_bytes(32)).decode()
    return f"{LOCAL_MARK}{secrets.token_hex(4)}:{key}"


def _parse_api_tokens(text: str) -> tuple[ApiToken, ...]:
    tokens = []
    for entry in filter(None, (part.strip() for part in text.split(","))):
        name, digest, scopes = [*entry.split(":"), "", ""][:3]
        digest = digest.lower()
        if not name or len(digest) != 64 or set(digest) - set("0123456789abcdef"):
            raise ValueError("each entry must be name:sha256-in-hex:scope+scope")
        tokens.append(ApiToken(name, digest, frozenset(filter(None, scopes.split("+")))))
    return tuple(tokens)


def _parse_data_keys(text: str) -> tuple[DataKey, ...]:
    keys = []
    for entry in filter(None, (part.strip() for part in text.split(","))):
        key_id, _, encoded = entry.partition(":")
        try:
            key = base64.b64decode(encoded, validate=True)
        except binascii.Error:
            key = b""
        if not key_id or len(key) != 32:
            raise ValueError("each entry must be id:base64-of-32-bytes, the newest first")
        keys.append(DataKey(key_id, key))
    if len({key.id for key in keys}) != len(keys):
        raise ValueError("each key needs its own id")
    return tuple(keys)


def _production_problems(settings: Settings) -> Iterable[tuple[str, str]]:
    """Yield (variable, what is wrong and what to do), the first of which is shown."""
    for name in _PRODUCTION_NEEDS:
        if getattr(settings, name) in (None, ()):
            yield name.upper(), "is required in production; set it"
    for name in ("public_url", "telegram_api_url", "yookassa_api_url"):
        url = getattr(settings, name)
        if url and (_is_loopback(url) or urlsplit(url).scheme != "https"):
            yield name.upper(), "is a local address; production needs https and a real host"
    if settings.temporal_address and _is_loopback(f"//{settings.temporal_address}"):
        yield "TEMPORAL_ADDRESS", "is a local address; set the cluster's"
    if settings.failpoints:
        yield "FAILPOINTS", "kills processes on purpose; unset it in production"
    if settings.payload_codec != "on":
        yield "PAYLOAD_CODEC", "is off; set it to on"
    if settings.geocoder == "yandex" and settings.geocoder_key is None:
        yield "GEOCODER_KEY", "is needed for this geocoder; set it"
    yield from _weak_secrets(settings)


def _weak_secrets(settings: Settings) -> Iterable[tuple[str, str]]:
    database = urlsplit(_reveal(settings.database_url))
    if database.hostname and (database.password or "") in _DEFAULT_PASSWORDS:
        yield "DATABASE_URL", "has a default password; give the role its own"
    if _reveal(settings.yookassa_secret_key).startswith(("test_", LOCAL_MARK)):
        yield "YOOKASSA_SECRET_KEY", "belongs to a test shop; set the live one"
    if ":TEST:" in _reveal(settings.telegram_provider_token):
        yield "TELEGRAM_PROVIDER_TOKEN", "is a test one; set the live one or unset it"
    secret = _reveal(settings.telegram_webhook_secret)
    if secret.startswith(LOCAL_MARK) or (secret and len(secret) < 16):
        yield "TELEGRAM_WEBHOOK_SECRET", "is generated or short; set 16 characters or more"
    if any(key.id.startswith(LOCAL_MARK) for key in settings.data_keys):
        yield "DATA_KEYS", "were generated for local use; make new ones"
    if any(token.name.startswith("local") for token in settings.api_tokens):
        yield "API_TOKENS", "hold a token generated for local use; remove it"


_PRODUCTION_NEEDS = (
    "database_url",
    "temporal_address",
    "telegram_token",
    "telegram_webhook_secret",
    "yookassa_shop_id",
    "yookassa_secret_key",
    "data_keys",
)


def _is_loopback(url: str) -> bool:
    return (urlsplit(url).hostname or "") in _LOOPBACK


def _reveal(secret: SecretStr | None) -> str:
    return secret.get_secret_value() if secret else ""


def _explain(error: ValidationError) -> str:
    """Say which variable, and what is wrong; never its value, which may be a secret."""
    first = error.errors(include_input=False, include_url=False)[0]
    message = str(first["msg"]).removeprefix("Value error, ").removeprefix("Input ")
    if not first["loc"]:
        return message
    return f"{PREFIX}{str(first['loc'][0]).upper()} {message}. Correct it, or unset it."


def _refuse(problem: str) -> NoReturn:
    print(f"drillflow: bad setting: {problem}", file=sys.stderr)
    raise SystemExit(2)
