"""The whole catalogue of one language, put together from its themes."""

from texts.ru import cards, dialogue, facts, names, notices, pages, refusals, registration

CATALOGUE: dict[str, str] = {
    **names.WORDS,
    **facts.WORDS,
    **cards.WORDS,
    **notices.WORDS,
    **refusals.WORDS,
    **dialogue.WORDS,
    **registration.WORDS,
    **pages.WORDS,
}
