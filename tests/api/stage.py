"""The real application on a real database; only the orders' workflows are played by a recorder."""

import asyncio
import hashlib
import itertools
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import httpx
from fastapi import FastAPI
from pydantic import TypeAdapter
from sqlalchemy import insert, text, update
from sqlmodel import col

from api.app import create_app
from api.deps import Caller, Limits, Places, Services, Site, TelegramHook
from models.contractors import ContractorRow, ContractorStatus
from models.database import Database
from models.orders import OrderRequestRow, OrderRow
from models.queries.plain import run
from models.users import UserRow
from rules.catalog import Estimate, Service
from rules.errors import BY_NAME, RuleViolation
from rules.geo import Place
from rules.money import prepayment
from rules.orders import OrderState
from rules.payments import MoneySummary
from rules.policy import POLICY_V1
from rules.views import OrderView
from workflows import messages

PUBLIC_URL = "http://127.0.0.1:8000"
PHONES_URL = "http://127.0.0.1:8081/local/phones"
HOOK_SECRET = "a-secret-of-the-webhook"
TOKENS = {"shop": "token-of-the-shop", "rival": "token-of-the-rival", "reader": "only-reads"}
SCOPES = frozenset({"orders:read", "orders:write", "orders:cancel"})
TVER = Place(
    "Тверь", "Tver", "Тверская область", "Tver Oblast", 56.86, 35.9, 400_000, "Europe/Moscow"
)
MIRNY = tuple(
    Place("Мирный", "Mirny", region, region, latitude, longitude, 30_000, zone)
    for region, latitude, longitude, zone in (
        ("Якутия", 62.5, 114.0, "Asia/Yakutsk"),
        ("Архангельская область", 62.8, 40.3, "Europe/Moscow"),
    )
)
ORDER: dict[str, Any] = {
    "service": "repair.no_water",
    "detail": "symptom_silent",
    "place": {"latitude": 56.85, "longitude": 35.91, "address": "Садовая 5"},
    "contact": {"phone": "8 (926) 123-45-67", "name": "Анна"},
    "comment": "во дворе собака",
}
_telegram_ids = itertools.count(900)
_FACTS, _MONEY = TypeAdapter(OrderView), TypeAdapter(MoneySummary)


@dataclass
class Recorder:
    """Plays the workflows: notes what was said, writes the row of a placed order."""

    database: Database
    said: list[tuple[str, Any]] = field(default_factory=list)
    refusal: Exception | None = None
    is_closed: bool = False
    payment_url: str | None = "https://yoomoney.ru/checkout/1"
    _writing: asyncio.Lock = field(default_factory=asyncio.Lock)

    def of(self, name: str) -> list[Any]:
        return [said for call, said in self.said if call == name]

    def _note(self, name: str, said: Any) -> None:
        self.said.append((name, said))
        if self.refusal is not None:
            raise self.refusal

    async def place(self, order: messages.OrderInput, summary: str = "") -> messages.OrderAnswer:
        self._note("place", order)
        async with self._writing:
            async with self.database.reading() as session:
                request = await session.get(OrderRequestRow, order.request_id)
                written = await session.get(OrderRow, order.order_id)
            assert request is not None
            if written is None:
                await write_order(
                    self.database,
                    id=order.order_id,
                    request_id=order.request_id,
                    client_id=order.client_id,
                    service=order.service,
                    address=request.address,
                    comment=request.comment,
                )
        return messages.OrderAnswer(order.order_id, 1, OrderState.SEARCHING, 1)

    async def _act(self, name: str, order_id: UUID | str, said: Any, intent: str) -> Any:
        self._note(name, (str(order_id), said, intent))
        url = self.payment_url if name == "pay" else None
        return messages.OrderAnswer(str(order_id), 1, OrderState.BOOKED, 2, payment_url=url)

    async def pay(self, order_id: Any, said: Any, *, intent: str) -> Any:
        return await self._act("pay", order_id, said, intent)

    async def cancel(self, order_id: Any, said: Any, *, intent: str) -> Any:
        return await self._act("cancel", order_id, said, intent)

    async def accept_work(self, order_id: Any, said: Any, *, intent: str) -> Any:
        return await self._act("accept_work", order_id, said, intent)

    async def rate(self, order_id: Any, said: Any, *, intent: str) -> Any:
        return await self._act("rate", order_id, said, intent)

    async def reschedule(self, order_id: Any, said: Any, *, intent: str) -> Any:
        return await self._act("reschedule", order_id, said, intent)

    async def answer_reschedule(self, order_id: Any, said: Any, *, intent: str) -> Any:
        return await self._act("answer_reschedule", order_id, said, intent)

    async def answer_claim(self, order_id: Any, said: Any, *, intent: str) -> Any:
        return await self._act("answer_claim", order_id, said, intent)

    async def report_no_show(self, order_id: Any, said: Any, *, intent: str) -> Any:
        return await self._act("report_no_show", order_id, said, intent)

    async def tell_payment_notice(self, order_id: UUID | str, notice_id: int = 0) -> bool:
        self._note("notice", (str(order_id), notice_id))
        return not self.is_closed


@dataclass
class Stage:
    """An application, its database, and clients that call it."""

    app: FastAPI
    database: Database
    orders: Recorder
    http: httpx.AsyncClient

    def as_caller(self, name: str = "shop", key: str | None = None) -> dict[str, str]:
        """Headers of a caller, with a fresh Idempotency-Key unless one is given."""
        key = uuid4().hex if key is None else key
        return {"Authorization": f"Bearer {TOKENS[name]}", "Idempotency-Key": key}

    async def place(self, caller: str = "shop", key: str | None = None, **changes: Any) -> Any:
        """Place an order and return the response."""
        headers = self.as_caller(caller, key)
        return await self.http.post("/api/v1/orders", json={**ORDER, **changes}, headers=headers)

    async def rows(self, sql: str, **values: Any) -> list[Any]:
        """Rows of a statement."""
        async with self.database.reading() as session:
            return list(await run(session, text(sql), values))


@asynccontextmanager
async def stage(database_url: str, **changes: Any) -> AsyncIterator[Stage]:
    """The application without its lifespan: the sweep runs when a test says so."""
    database = Database(database_url, pool_size=5)
    orders = Recorder(database)
    services = Services(
        database=database,
        orders=orders,
        places=Places(_find, _nearest),
        site=Site(PUBLIC_URL, PHONES_URL),
        telegram=TelegramHook(77, HOOK_SECRET),
        callers={
            hashlib.sha256(token.encode()).hexdigest(): Caller(
                name, frozenset({"orders:read"}) if name == "reader" else SCOPES
            )
            for name, token in TOKENS.items()
        },
        limits=Limits(bad_secret=(1_000, 1.0)),
    )
    app = create_app(replace(services, **changes))
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url=PUBLIC_URL) as http:
        yield Stage(app, database, orders, http)
    await database.close()


def _find(words: str) -> list[Place]:
    if "Мирный" in words:
        return list(MIRNY)
    return [TVER] if "Тверь" in words else []


def _nearest(latitude: float, longitude: float) -> tuple[Place, float]:
    return TVER, abs(latitude - TVER.latitude) * 111


async def write_user(database: Database, **fields: Any) -> int:
    """A person; a Telegram user unless said otherwise."""
    async with database.transaction() as session:
        made = await session.exec(
            insert(UserRow).values(**{"first_name": "Анна", **fields}).returning(col(UserRow.id))
        )
        return int(made.scalar_one())


async def write_contractor(database: Database) -> int:
    """An active contractor in Tver."""
    user_id = await write_user(database, telegram_id=next(_telegram_ids), phone="+79004445566")
    async with database.transaction() as session:
        made = await session.exec(
            insert(ContractorRow)
            .values(
                user_id=user_id,
                name="Иван",
                status=ContractorStatus.ACTIVE,
                town="Тверь",
                region="Тверская область",
                latitude=56.86,
                longitude=35.9,
                radius_km=50,
            )
            .returning(col(ContractorRow.id))
        )
        return int(made.scalar_one())


async def write_order(database: Database, **fields: Any) -> OrderRow:
    """An order's row, and the request it came from unless that is there."""
    client_id = fields.get("client_id") or await write_user(
        database, telegram_id=next(_telegram_ids)
    )
    service = fields.get("service", Service.REPAIR_NO_WATER)
    estimate = POLICY_V1.estimate(Service.REPAIR_NO_WATER, "symptom_silent")
    place = {
        "town": "Тверь",
        "region": "Тверская область",
        "latitude": 56.85,
        "longitude": 35.91,
    }
    order_id = fields.get("id") or str(uuid4())
    row = {
        "id": order_id,
        "request_id": order_id,
        "client_id": client_id,
        "secret": f"secret-of-{order_id}",
        "service": service,
        "service_type": service.service_type,
        "job_class": service.job_class,
        "state": OrderState.SEARCHING,
        "version": 1,
        "estimate_low_kopecks": estimate.low_kopecks,
        "estimate_high_kopecks": estimate.high_kopecks,
        "prepayment_kopecks": prepayment(estimate, POLICY_V1),
        "created_at": datetime.now(UTC),
        **place,
        **fields,
    }
    async with database.transaction() as session:
        if "request_id" not in fields:
            await session.exec(
                insert(OrderRequestRow).values(
                    id=order_id,
                    client_id=client_id,
                    service=service,
                    detail="symptom_silent",
                    **place,
                )
            )
        await session.exec(insert(OrderRow).values(**row))
        found = await session.get(OrderRow, order_id)
    assert found is not None
    await show(database, found, plain_view(found))
    return found


def plain_view(order: OrderRow) -> OrderView:
    """What the first commit says of an order."""
    return OrderView(
        order_id=order.id,
        number=order.number,
        version=order.version,
        state=order.state,
        service=order.service,
        detail="symptom_silent",
        town=order.town,
        region=order.region,
        utc_offset_minutes=order.utc_offset_minutes,
        estimate=Estimate(order.estimate_low_kopecks, order.estimate_high_kopecks),
        prepayment_kopecks=order.prepayment_kopecks,
        created_at=order.created_at,
        state_since=order.created_at,
    )


async def show(
    database: Database, order: OrderRow, view: OrderView, contractor: int | None = None
) -> None:
    """Have an order's row say what a view says."""
    seen = replace(
        view,
        order_id=str(order.id),
        number=order.number,
        contractor_id=contractor if view.contractor_id else None,
    )
    facts = _FACTS.dump_python(replace(seen, money=MoneySummary()), mode="json")
    async with database.transaction() as session:
        await session.exec(
            update(OrderRow)
            .where(col(OrderRow.id) == order.id)
            .values(
                facts=facts,
                money=_MONEY.dump_python(view.money, mode="json"),
                state=view.state,
                version=view.version,
                prepaid=view.prepaid,
                contractor_id=seen.contractor_id,
                visit_at=view.visit_at,
                refund_kopecks=min(view.refund_kopecks, order.prepayment_kopecks),
            )
        )


def refusal(name: str) -> RuleViolation:
    """A refusal by its name."""
    return BY_NAME[name]()
