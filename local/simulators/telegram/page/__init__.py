"""The two phones: static files of this package, no build step, no outside asset."""

from __future__ import annotations

from pathlib import Path

from fastapi import APIRouter
from fastapi.responses import FileResponse, JSONResponse, Response

FOLDER = Path(__file__).parent
TYPES = {
    ".css": "text/css",
    ".js": "text/javascript",
    ".html": "text/html",
    ".svg": "image/svg+xml",
}
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self'"
    " data: blob:; connect-src 'self'; base-uri 'none'; form-action 'none'"
)


def page_router(public_url: str) -> APIRouter:
    """Return the page's routes."""
    router = APIRouter(include_in_schema=False)

    @router.get("/phones")
    @router.get("/local/phones")
    @router.get("/")
    async def phones() -> Response:
        return _served("phones.html")

    @router.get("/phones/assets/{name}")
    async def asset(name: str) -> Response:
        return _served(name)

    @router.get("/phones/settings.json")
    async def settings() -> dict[str, str]:
        return {"public_url": public_url}

    return router


def _served(name: str) -> Response:
    file = FOLDER / name
    if file.parent != FOLDER or file.suffix not in TYPES or not file.is_file():
        return JSONResponse({"error": "no such file"}, 404)
    headers = {"Content-Security-Policy": POLICY, "Cache-Control": "no-cache"}
    return FileResponse(file, media_type=TYPES[file.suffix], headers=headers)
