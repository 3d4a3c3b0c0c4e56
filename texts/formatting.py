"""Money, time, distance and public numbers as people read them."""

from datetime import date, datetime, timedelta

from rules.catalog import Estimate
from texts.catalogue import say
from texts.language import Language

NBSP = "\u00a0"


def _grouped(number: int, lang: Language) -> str:
    return f"{number:,}".replace(",", NBSP if lang is Language.RU else ",")


def _decimal(text: str, lang: Language) -> str:
    return text.replace(".", ",") if lang is Language.RU else text


def money(kopecks: int, lang: Language) -> str:
    """Kopecks as `24 000 ₽`, with no-break spaces; kopecks only if there are any."""
    sign = "-" if kopecks < 0 else ""
    rubles, rest = divmod(abs(kopecks), 100)
    cents = _decimal(f".{rest:02d}", lang) if rest else ""
    return f"{sign}{_grouped(rubles, lang)}{cents}{NBSP}₽"


def price_range(estimate: Estimate, lang: Language) -> str:
    """An estimate as `75 000-120 000 ₽`; one figure if both ends are the same."""
    if estimate.low_kopecks == estimate.high_kopecks:
        return money(estimate.low_kopecks, lang)
    low = money(estimate.low_kopecks, lang).removesuffix(f"{NBSP}₽")
    return f"{low}–{money(estimate.high_kopecks, lang)}"


def local(instant: datetime, utc_offset_minutes: int) -> datetime:
    """The wall clock at the place of the job (as an aware UTC-labelled value, for reading only)."""
    return instant + timedelta(minutes=utc_offset_minutes)


def day(value: date, lang: Language, today: date | None = None) -> str:
    """A date as `сб, 5 сентября`; with `today` (where it is read at once) `завтра, …` as well."""
    if today is not None and 0 <= (value - today).days <= 1:
        near = "tomorrow" if value > today else "today"
        return say(f"time.{near}", lang, day=day(value, lang))
    weekdays = say("time.weekdays", lang).split()
    months = say("time.months", lang).split()
    return f"{weekdays[value.weekday()]}, {value.day}{NBSP}{months[value.month - 1]}"


def clock(instant: datetime, utc_offset_minutes: int) -> str:
    """An instant as `14:35`, local time."""
    return f"{local(instant, utc_offset_minutes):%H:%M}"


def when(
    instant: datetime, utc_offset_minutes: int, lang: Language, now: datetime | None = None
) -> str:
    """An instant as `сб, 5 сентября, 14:35`, local time; with `now` also how near the day is."""
    at = local(instant, utc_offset_minutes)
    today = local(now, utc_offset_minutes).date() if now is not None else None
    return f"{day(at.date(), lang, today)}, {at:%H:%M}"


def deadline(
    instant: datetime, reference: datetime | None, utc_offset_minutes: int, lang: Language
) -> str:
    """A deadline as `14:35` if it lies on the reference's local day, else with its date."""
    if reference is not None:
        same = local(instant, utc_offset_minutes).date()
        if same == local(reference, utc_offset_minutes).date():
            return clock(instant, utc_offset_minutes)
    return when(instant, utc_offset_minutes, lang)


def distance(km: float, lang: Language) -> str:
    """Kilometres as `меньше 1 км`, `8,4 км` below ten and `23 км` above."""
    if km < 1:
        return say("unit.km_under", lang)
    text = _decimal(f"{km:.1f}", lang) if km < 10 else f"{km:.0f}"
    return f"{text}{NBSP}{say('unit.km', lang)}"


def decimal(value: float, lang: Language, digits: int = 1) -> str:
    """A number with the language's decimal sign."""
    return _decimal(f"{value:.{digits}f}", lang)


def order_number(number: int) -> str:
    """An order's public number, `D-1042`."""
    return f"D-{number}"


def contractor_number(contractor_id: int) -> str:
    """A contractor's public number, `C-17`."""
    return f"C-{contractor_id}"


def plural_index(count: int, lang: Language) -> int:
    """Which of the forms one, few, many goes with a count (English uses one and many)."""
    count = abs(count)
    if lang is Language.EN:
        return 0 if count == 1 else 2
    if count % 10 == 1 and count % 100 != 11:
        return 0
    if 2 <= count % 10 <= 4 and not 12 <= count % 100 <= 14:
        return 1
    return 2


def counted(count: int, noun: str, lang: Language) -> str:
    """A count with its noun in the right form, `3 бригады`; nouns are keys `plural.*`."""
    forms = say(f"plural.{noun}", lang).split("|")
    return f"{count}{NBSP}{forms[plural_index(count, lang)]}"


def duration(seconds: float, lang: Language) -> str:
    """A span in its largest whole unit: `40 секунд`, `5 минут`, `3 часа`, `2 дня`."""
    whole = int(seconds)
    for unit, size in (("day", 86_400), ("hour", 3_600), ("minute", 60)):
        if whole >= size and (whole % size == 0 or whole >= 2 * size):
            return counted(round(whole / size), unit, lang)
    return counted(whole, "second", lang)


def lower_first(text: str) -> str:
    """A label inside a sentence."""
    return text[:1].lower() + text[1:]
