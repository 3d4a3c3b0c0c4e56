"""Running the simulator on the loopback interface, in this thread or beside it."""

import signal
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import uvicorn
from fastapi import FastAPI

_HOST = "127.0.0.1"
_START_SECONDS = 20.0


def _server(app: FastAPI) -> uvicorn.Server:
    config = uvicorn.Config(
        app,
        log_level="warning",
        access_log=False,
        timeout_graceful_shutdown=1,
        # A header must not be able to say that a stranger is local.
        proxy_headers=False,
    )
    return uvicorn.Server(config)


def _leave(*_: object) -> None:
    sys.exit(0)


def _bound(port: int) -> socket.socket:
    # asyncio switches Nagle's delay off only for sockets that name their protocol.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind((_HOST, port))
    return listener


def serve(build: Callable[[str], FastAPI], port: int) -> None:
    """Serve until the process is told to stop; `build` gets the address, port 0 takes any."""
    # After a clean end the server raises the signal again, for whoever stood here before it.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _leave)
    with _bound(port) as listener:
        app = build(f"http://{_HOST}:{listener.getsockname()[1]}")
        _server(app).run(sockets=[listener])


@contextmanager
def running(build: Callable[[str], FastAPI], port: int = 0) -> Iterator[str]:
    """Serve in a thread and give its address; stopped and joined on the way out."""
    listener = _bound(port)
    url = f"http://{_HOST}:{listener.getsockname()[1]}"
    server = _server(build(url))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    try:
        deadline = time.monotonic() + _START_SECONDS
        while not server.started:
            if not thread.is_alive() or time.monotonic() > deadline:
                msg = f"The simulator did not start at {url}"
                raise RuntimeError(msg)
            time.sleep(0.01)
        yield url
    finally:
        server.should_exit = True
        thread.join(_START_SECONDS)
        listener.close()
