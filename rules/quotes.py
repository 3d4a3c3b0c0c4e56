"""A quote of a project job: its lines, what it includes, where drilling stops, and its bounds.

Pure values; what an order does with them is in `rules.quoting`. Amounts in kopecks.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from rules.catalog import Estimate, Service
from rules.errors import BadInput

QUANTITY_MAX = 500
LINE_KOPECKS_MAX = 5_000_000_00
START_DAYS_MAX = 120
EXTRA_METRES_MAX = 100


class Unit(StrEnum):
    """What a line counts."""

    METRE = "metre"
    CUBIC = "cubic"
    JOB = "job"


@dataclass(frozen=True)
class Item:
    """A line that a quote of a service must or may have."""

    code: str
    unit: Unit
    required: bool = True
    least_kopecks: int = 0
    most_kopecks: int = LINE_KOPECKS_MAX


ITEMS: dict[Service, tuple[Item, ...]] = {
    Service.DRILLING_WELL: (
        Item("drilling", Unit.METRE, True, 300_00, 50_000_00),
        Item("casing", Unit.METRE, False, 0, 50_000_00),
        Item("delivery", Unit.JOB, False),
        Item("equipment", Unit.JOB, False),
    ),
    Service.SEWAGE_INSTALL: (
        Item("tank", Unit.JOB, True, 1_000_00),
        Item("digging", Unit.CUBIC, True, 100_00, 50_000_00),
        Item("delivery", Unit.JOB, False),
        Item("connection", Unit.JOB, False),
    ),
}
"""The lines of a quote, by service, in the order in which they are asked and shown."""

INCLUSIONS: dict[Service, tuple[str, ...]] = {
    Service.DRILLING_WELL: (
        *("casing_new", "filter", "rig_delivery", "pumping_clean"),
        *("pump_mounted", "well_passport", "soil_removed"),
    ),
    Service.SEWAGE_INSTALL: (
        *("tank_delivery", "sand_bed", "anchoring", "pipe_to_house"),
        *("soil_removed", "start_up", "tank_passport"),
    ),
}
"""The checklist: what is not ticked is not included, and the client is told so."""

QUOTED_SERVICES = frozenset(ITEMS)


class QuoteState(StrEnum):
    """What became of a quote."""

    OPEN = "open"
    WITHDRAWN = "withdrawn"
    CHOSEN = "chosen"
    LOST = "lost"
    # Chosen, but the database knew that the contractor has no place left.
    UNAVAILABLE = "unavailable"


@dataclass(frozen=True)
class QuoteLine:
    """One priced line; `low` and `high` differ where the quantity is known only by working."""

    code: str
    unit: Unit
    unit_kopecks: int
    low: int = 1
    high: int = 1

    @property
    def low_kopecks(self) -> int:
        """The least that the line costs."""
        return self.unit_kopecks * self.low

    @property
    def high_kopecks(self) -> int:
        """The most that the line costs."""
        return self.unit_kopecks * self.high


@dataclass(frozen=True)
class Offered:
    """What a contractor offers: the quote before it has a time and a state."""

    lines: tuple[QuoteLine, ...]
    included: tuple[str, ...]
    start_day: date
    # No metre beyond it without the client's consent; None for a job without metres.
    stop_depth_m: int | None = None
    # Whether he has seen the place, or quotes from the description.
    surveyed: bool = False


@dataclass(frozen=True)
class Quote:
    """One contractor's quote."""

    contractor_id: int
    offered: Offered
    made_at: datetime
    valid_until: datetime
    state: QuoteState = QuoteState.OPEN

    @property
    def total(self) -> Estimate:
        """The range of the whole job."""
        return total(self.offered)

    @property
    def metre_kopecks(self) -> int:
        """What one more metre costs; 0 for a job without metres."""
        return metre_kopecks(self.offered)


class ExtraState(StrEnum):
    """What became of asked-for metres."""

    ASKED = "asked"
    AGREED = "agreed"
    REFUSED = "refused"


@dataclass(frozen=True)
class ExtraMetres:
    """Metres beyond the stop depth, asked for at a price for each; nothing without consent."""

    number: int
    metres: int
    metre_kopecks: int
    from_depth_m: int
    state: ExtraState = ExtraState.ASKED

    @property
    def kopecks(self) -> int:
        """What they cost together."""
        return self.metres * self.metre_kopecks

    @property
    def to_depth_m(self) -> int:
        """How deep the well may become with them."""
        return self.from_depth_m + self.metres


@dataclass(frozen=True)
class Quotes:
    """The quotes of one order and what has come of them."""

    all: tuple[Quote, ...] = ()
    # Set when no more quotes are waited for: the client chooses until then.
    choose_until: datetime | None = None
    choosing_since: datetime | None = None
    reminders: int = 0
    # The client has asked for more time; once.
    extended: bool = False
    # No more contractors are invited.
    invited_all: bool = False
    extras: tuple[ExtraMetres, ...] = ()

    def open(self) -> tuple[Quote, ...]:
        """The quotes that the client may choose from, in the order in which they came."""
        return tuple(one for one in self.all if one.state is QuoteState.OPEN)

    def of(self, contractor_id: int) -> Quote | None:
        """A contractor's quote, whatever became of it."""
        return next((one for one in self.all if one.contractor_id == contractor_id), None)

    @property
    def chosen(self) -> Quote | None:
        """The quote by which the order is done."""
        return next((one for one in self.all if one.state is QuoteState.CHOSEN), None)

    @property
    def asked(self) -> ExtraMetres | None:
        """The metres that wait for the client's word."""
        return next((one for one in self.extras if one.state is ExtraState.ASKED), None)

    def agreed(self) -> tuple[ExtraMetres, ...]:
        """The metres that the client has agreed to."""
        return tuple(one for one in self.extras if one.state is ExtraState.AGREED)


def total(offered: Offered) -> Estimate:
    """The low and the high total of all lines."""
    return Estimate(
        sum(one.low_kopecks for one in offered.lines),
        sum(one.high_kopecks for one in offered.lines),
    )


def metre_kopecks(offered: Offered) -> int:
    """The price of one metre: of all lines that are counted in metres."""
    return sum(one.unit_kopecks for one in offered.lines if one.unit is Unit.METRE)


def stop_depth_m(quotes: Quotes) -> int | None:
    """How deep the chosen contractor may drill, with what was agreed to."""
    chosen = quotes.chosen
    if chosen is None or chosen.offered.stop_depth_m is None:
        return None
    return chosen.offered.stop_depth_m + sum(one.metres for one in quotes.agreed())


def price_bound(quotes: Quotes) -> int | None:
    """The most that the job may cost: the chosen quote's high total and the agreed metres."""
    if quotes.chosen is None:
        return None
    return quotes.chosen.total.high_kopecks + sum(one.kopecks for one in quotes.agreed())


def check(service: Service, offered: Offered, today: date) -> None:
    """A quote is complete, within the bounds of its service and starts in time.

    `today` is the day at the place of the job.

    Raises:
        BadInput: It is not; says what.
    """
    items = ITEMS.get(service)
    if items is None:
        raise BadInput(f"{service} is not quoted")
    _check_lines(items, offered.lines)
    if len(set(offered.included)) != len(offered.included):
        raise BadInput("an inclusion is listed twice")
    if set(offered.included) - set(INCLUSIONS[service]):
        raise BadInput("an unknown inclusion")
    if not today < offered.start_day <= today + timedelta(days=START_DAYS_MAX):
        raise BadInput(f"the start must lie ahead, within {START_DAYS_MAX} days")
    _check_depth(offered)


def _check_lines(items: tuple[Item, ...], lines: tuple[QuoteLine, ...]) -> None:
    known = {one.code: one for one in items}
    codes = [one.code for one in lines]
    if len(set(codes)) != len(codes) or set(codes) - set(known):
        raise BadInput("a line is unknown or listed twice")
    missing = [one.code for one in items if one.required and one.code not in codes]
    if missing:
        raise BadInput(f"a quote needs {', '.join(missing)}")
    for line in lines:
        item = known[line.code]
        if line.unit is not item.unit:
            raise BadInput(f"{line.code} is counted in {item.unit}")
        if not max(1, item.least_kopecks) <= line.unit_kopecks <= item.most_kopecks:
            raise BadInput(f"{line.code}: a price out of bounds")
        most = 1 if line.unit is Unit.JOB else QUANTITY_MAX
        if not 1 <= line.low <= line.high <= most:
            raise BadInput(f"{line.code}: a quantity out of bounds")


def _check_depth(offered: Offered) -> None:
    metres = {(one.low, one.high) for one in offered.lines if one.unit is Unit.METRE}
    if not metres:
        if offered.stop_depth_m is not None:
            raise BadInput("a stop depth without metres")
        return
    if len(metres) != 1:
        raise BadInput("all lines in metres are for the same depth")
    [(_, high)] = metres
    # The price range ends where drilling stops: what lies deeper needs the client's consent.
    if offered.stop_depth_m != high:
        raise BadInput("the stop depth is the deepest metre of the price")


def check_extra(metres: int, kopecks_each: int) -> None:
    """Asked-for metres within bounds.

    Raises:
        BadInput: They are not.
    """
    item = ITEMS[Service.DRILLING_WELL][0]
    if not 1 <= metres <= EXTRA_METRES_MAX:
        raise BadInput(f"1 to {EXTRA_METRES_MAX} metres at once")
    if not item.least_kopecks <= kopecks_each <= 2 * item.most_kopecks:
        raise BadInput("the price of a metre is out of bounds")
