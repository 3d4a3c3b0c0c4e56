import asyncio

from local.books import read_books


async def test_a_database_without_orders_has_no_books(database_url: str) -> None:
    assert await asyncio.to_thread(read_books, database_url) is None
