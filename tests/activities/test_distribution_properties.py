"""Whatever happens: nobody ineligible, over capacity or quota, asked twice, or beside a winner."""

import asyncio
import random
from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import pytest

from activities.circles import Circles
from activities.dispatch import choose
from activities.messages import OfferTerms, Wave
from activities.orders import OrderActivities
from models.database import Database
from rules import searching
from rules.catalog import Service, ServiceType
from rules.night import is_night
from rules.orders import Offer, Order
from rules.policy import POLICY_V1
from rules.quotas import quota_of
from tests.activities.conftest import Books
from tests.activities.test_offers import counted_statements, send, terms_for
from tests.factories import NOON, TVER, at, commit, contractor, crowd, placed

SERVICES = (Service.REPAIR_NO_WATER, Service.REPAIR_PUMP, Service.DRILLING_WELL)
OTHER = "00000000-0000-4000-8000-000000000001"
# Of five waves, all told: about two dozen each.
STATEMENTS_A_ROUND = 150
OFFSETS = (-480, 120, 180, 420, 720)


@dataclass
class Street:
    """Random contractors and orders, and what was sent to whom at which state of the world."""

    database: Database
    chance: random.Random
    asked: list[tuple[Order, datetime, int]] = field(default_factory=list)

    async def settle(self, count: int) -> None:
        for _ in range(count):
            chance = self.chance
            await contractor(
                self.database,
                *chance.sample(list(ServiceType), chance.randint(1, 3)),
                latitude=56.8587 + chance.uniform(-0.5, 0.5),
                radius_km=chance.choice([10, 30, 80]),
                capacity=chance.randint(0, 3),
                online=chance.random() < 0.8,
                night_ok=chance.random() < 0.5,
                utc_offset_minutes=chance.choice(OFFSETS),
                fraud_score=chance.choice([0, 0, 0, 69, 70, 99]),
                completed=chance.choice([0, 9]),
                points=chance.choice([100.0, 100.0, 0.0]),
            )

    async def live(self, order: Order, now: datetime) -> None:
        """Wave after wave; everybody answers as he likes, some at the same moment."""
        for wave in range(1, 6):
            terms = terms_for(
                order,
                wave=wave,
                size=self.chance.randint(1, 3),
                now=now,
                until=now + timedelta(minutes=30),
                asked=tuple(one.contractor_id for one in order.search.offers),
                silent=searching.silent(order),
            )
            sent = await send(self.database, terms)
            self.asked += [(order, now, one.contractor_id) for one in sent.offers]
            order = searching.wave_sent(order, _offers(terms, sent))
            if await self._answered(order, now):
                return

    async def _answered(self, order: Order, now: datetime) -> bool:
        willing = [one for one in order.search.live() if self.chance.random() < 0.6]
        answers = await asyncio.gather(*(self._accepts(order, one, now) for one in willing))
        return None in answers

    async def _accepts(self, order: Order, offer: Offer, now: datetime) -> str | None:
        change = searching.accepted(order, offer.contractor_id, now)
        said = commit(change, now=now)
        quota = quota_of(order.policy, order.job_class)
        said = replace(said, changes=tuple(replace(one, quota=quota) for one in said.changes))
        answer = await at(now).run(OrderActivities(self.database).commit, said)
        return answer.refused


def _offers(terms: OfferTerms, sent: Wave) -> tuple[Offer, ...]:
    return tuple(
        Offer(one.contractor_id, terms.wave, one.until or terms.until, terms.visit_at)
        for one in sent.offers
    )


@pytest.mark.parametrize("seed", range(3))
async def test_no_street_breaks_a_promise(seed: int, database: Database, books: Books) -> None:
    street = Street(database, random.Random(seed))
    await street.settle(14)
    orders = [await placed(database, service=SERVICES[n % 3]) for n in range(15)]
    moments = [NOON + timedelta(hours=street.chance.randint(0, 20)) for _ in orders]
    few = asyncio.Semaphore(4)

    async def live(order: Order, now: datetime) -> None:
        async with few:
            await street.live(order, now)

    await asyncio.gather(*map(live, orders, moments))

    assert street.asked
    rows = {row["id"]: row for row in await books.rows("SELECT * FROM contractors")}
    services = {
        (row["contractor_id"], row["service_type"])
        for row in await books.rows("SELECT * FROM contractor_services")
    }
    for order, now, who in street.asked:
        row = rows[who]
        asleep = is_night(now, row["utc_offset_minutes"], POLICY_V1)
        assert (who, order.service.service_type.value) in services
        assert row["online"]
        assert row["fraud_score"] < 70
        assert not asleep or (row["night_ok"] and order.clocks.max_live_offers == 1)
    assert all(row["busy"] + row["held"] <= row["capacity"] for row in rows.values())
    # Never two winners, never the same one twice in a round, holds and slots add up.
    assert len({(order.order_id, who) for order, _, who in street.asked}) == len(street.asked)
    winners = "SELECT max(n) FROM (SELECT count(*) AS n FROM offers WHERE state = 'won'"
    assert (await books.value(f"{winners} GROUP BY order_id) AS counted")) == 1
    taken = await books.rows(
        "SELECT f.contractor_id, o.job_class, count(*) AS jobs FROM offers f"
        " JOIN orders o ON o.id = f.order_id WHERE f.state = 'won' GROUP BY 1, 2"
    )
    for row in taken:
        quota = quota_of(POLICY_V1, row["job_class"])
        newcomer = rows[row["contractor_id"]]["completed"] < quota.newcomer_jobs
        most = quota.for_newcomer(quota.per_day) if newcomer else quota.per_day
        # The moments lie on two days of somebody's clock at most.
        assert row["jobs"] <= min(2 * most, quota.open_jobs)
    held = await books.value("SELECT coalesce(sum(held), 0) FROM contractors")
    assert held == await books.value("SELECT count(*) FROM holds")
    won = await books.value("SELECT count(*) FROM offers WHERE state = 'won'")
    assert await books.value("SELECT coalesce(sum(busy), 0) FROM contractors") == won


async def test_the_same_seed_asks_the_same_people(database: Database) -> None:
    """Twins in everything but their number; the order's own hash decides between them."""
    for _ in range(8):
        await contractor(database)
    order = await placed(database)
    terms = terms_for(order, size=3, explore=True)
    async with database.reading() as session:
        looks = [await choose(session, terms, TVER, Circles()) for _ in range(3)]
        other = await choose(session, replace(terms, order_id=OTHER), TVER, Circles())

    assert looks[0].ranked == looks[1].ranked == looks[2].ranked
    assert len(looks[0].ranked) == 8
    assert other.ranked != looks[0].ranked


async def test_a_whole_round_costs_as_many_statements_for_10000_contractors_as_for_10(
    database: Database,
) -> None:
    await contractor(database, busy=1)
    counts = []
    for more in (15, 9_985):
        await crowd(database, more)
        order = await placed(database)
        with counted_statements(database) as seen:
            for wave, size in enumerate(order.clocks.wave_sizes, start=1):
                silent = searching.silent(order)
                asked = tuple(one.contractor_id for one in order.search.offers)
                terms = terms_for(order, wave=wave, size=size, asked=asked, silent=silent)
                sent = await send(database, terms)
                order = searching.wave_sent(order, _offers(terms, sent))
        assert len(order.search.offers) == 12
        counts.append(Counter(one.strip()[:70] for one in seen))

    assert counts[0] == counts[1]
    assert sum(counts[0].values()) < STATEMENTS_A_ROUND
