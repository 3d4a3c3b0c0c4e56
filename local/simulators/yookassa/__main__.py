"""`python -m local.simulators.yookassa`: one simulator as a process of its own.

The secret key comes from the environment, because arguments are visible to everybody.
"""

import os
from pathlib import Path
from typing import Annotated

import typer
from fastapi import FastAPI

from local.simulators.yookassa.app import create_app
from local.simulators.yookassa.server import serve


def main(
    data_file: Annotated[Path, typer.Option(help="Its SQLite file")],
    shop_id: Annotated[str, typer.Option(help="User name of the API")],
    port: Annotated[int, typer.Option(help="Port on 127.0.0.1, 0 takes any")] = 0,
    public_url: Annotated[str | None, typer.Option(help="Address a browser uses")] = None,
    webhook_url: Annotated[str | None, typer.Option(help="Where notices go")] = None,
) -> None:
    """Serve the YooKassa simulator until stopped (key: YOOKASSA_SIMULATOR_SECRET_KEY)."""
    secret_key = os.environ.get("YOOKASSA_SIMULATOR_SECRET_KEY")
    if not secret_key:
        raise typer.BadParameter("YOOKASSA_SIMULATOR_SECRET_KEY is not set")

    def build(url: str) -> FastAPI:
        return create_app(
            data_file=data_file,
            shop_id=shop_id,
            secret_key=secret_key,
            public_url=public_url or url,
            webhook_url=webhook_url,
        )

    serve(build, port)


if __name__ == "__main__":
    typer.run(main)
