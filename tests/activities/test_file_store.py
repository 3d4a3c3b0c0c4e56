"""Files: what is taken, what is cut out of them, and that nobody reads them without the key."""

import struct
import zlib
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import pytest

from activities.gateways.file_store import EncryptedFileStore
from local.simulators.telegram.pictures import draw_site
from models.database import Database
from models.files import FileRow, SentFile
from models.queries import files as queries
from models.users import UserRow
from rules import files
from rules.errors import FileTooBig, FileTypeRefused
from rules.files import FileKind
from runtime.failpoints import FailpointReached, configure_failpoints

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
PLACE = b"55.7558N 37.6173E canary"
KEYS = {"new": b"n" * 32, "old": b"o" * 32}


def _segment(marker: int, content: bytes) -> bytes:
    return bytes((0xFF, marker)) + struct.pack(">H", len(content) + 2) + content


def jpeg(place: bytes = PLACE) -> bytes:
    """A JPEG as phones write it: place, camera, comments, and something after the end."""
    return b"".join(
        (
            b"\xff\xd8",
            _segment(0xE0, b"JFIF\0\1\1\0\0\1\0\1\0\0"),
            _segment(0xE1, b"Exif\0\0" + place),
            _segment(0xE2, b"ICC_PROFILE\0\1\1colours"),
            _segment(0xE2, b"MPF\0" + place),
            _segment(0xED, b"Photoshop" + place),
            _segment(0xFE, place),
            _segment(0xC0, b"\x08\0\x10\0\x10\1\1\x11\0"),
            _segment(0xDA, b"\1\1\0\0\x3f\0"),
            b"scan\xff\0\xff\xd0more",
            _segment(0xDA, b"\1\1\0\0\x3f\0"),
            b"second scan",
            b"\xff\xd9",
            place,
        )
    )


def png(place: bytes = PLACE) -> bytes:
    """A drawn picture with a text and a place in it."""
    drawn = draw_site(8, 6)

    def part(kind: bytes) -> bytes:
        body = kind + place
        return struct.pack(">I", len(place)) + body + struct.pack(">I", zlib.crc32(body))

    return drawn[:33] + part(b"tEXt") + part(b"eXIf") + drawn[33:] + place


def webp(place: bytes = PLACE) -> bytes:
    """A WebP whose head says that a place and a description follow."""
    parts = [(b"VP8X", b"\x2c" + bytes(9)), (b"VP8 ", b"pixel"), (b"EXIF", place), (b"XMP ", place)]
    body = b"WEBP" + b"".join(
        kind + struct.pack("<I", len(one)) + one + bytes(len(one) % 2) for kind, one in parts
    )
    return b"RIFF" + struct.pack("<I", len(body)) + body


@pytest.mark.parametrize("picture", [jpeg(), png(), webp()], ids=["JPEG", "PNG", "WebP"])
def test_a_picture_loses_its_place_and_nothing_else(picture: bytes) -> None:
    clean = files.without_metadata(picture)

    assert b"canary" in picture
    assert b"canary" not in clean
    assert files.media_type(clean) == files.media_type(picture)
    assert files.without_metadata(clean) == clean


def test_what_makes_the_picture_stays() -> None:
    clean = files.without_metadata(jpeg())

    for part in (b"JFIF", b"ICC_PROFILE", b"scan\xff\0\xff\xd0more", b"second scan"):
        assert part in clean
    assert clean.endswith(b"\xff\xd9")
    assert files.without_metadata(png()) == draw_site(8, 6)
    # The head of the WebP says no more that there is a place; that there is transparency it does.
    assert files.without_metadata(webp())[20] == 0x20


@pytest.mark.parametrize(
    "content",
    [b"", b"MZ\x90\0", b"GIF89a", b"<svg onload=alert(1)>", b"\0\0\0\x18ftypheic", b"PK\3\4"],
)
def test_other_types_are_refused_whatever_they_are_called(content: bytes) -> None:
    with pytest.raises(FileTypeRefused):
        files.without_metadata(content)


@pytest.mark.parametrize(
    "broken",
    [jpeg()[:30], b"\xff\xd8\xff\xe1\0\0", png()[:40], webp()[:40] + b"\xff"],
)
def test_broken_pictures_are_refused(broken: bytes) -> None:
    with pytest.raises(FileTypeRefused):
        files.without_metadata(broken)


def test_more_than_telegram_hands_over_is_refused() -> None:
    with pytest.raises(FileTooBig):
        files.media_type(b"%PDF-" + bytes(files.FILE_BYTES_MAX))


def files_in(folder: Path) -> list[Path]:
    """All files below a folder."""
    return [one for one in folder.rglob("*") if one.is_file()]


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    opened = Database(database_url)
    yield opened
    await opened.close()


@pytest.fixture
async def sent(database: Database) -> SentFile:
    async with database.transaction() as session:
        user = UserRow(first_name="Иван")
        session.add(user)
        await session.flush()
        return SentFile(str(uuid4()), FileKind.COST, jpeg(), user.id, "telegram's name")


async def test_a_file_is_kept_once_encrypted_and_can_be_read(
    database: Database, sent: SentFile, tmp_path: Path
) -> None:
    store = EncryptedFileStore(database, tmp_path / "files", KEYS)
    first, again = await store.keep(sent), await store.keep(sent)

    kept = await store.read(sent.order_id, first)
    assert kept is not None
    assert (first, kept.media_type) == (again, files.JPEG)
    assert kept.content == files.without_metadata(sent.content)
    [path] = files_in(tmp_path)
    assert b"JFIF" not in path.read_bytes()
    assert path.stat().st_mode & 0o077 == 0
    # It belongs to its order: with another one's number nobody gets it.
    assert await store.read(str(uuid4()), first) is None
    async with database.reading() as session:
        assert await queries.files_of(session, sent.order_id, FileKind.COST) == [first]
        assert await queries.files_of(session, sent.order_id, FileKind.PLACE) == []


async def test_keys_change_and_what_was_kept_stays_readable(
    database: Database, sent: SentFile, tmp_path: Path
) -> None:
    old = EncryptedFileStore(database, tmp_path, {"old": KEYS["old"]})
    new = EncryptedFileStore(database, tmp_path, KEYS)
    file_id = await old.keep(sent)

    assert await new.read(sent.order_id, file_id) is not None
    only_new = EncryptedFileStore(database, tmp_path, {"new": KEYS["new"]})
    assert await only_new.read(sent.order_id, file_id) is None
    with pytest.raises(ValueError, match="key"):
        EncryptedFileStore(database, tmp_path, {})


async def test_a_changed_or_exchanged_file_is_not_believed(
    database: Database, sent: SentFile, tmp_path: Path
) -> None:
    store = EncryptedFileStore(database, tmp_path, KEYS)
    first = await store.keep(sent)
    second = await store.keep(SentFile(sent.order_id, sent.kind, png(), sent.uploaded_by))
    one, other = tmp_path / first[:2] / first, tmp_path / second[:2] / second
    one.write_bytes(other.read_bytes())
    assert await store.read(sent.order_id, first) is None
    for left in (b"", b"DF1\0", b"DF1\0\3new short", other.read_bytes()[:-1]):
        other.write_bytes(left)
        assert await store.read(sent.order_id, second) is None


async def test_a_crash_before_the_row_leaves_nothing_visible_and_the_next_try_succeeds(
    database: Database, sent: SentFile, tmp_path: Path
) -> None:
    store = EncryptedFileStore(database, tmp_path / "files", KEYS)
    configure_failpoints(
        "files.written.before_row=raise", data_dir=tmp_path / "var", production=False
    )
    try:
        with pytest.raises(FailpointReached):
            await store.keep(sent)
        async with database.reading() as session:
            assert await queries.files_of(session, sent.order_id, FileKind.COST) == []
        file_id = await store.keep(sent)
    finally:
        configure_failpoints(None, data_dir=tmp_path / "var", production=False)
    assert await store.read(sent.order_id, file_id) is not None
    assert len(files_in(tmp_path / "files")) == 1


async def test_an_erased_file_leaves_its_hash_and_may_be_sent_anew(
    database: Database, sent: SentFile, tmp_path: Path
) -> None:
    store = EncryptedFileStore(database, tmp_path, KEYS)
    file_id = await store.keep(sent)
    await store.erase(file_id, NOW)
    await store.erase(file_id, NOW)

    assert await store.read(sent.order_id, file_id) is None
    assert not files_in(tmp_path)
    async with database.reading() as session:
        row = await session.get_one(FileRow, file_id)
        assert (len(row.sha256), row.telegram_file_id) == (64, None)
        assert row.erased_at == NOW
        assert await queries.files_from(session, sent.uploaded_by) == []
    assert await store.keep(sent) == file_id
    assert await store.read(sent.order_id, file_id) is not None


async def test_files_follow_the_order_that_is_sent_again(
    database: Database, sent: SentFile, tmp_path: Path
) -> None:
    store = EncryptedFileStore(database, tmp_path, KEYS)
    file_id, again = await store.keep(sent), str(uuid4())
    async with database.transaction() as session:
        await queries.move_files(session, sent.order_id, again)

    assert await store.read(again, file_id) is not None
    moved = SentFile(again, sent.kind, sent.content, sent.uploaded_by)
    assert await store.keep(moved) == file_id
