"""The whole catalogue of one language, put together from its themes."""

from texts.ru import (
    breaks,
    cards,
    dialogue,
    facts,
    names,
    native,
    notices,
    pages,
    quotes,
    receipts,
    refusals,
    registration,
    search,
    statements,
    timeline,
)

CATALOGUE: dict[str, str] = {
    **names.WORDS,
    **facts.WORDS,
    **cards.WORDS,
    **native.WORDS,
    **notices.WORDS,
    **refusals.WORDS,
    **receipts.WORDS,
    **dialogue.WORDS,
    **registration.WORDS,
    **quotes.WORDS,
    **search.WORDS,
    **pages.WORDS,
    **statements.WORDS,
    **breaks.WORDS,
    **timeline.WORDS,
}
