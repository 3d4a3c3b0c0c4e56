"""Pictures and papers: from a chat into our store, and from our store into a chat."""

import asyncio
from collections.abc import Iterable

from telegram import Message
from telegram.error import BadRequest, TelegramError

from bot.delivery import Fate, Outcome, attempt, patiently
from bot.inbox import Postponed
from bot.visit import Visit
from models.files import KeptFile, SentFile
from rules.errors import FilesUnavailable, FileTooBig
from rules.files import FILE_BYTES_MAX, JPEG, PDF, PNG, FileKind

DOWNLOAD_SECONDS = 60.0
PHOTO_BYTES_MAX = 10 * 1024 * 1024
"""A larger picture Telegram takes only as a document."""

_ENDINGS = {JPEG: "jpg", PNG: "png", PDF: "pdf"}


def has_file(message: Message) -> bool:
    """Whether a message carries a photo or a document."""
    return bool(message.photo) or message.document is not None


async def keep_sent(visit: Visit, message: Message, order_id: str, kind: FileKind) -> str:
    """Fetch what a message carries and keep it for an order; the id in our store.

    Raises:
        FileTooBig, FileTypeRefused: It is not taken.
        FilesUnavailable: There is no store.
        Postponed: Telegram did not hand it over; the update is served again.
    """
    store = visit.desk.files
    if store is None:
        raise FilesUnavailable()
    found = message.photo[-1] if message.photo else message.document
    if found is None or (found.file_size or 0) > FILE_BYTES_MAX:
        raise FileTooBig()
    content = await _download(visit, found.file_id)
    return await store.keep(SentFile(order_id, kind, content, visit.user.id, found.file_id))


async def _download(visit: Visit, file_id: str) -> bytes:
    try:
        async with asyncio.timeout(DOWNLOAD_SECONDS):
            file = await visit.desk.bot.get_file(file_id)
            return bytes(await file.download_as_bytearray())
    except BadRequest as error:
        if "too big" in error.message.lower():
            raise FileTooBig() from error
        raise FilesUnavailable() from error
    except (TelegramError, TimeoutError) as error:
        raise Postponed("the file was not handed over") from error


async def send_kept(visit: Visit, order_id: str, file_ids: Iterable[str]) -> int:
    """Show an order's files in this chat; how many there still are."""
    store, count = visit.desk.files, 0
    if store is None:
        return 0
    for file_id in file_ids:
        kept = await store.read(order_id, file_id)
        if kept is not None:
            count += 1
            await _send(visit, kept, count)
    return count


async def _send(visit: Visit, kept: KeptFile, number: int) -> None:
    bot, name = visit.desk.bot, f"{number}.{_ENDINGS.get(kept.media_type, 'webp')}"
    is_photo = kept.media_type in (JPEG, PNG) and len(kept.content) <= PHOTO_BYTES_MAX

    async def send() -> Outcome:
        where, content = visit.chat_id, kept.content
        if is_photo:
            photo = bot.send_photo(where, content, filename=name, protect_content=True)
            return await attempt("sendPhoto", photo)
        paper = bot.send_document(where, content, filename=name, protect_content=True)
        return await attempt("sendDocument", paper)

    outcome = await patiently(send)
    if outcome.fate in (Fate.THROTTLED, Fate.NOT_SENT):
        raise Postponed(outcome.reason, outcome.wait_seconds)
