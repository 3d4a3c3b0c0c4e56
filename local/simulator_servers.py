"""The simulators as processes: our settings become their parameters here, and only here."""

from pathlib import Path

from fastapi import FastAPI
from pydantic import SecretStr

from settings import LOCAL_MARK, Settings


def serve_telegram(
    settings: Settings, data_file: Path, port: int, payments_url: str | None
) -> None:
    """Serve until told to stop."""
    from local.simulators.telegram.server import build_server  # noqa: PLC0415 - loads what it needs

    token = _or_local(settings.telegram_token, f"1:{LOCAL_MARK}bot")
    build_server(data_file=data_file, token=token, port=port, payments_url=payments_url).run()


def serve_yookassa(settings: Settings, data_file: Path, port: int, webhook_url: str | None) -> None:
    """Serve until told to stop."""
    from local.simulators.yookassa.app import create_app  # noqa: PLC0415 - loads what it needs
    from local.simulators.yookassa.server import serve  # noqa: PLC0415 - as above

    def build(public_url: str) -> FastAPI:
        return create_app(
            data_file=data_file,
            shop_id=settings.yookassa_shop_id or "100500",
            secret_key=_or_local(settings.yookassa_secret_key, f"{LOCAL_MARK}shop"),
            public_url=public_url,
            webhook_url=webhook_url,
        )

    serve(build, port)


def _or_local(secret: SecretStr | None, default: str) -> str:
    return secret.get_secret_value() if secret else default
