"""One way to a text: a key, a language and the values to fill in.

Catalogue texts are plain: no tags and no signs that HTML or Markdown would read as their own, so
one sentence serves Telegram, the browser and the Temporal UI. `say` fills values in as they are;
`screen` makes Telegram HTML of a whole message and escapes whatever people typed.
"""

from html import escape

from texts import catalogue_en, catalogue_ru
from texts.language import Language

CATALOGUES = {Language.RU: catalogue_ru.CATALOGUE, Language.EN: catalogue_en.CATALOGUE}


def has(key: str) -> bool:
    """Whether the catalogue knows a key."""
    return key in catalogue_ru.CATALOGUE


def say(key: str, lang: Language, **values: object) -> str:
    """The plain text of a key with its values filled in.

    Raises:
        KeyError: The key or a value is missing; a test finds it before a person does.
    """
    return CATALOGUES[lang][key].format_map(values)


def screen(key: str, lang: Language, **values: object) -> str:
    """A whole message as Telegram HTML: values escaped, the first of several lines in bold."""
    safe = {name: escape(str(value), quote=False) for name, value in values.items()}
    first, _, rest = say(key, lang, **safe).partition("\n")
    return f"<b>{first}</b>\n{rest}" if rest else first
