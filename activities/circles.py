"""Contractors' circles, remembered for an hour: two rounds read one contractor's place once."""

from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from models.contractors import ContractorRow
from rules.offers import Candidate

KEPT = timedelta(hours=1)
REMEMBERED_MAX = 50_000


@dataclass(frozen=True)
class Circle:
    """Where a contractor works from and how far he goes, in km."""

    user_id: int
    latitude: float
    longitude: float
    radius_km: float
    farther_ok: bool


Key = tuple[int, datetime]
"""A contractor and the moment at which his circle last changed: a change is another key."""


class Circles:
    """A bounded memory of one process; what was read longest ago is forgotten first."""

    def __init__(self, at_most: int = REMEMBERED_MAX) -> None:
        self._known: OrderedDict[Key, tuple[Circle, datetime]] = OrderedDict()
        self._at_most = at_most

    async def of(
        self, session: AsyncSession, found: list[Candidate], now: datetime
    ) -> dict[int, Circle]:
        """Everybody's circle by his id; only those are read that were not within the hour."""
        known = {
            one.contractor_id: circle
            for one in found
            if one.moved_at is not None
            and (circle := self.get((one.contractor_id, one.moved_at), now)) is not None
        }
        unread = [one.contractor_id for one in found if one.contractor_id not in known]
        if not unread:
            return known
        rows = await session.exec(select(ContractorRow).where(col(ContractorRow.id).in_(unread)))
        for row in rows:
            circle = Circle(row.user_id, row.latitude, row.longitude, row.radius_km, row.farther_ok)
            known[row.id] = circle
            self.keep((row.id, row.moved_at), circle, now)
        return known

    def get(self, key: Key, now: datetime) -> Circle | None:
        """The circle, if it was read within the hour."""
        circle, read_at = self._known.get(key, (None, now))
        return circle if abs(now - read_at) < KEPT else None

    def keep(self, key: Key, circle: Circle, now: datetime) -> None:
        """Remember what was read."""
        self._known.pop(key, None)
        self._known[key] = (circle, now)
        while len(self._known) > self._at_most:
            self._known.popitem(last=False)
