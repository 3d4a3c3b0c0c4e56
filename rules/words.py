"""What people type, made fit to be kept and shown: nothing that cannot be seen, nothing lost."""

import re
import unicodedata

_LINE_ENDS = re.compile("\r\n?|[\u0085\u2028\u2029]")
# Controls, halves of pairs, what turns the words around it, and what has no width. The joiners of
# emoji and of Persian stay.
_UNSEEN = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b\u200e\u200f\u202a-\u202e"
    "\u2060-\u206f\ufeff\ufff9-\ufffb\ud800-\udfff]"
)
_BLANK = re.compile("[\u115f\u1160\u2800\u3164\uffa0]")


def tidy(text: str) -> str:
    """The same words in composed letters, lines ended alike, without unseen signs or margins."""
    seen = _UNSEEN.sub("", _LINE_ENDS.sub("\n", text))
    return unicodedata.normalize("NFC", _BLANK.sub(" ", seen)).strip()


def is_named(text: str) -> bool:
    """Whether somebody can be called by this: it has a letter."""
    return any(sign.isalpha() for sign in text)
