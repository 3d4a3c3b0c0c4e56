"""`/docs`: the API's description as a page of ours that loads nothing from elsewhere."""

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse

from api.rendering import render_docs

router = APIRouter(include_in_schema=False)


@router.get("/docs")
async def docs(request: Request) -> HTMLResponse:
    """Every route, body and answer, rendered from the OpenAPI description."""
    return render_docs(request.app.openapi())
