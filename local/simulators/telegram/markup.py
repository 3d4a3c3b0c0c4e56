"""Telegram's HTML mode: strict parsing into plain text and entities (UTF-16 offsets)."""

from __future__ import annotations

import html
import re
from dataclasses import dataclass, field

from local.simulators.telegram.errors import Refusal, bad
from local.simulators.telegram.shapes import Json

PLAIN_TAGS = {
    "b": "bold",
    "strong": "bold",
    "i": "italic",
    "em": "italic",
    "u": "underline",
    "ins": "underline",
    "s": "strikethrough",
    "strike": "strikethrough",
    "del": "strikethrough",
    "tg-spoiler": "spoiler",
    "pre": "pre",
    "code": "code",
    "blockquote": "blockquote",
}
TAGS = {*PLAIN_TAGS, "a", "span", "tg-emoji"}
REFERENCES = {"lt": "<", "gt": ">", "amp": "&", "quot": '"'}
TAG = re.compile(r"<(/?)([a-zA-Z0-9-]*)((?:\s+[^<>]*)?)\s*>")
ATTRIBUTE = re.compile(r"""\s*([a-zA-Z-]+)(?:\s*=\s*("[^"]*"|'[^']*'|[^\s"'>]+))?""")
REFERENCE = re.compile(r"&(#x[0-9a-fA-F]{1,6}|#[0-9]{1,7}|[a-z]+);?")


def utf16(text: str) -> int:
    """Return the length in UTF-16 code units, Telegram's unit for offsets."""
    return len(text.encode("utf-16-le")) // 2


@dataclass
class _Open:
    tag: str
    offset: int
    attributes: dict[str, str]


@dataclass
class _Parser:
    source: str
    text: list[str] = field(default_factory=list)
    length: int = 0
    entities: list[Json] = field(default_factory=list)
    stack: list[_Open] = field(default_factory=list)

    def add(self, piece: str) -> None:
        self.text.append(piece)
        self.length += utf16(piece)

    def refuse(self, text: str, at: int) -> Refusal:
        offset = len(self.source[:at].encode())
        return bad(f"can't parse entities: {text.replace('@', str(offset))}")

    def run(self) -> tuple[str, list[Json]]:
        at = 0
        while at < len(self.source):
            character = self.source[at]
            if character == "<":
                at = self._tag(at)
            elif character == "&":
                at = self._reference(at)
            else:
                self.add(character)
                at += 1
        if self.stack:
            tag = self.stack[-1].tag
            raise bad(
                f"can't parse entities: Can't find end tag corresponding to start tag \"{tag}\""
            )
        return "".join(self.text), self.entities

    def _reference(self, at: int) -> int:
        found = REFERENCE.match(self.source, at)
        if found is None:
            self.add("&")
            return at + 1
        name = found[1]
        if name.startswith("#"):
            self.add(html.unescape(f"&{name};"))
        elif name in REFERENCES:
            self.add(REFERENCES[name])
        else:
            self.add(found[0])
        return found.end()

    def _tag(self, at: int) -> int:
        found = TAG.match(self.source, at)
        if found is None:
            raise self.refuse("Unclosed start tag at byte offset @", at)
        closing, name, attributes = found[1], found[2].lower(), found[3]
        if closing:
            self._close(name, at)
        elif name not in TAGS:
            raise self.refuse(f'Unsupported start tag "{name}" at byte offset @', at)
        else:
            values = {
                key.lower(): html.unescape(value.strip("\"'"))
                for key, value in ATTRIBUTE.findall(attributes)
            }
            if name == "span" and values.get("class") != "tg-spoiler":
                raise self.refuse('Tag "span" must have class "tg-spoiler" at byte offset @', at)
            self.stack.append(_Open(name, self.length, values))
        return found.end()

    def _close(self, name: str, at: int) -> None:
        if not self.stack:
            raise self.refuse("Unexpected end tag at byte offset @", at)
        opened = self.stack.pop()
        if name and name != opened.tag:
            raise self.refuse(
                f'Unmatched end tag at byte offset @, expected "</{opened.tag}>",'
                f' found "</{name}>"',
                at,
            )
        if self.length > opened.offset:
            entity = self._entity(opened)
            if entity:
                self.entities.append(entity)

    def _entity(self, opened: _Open) -> Json | None:
        span: Json = {"offset": opened.offset, "length": self.length - opened.offset}
        if opened.tag == "a":
            url = opened.attributes.get("href") or _since("".join(self.text), opened.offset)
            return {"type": "text_link", **span, "url": url} if url else None
        if opened.tag == "span":
            return {"type": "spoiler", **span}
        if opened.tag == "tg-emoji":
            emoji = opened.attributes.get("emoji-id", "")
            return {"type": "custom_emoji", **span, "custom_emoji_id": emoji}
        if opened.tag == "blockquote" and "expandable" in opened.attributes:
            return {"type": "expandable_blockquote", **span}
        return {"type": PLAIN_TAGS[opened.tag], **span}


def _since(text: str, offset: int) -> str:
    return text.encode("utf-16-le")[offset * 2 :].decode("utf-16-le")


def parse_html(source: str) -> tuple[str, list[Json]]:
    """Return the plain text and its entities.

    Raises:
        Refusal: 400 "can't parse entities…" in Telegram's words.
    """
    return _Parser(source).run()


def trimmed(text: str, entities: list[Json]) -> tuple[str, list[Json]]:
    """Cut white space at both ends as Telegram does, and move the entities with it."""
    shift = utf16(text) - utf16(text.lstrip())
    stripped = text.strip()
    length = utf16(stripped)
    moved: list[Json] = []
    for entity in entities:
        begin = max(0, entity["offset"] - shift)
        end = min(length, entity["offset"] + entity["length"] - shift)
        if end > begin:
            moved.append({**entity, "offset": begin, "length": end - begin})
    return stripped, ordered(moved)


def ordered(entities: list[Json]) -> list[Json]:
    """Sort entities as Telegram returns them: outer before inner."""
    return sorted(entities, key=lambda entity: (entity["offset"], -entity["length"]))
