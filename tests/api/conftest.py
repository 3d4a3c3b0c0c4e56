from collections.abc import AsyncIterator

import pytest

from tests.api.stage import Stage, stage


@pytest.fixture
async def api(database_url: str) -> AsyncIterator[Stage]:
    """The application on a database of its own."""
    async with stage(database_url) as ready:
        yield ready
