"""What the three composition roots share: how a process begins, and its way to Temporal."""

import dataclasses
import sys
from typing import NoReturn

from temporalio.client import Client
from temporalio.converter import DataConverter, DefaultFailureConverterWithEncodedAttributes
from temporalio.service import TLSConfig

from rules.errors import BadInput, RuleViolation
from rules.policy import POLICY_V1, Policy
from rules.policy_text import policy_from_json
from runtime.codec import EncryptionCodec
from runtime.errors import configure_errors
from runtime.failpoints import configure_failpoints
from runtime.logs import configure_logs
from runtime.payloads import data_converter
from settings import Environment, Settings


def configure(
    settings: Settings, process: str, *, expected: tuple[type[BaseException], ...] = ()
) -> None:
    """Logs, error reports and failpoints, before anything else happens."""
    configure_logs(process, settings.log_format, level=settings.log_level)
    configure_errors(
        settings.sentry_dsn.get_secret_value() if settings.sentry_dsn else None,
        process=process,
        environment=settings.env.value,
        expected=(RuleViolation, *expected),
    )
    configure_failpoints(
        settings.failpoints,
        data_dir=settings.data_dir,
        production=settings.env is Environment.PRODUCTION,
    )


async def connect(settings: Settings, *, lazy: bool = False) -> Client:
    """A client for the server that the settings name; a lazy one connects when first used."""
    key = settings.temporal_api_key
    return await Client.connect(
        settings.temporal_address or "",
        namespace=settings.temporal_namespace,
        api_key=key.get_secret_value() if key else None,
        data_converter=converter(settings),
        tls=_tls(settings) or key is not None,
        lazy=lazy,
    )


def converter(settings: Settings) -> DataConverter:
    """Pydantic payloads; encrypted, failures included, when the codec is on."""
    if settings.payload_codec == "off":
        return data_converter
    keys = {key.id: key.key for key in settings.data_keys}
    return dataclasses.replace(
        data_converter,
        payload_codec=EncryptionCodec(keys, newest=settings.data_keys[0].id),
        failure_converter_class=DefaultFailureConverterWithEncodedAttributes,
    )


def file_keys(settings: Settings) -> dict[str, bytes]:
    """The keys that files are encrypted with, the newest first; none where files are refused."""
    return {key.id: key.key for key in settings.data_keys}


def _tls(settings: Settings) -> TLSConfig | None:
    files = (settings.temporal_tls_ca, settings.temporal_tls_cert, settings.temporal_tls_key)
    if not any(files) and not settings.temporal_tls_server_name:
        return None
    authority, certificate, key = (path.read_bytes() if path else None for path in files)
    return TLSConfig(
        server_root_ca_cert=authority,
        client_cert=certificate,
        client_private_key=key,
        domain=settings.temporal_tls_server_name,
    )


def policy(settings: Settings) -> Policy:
    """The policy that new orders are pinned to; a bad file ends the process with one line."""
    if settings.policy_file is None:
        return POLICY_V1
    try:
        return policy_from_json(settings.policy_file.read_text(encoding="utf-8"))
    except (OSError, BadInput) as error:
        refuse(f"DRILLFLOW_POLICY_FILE cannot be used: {error}")


def refuse(problem: str) -> NoReturn:
    """End the process with one clear line about a setting."""
    sys.stderr.write(f"drillflow: bad setting: {problem}\n")
    raise SystemExit(2)
