"""Entities that Telegram finds by itself, and entities turned into safe HTML for the page."""

from __future__ import annotations

import html
import re

from local.simulators.telegram.markup import ordered, utf16
from local.simulators.telegram.shapes import Json

FOUND = re.compile(
    r"(?P<url>https?://[^\s<>\"]+[^\s<>\".,;:!?)])"
    r"|(?P<email>[\w.+-]+@[\w-]+\.[\w.-]*\w)"
    r"|(?P<mention>(?<![\w@])@[A-Za-z][\w]{3,31})"
    r"|(?P<bot_command>(?<![\w/])/[A-Za-z0-9_]{1,32}(?:@[A-Za-z]\w{3,31})?(?![\w/]))"
    r"|(?P<hashtag>(?<![\w#])#[^\W\d]\w*)"
    r"|(?P<phone_number>(?<![\w+])\+\d[\d ()-]{8,16}\d(?!\w))"
)
MARKS = {
    "bold": ("<b>", "</b>"),
    "italic": ("<i>", "</i>"),
    "underline": ("<u>", "</u>"),
    "strikethrough": ("<s>", "</s>"),
    "spoiler": ('<span class="spoiler">', "</span>"),
    "code": ("<code>", "</code>"),
    "pre": ("<pre>", "</pre>"),
    "blockquote": ("<blockquote>", "</blockquote>"),
    "expandable_blockquote": ("<blockquote>", "</blockquote>"),
    "bot_command": ('<a class="command" role="button" tabindex="0">', "</a>"),
    "mention": ('<span class="mention">', "</span>"),
    "hashtag": ('<span class="mention">', "</span>"),
}
SAFE_LINK = re.compile(r"^(https?|tg|mailto|tel):", re.IGNORECASE)


def with_found_entities(text: str, given: list[Json]) -> list[Json]:
    """Add commands, links, phones and the like where no given entity lies already."""
    entities = list(given)
    taken = [(entity["offset"], entity["offset"] + entity["length"]) for entity in given]
    solid = [span for span, entity in zip(taken, given, strict=True) if entity["type"] in SOLID]
    for found in FOUND.finditer(text):
        begin = utf16(text[: found.start()])
        end = begin + utf16(found[0])
        if any(begin < last and end > first for first, last in solid):
            continue
        entities.append({"type": found.lastgroup, "offset": begin, "length": end - begin})
    return ordered(entities)


SOLID = {"text_link", "code", "pre", "custom_emoji", "text_mention"}


def to_html(text: str, entities: list[Json]) -> str:
    """Render text as HTML that is safe to insert into the page."""
    units = text.encode("utf-16-le")

    def cut(begin: int, end: int) -> str:
        return units[begin * 2 : end * 2].decode("utf-16-le", "replace")

    def render(begin: int, end: int, inside: list[Json]) -> str:
        pieces: list[str] = []
        at = begin
        while inside:
            entity = inside[0]
            first, last = entity["offset"], entity["offset"] + entity["length"]
            nested = [other for other in inside[1:] if other["offset"] < last]
            inside = inside[1 + len(nested) :]
            opening, closing = _marks(entity, cut(first, last))
            pieces.append(html.escape(cut(at, first)))
            pieces.append(opening + render(first, last, nested) + closing)
            at = last
        pieces.append(html.escape(cut(at, end)))
        return "".join(pieces)

    return render(0, len(units) // 2, ordered(entities))


def _marks(entity: Json, text: str) -> tuple[str, str]:
    kind = entity["type"]
    target = {
        "text_link": entity.get("url", ""),
        "url": text,
        "email": f"mailto:{text}",
        "phone_number": f"tel:{text.replace(' ', '')}",
    }.get(kind)
    if target is not None and SAFE_LINK.match(target):
        link = html.escape(target, quote=True)
        return f'<a href="{link}" target="_blank" rel="noopener noreferrer">', "</a>"
    return MARKS.get(kind, ("", ""))
