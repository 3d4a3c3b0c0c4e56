"""Serving the simulator: stops at once, although pages keep an event stream open."""

from __future__ import annotations

from pathlib import Path
from types import FrameType

import uvicorn
from typing_extensions import override

from local.simulators.telegram.app import create_app


class SimulatorServer(uvicorn.Server):
    """A server that ends its event streams when it is told to stop."""

    @override
    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Close the streams first: the graceful stop would wait for them.

        The signal is not raised anew afterwards, as uvicorn does: a stop on request exits 0.
        """
        app = self.config.app
        stand = getattr(getattr(app, "state", None), "stand", None)
        if stand is not None:
            stand.events.close()
        self.force_exit = self.should_exit
        self.should_exit = True


def build_server(
    *, data_file: Path, token: str, port: int, payments_url: str | None = None
) -> SimulatorServer:
    """Return a server on 127.0.0.1; `await server.serve()` or `server.run()` runs it."""
    public_url = f"http://127.0.0.1:{port}"
    app = create_app(
        data_file=data_file, token=token, public_url=public_url, payments_url=payments_url
    )
    config = uvicorn.Config(
        app,
        host="127.0.0.1",
        port=port,
        log_level="warning",
        access_log=False,
        timeout_graceful_shutdown=2,
    )
    return SimulatorServer(config)
