"""Pictures without an imaging library: sizes read from headers, small PNGs drawn by hand."""

from __future__ import annotations

import struct
import zlib

LONGEST_SIDES = (90, 320, 1280)


def picture_size(content: bytes) -> tuple[int, int] | None:
    """Return width and height in pixels of a PNG, JPEG, GIF or WebP; None for anything else."""
    if content.startswith(b"\x89PNG\r\n\x1a\n") and len(content) >= 24:
        width, height = struct.unpack(">II", content[16:24])
        return int(width), int(height)
    if content[:6] in (b"GIF87a", b"GIF89a") and len(content) >= 10:
        width, height = struct.unpack("<HH", content[6:10])
        return int(width), int(height)
    if content[:2] == b"\xff\xd8":
        return _jpeg_size(content)
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return _webp_size(content)
    return None


def picture_type(content: bytes) -> str:
    """Return the file ending that fits the bytes."""
    if content.startswith(b"\x89PNG"):
        return "png"
    if content.startswith(b"GIF8"):
        return "gif"
    return "webp" if content[:4] == b"RIFF" else "jpg"


def _jpeg_size(content: bytes) -> tuple[int, int] | None:
    at = 2
    while at + 9 <= len(content) and content[at] == 0xFF:
        marker = content[at + 1]
        if 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):
            height, width = struct.unpack(">HH", content[at + 5 : at + 9])
            return int(width), int(height)
        at += 2 + int.from_bytes(content[at + 2 : at + 4], "big")
    return None


def _webp_size(content: bytes) -> tuple[int, int] | None:
    if content[12:16] == b"VP8X" and len(content) >= 30:
        width = int.from_bytes(content[24:27], "little") + 1
        return width, int.from_bytes(content[27:30], "little") + 1
    if content[12:16] == b"VP8 " and len(content) >= 30:
        width, height = struct.unpack("<HH", content[26:30])
        return width & 0x3FFF, height & 0x3FFF
    if content[12:16] == b"VP8L" and len(content) >= 25:
        bits = int.from_bytes(content[21:25], "little")
        return (bits & 0x3FFF) + 1, ((bits >> 14) & 0x3FFF) + 1
    return None


def scaled(width: int, height: int) -> list[tuple[int, int]]:
    """Return three sizes of a photo as Telegram lists them, smallest first."""
    longest = max(width, height)
    sizes = []
    for side in LONGEST_SIDES:
        share = min(1.0, side / longest)
        sizes.append((max(1, round(width * share)), max(1, round(height * share))))
    return sizes


def draw_site(width: int = 320, height: int = 240) -> bytes:
    """Draw a tiny landscape (sky, grass, a blue well) as a PNG."""
    rows = bytearray()
    for y in range(height):
        rows.append(0)
        for x in range(width):
            rows.extend(_pixel(x / width, y / height))
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + _chunk(b"IHDR", header)
        + _chunk(b"IDAT", zlib.compress(bytes(rows), 6))
        + _chunk(b"IEND", b"")
    )


def _pixel(x: float, y: float) -> tuple[int, int, int]:
    if 0.42 < x < 0.58 and 0.5 < y < 0.8:
        return (92, 110, 128) if int(y * 40) % 4 else (70, 86, 102)
    if 0.38 < x < 0.62 and 0.46 < y < 0.5:
        return 120, 80, 50
    if y > 0.62 + 0.05 * (x - 0.5) ** 2:
        return 104, int(168 - 60 * (y - 0.6)), 84
    if (x - 0.82) ** 2 * 16 / 9 + (y - 0.18) ** 2 < 0.006:
        return 255, 214, 102
    return int(150 + 70 * y), int(205 + 30 * y), 245


def _chunk(kind: bytes, content: bytes) -> bytes:
    checksum = zlib.crc32(kind + content)
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", checksum)
