"""Pictures and papers that people send: which are taken, and what is left out of them.

A photo tells where and with what it was made; nobody asked for that, so it is cut out.
"""

import re
from enum import StrEnum

from rules.errors import FileTooBig, FileTypeRefused

JPEG, PNG, WEBP, PDF = "image/jpeg", "image/png", "image/webp", "application/pdf"
FILE_BYTES_MAX = 20 * 1024 * 1024
"""More than that Telegram does not hand over to a bot."""

_PNG_SIGN = b"\x89PNG\r\n\x1a\n"
_PNG_LEFT_OUT = (b"eXIf", b"tEXt", b"zTXt", b"iTXt", b"tIME")
_WEBP_LEFT_OUT = (b"EXIF", b"XMP ")
_WEBP_TELLS = 0b1100
_START, _END, _SCAN = 0xD8, 0xD9, 0xDA
_ALONE = frozenset({0x01, *range(0xD0, 0xD8)})
# Inside a scan 0xFF is followed by 0, by another 0xFF or by a restart mark.
_AFTER_SCAN = re.compile(rb"\xff[\x01-\xcf\xd8-\xfe]")


class FileKind(StrEnum):
    """What a file shows."""

    PLACE = "place"
    WORK = "work"
    COST = "cost"


def media_type(content: bytes) -> str:
    """The type by the first bytes, whatever the name says.

    Raises:
        FileTooBig: More than FILE_BYTES_MAX.
        FileTypeRefused: No JPEG, PNG, WebP or PDF.
    """
    if len(content) > FILE_BYTES_MAX:
        raise FileTooBig(str(len(content)))
    if content.startswith(b"\xff\xd8\xff"):
        return JPEG
    if content.startswith(_PNG_SIGN):
        return PNG
    if content.startswith(b"RIFF") and content[8:12] == b"WEBP":
        return WEBP
    if content.startswith(b"%PDF-"):
        return PDF
    raise FileTypeRefused("no known type")


def without_metadata(content: bytes) -> bytes:
    """The same picture without place, time, camera and comments; a PDF stays as it is.

    Raises:
        FileTooBig, FileTypeRefused: As `media_type`; the latter also when it is broken.
    """
    kind = media_type(content)
    if kind == JPEG:
        return _jpeg(content)
    if kind == PNG:
        return _png(content)
    return _webp(content) if kind == WEBP else content


def _jpeg(content: bytes) -> bytes:
    kept, at = bytearray(content[:2]), 2
    while at < len(content):
        marker = content[at + 1] if at + 1 < len(content) else 0
        if content[at] != 0xFF or marker == 0 or marker == _START:
            raise FileTypeRefused("a broken JPEG")
        if marker == 0xFF:
            at += 1
            continue
        if marker == _END:
            break
        end = at + 2 if marker in _ALONE else _segment_end(content, at)
        if _is_kept(marker, content[at + 4 : at + 15]):
            kept += content[at:end]
        at = end
        if marker == _SCAN:
            found = _AFTER_SCAN.search(content, at)
            end = found.start() if found else len(content)
            kept += content[at:end]
            at = end
    # Whatever follows the end (a film, another picture) goes.
    return bytes(kept) + bytes((0xFF, _END))


def _segment_end(content: bytes, at: int) -> int:
    length = int.from_bytes(content[at + 2 : at + 4], "big")
    end = at + 2 + length
    if length < 2 or end > len(content):
        raise FileTypeRefused("a broken JPEG")
    return end


def _is_kept(marker: int, begins: bytes) -> bool:
    """Of the applications' parts only those without which the colours would be wrong."""
    if marker == 0xE2:
        return begins == b"ICC_PROFILE"
    is_told = 0xE1 <= marker <= 0xEF or marker == 0xFE
    return not is_told or marker == 0xEE


def _png(content: bytes) -> bytes:
    kept, at = bytearray(_PNG_SIGN), len(_PNG_SIGN)
    while at + 12 <= len(content):
        kind = content[at + 4 : at + 8]
        end = at + 12 + int.from_bytes(content[at : at + 4], "big")
        if end > len(content):
            break
        if kind not in _PNG_LEFT_OUT:
            kept += content[at:end]
        if kind == b"IEND":
            return bytes(kept)
        at = end
    raise FileTypeRefused("a broken PNG")


def _webp(content: bytes) -> bytes:
    kept, at = bytearray(b"WEBP"), 12
    whole = min(len(content), 8 + int.from_bytes(content[4:8], "little"))
    while at + 8 <= whole:
        kind = content[at : at + 4]
        size = int.from_bytes(content[at + 4 : at + 8], "little")
        end = at + 8 + size + size % 2
        if at + 8 + size > whole:
            raise FileTypeRefused("a broken WebP")
        part = bytearray(content[at:end])
        if kind == b"VP8X" and size:
            part[8] &= ~_WEBP_TELLS & 0xFF
        if kind not in _WEBP_LEFT_OUT:
            kept += part
        at = end
    return b"RIFF" + len(kept).to_bytes(4, "little") + bytes(kept)
