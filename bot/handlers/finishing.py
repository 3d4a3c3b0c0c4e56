"""What a finished dialogue does: places an order, registers a contractor, claims, reports."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any
from uuid import NAMESPACE_URL, uuid4, uuid5

from sqlalchemy.dialects.postgresql import insert
from sqlmodel.ext.asyncio.session import AsyncSession

from bot import claim_dialogue, drafts, quote_dialogue
from bot.acts import Wish, act
from bot.dialogue import Draft, Flow, Step
from bot.handlers.known_client import offset_minutes
from bot.inbox import Postponed
from bot.order_dialogue import SOON
from bot.relay import tell_support
from bot.visit import Visit
from models.contractors import ContractorRow, ContractorServiceRow, ContractorStatus
from models.orders import OrderRequestRow, Precision, Source
from models.queries import files, receipts, users
from rules.catalog import Service, ServiceType
from rules.errors import RuleViolation, TooManyOrders
from rules.orders import Role
from runtime.logs import get_logger, order_context
from texts import formatting
from texts.catalogue import say
from texts.refusals import refusal
from workflows import messages
from workflows.client import Unavailable

_log = get_logger(__name__)
_ORDERS = uuid5(NAMESPACE_URL, "drillflow/orders-from-the-bot")


async def finish(visit: Visit, draft: Draft) -> None:
    """Do what the dialogue was for; safe to repeat."""
    await _FINISH[draft.flow](visit, draft)


async def end_dialogue(visit: Visit) -> None:
    """Forget the draft."""
    async with visit.desk.database.transaction() as session:
        await drafts.drop(session, visit.user.id)


def order_id_of(draft_id: str) -> str:
    """The id of the order that a draft becomes: one draft, one order, however often sent."""
    return str(uuid5(_ORDERS, draft_id))


async def _place_order(visit: Visit, draft: Draft) -> None:
    answers = draft.answers
    order_id = order_id_of(answers["id"])
    await visit.answer(say("check.sending", visit.lang))
    async with visit.desk.database.transaction() as session:
        await _write_request(session, visit.user.id, answers)
    with order_context(order_id):
        try:
            placed = await visit.desk.orders.place(_order_input(visit, order_id, answers))
        except Unavailable as error:
            await _say_once(visit, "tap.wait")
            raise Postponed("the order is not confirmed yet") from error
        except RuleViolation as error:
            await _order_refused(visit, draft, error)
            return
        _log.info("order_placed", number=placed.number)
    number = formatting.order_number(placed.number)
    await visit.retire_tapped()
    await visit.say_with_menu("check.sent", number=number)
    await end_dialogue(visit)


async def _order_refused(visit: Visit, draft: Draft, error: RuleViolation) -> None:
    """Back to the summary; the next try is another order, for this one has been refused."""
    again = Draft(Flow.ORDER, Step.CHECK, dict(draft.answers), draft.trail[:-1], draft.version)
    again = again.answered(id=str(uuid4()))
    async with visit.desk.database.transaction() as session:
        if isinstance(error, TooManyOrders):
            refused, next_one = order_id_of(draft.answers["id"]), order_id_of(again.answers["id"])
            await files.move_files(session, refused, next_one)
            await drafts.save(session, visit.user.id, again, visit.update.update_id)
        else:
            await drafts.drop(session, visit.user.id)
    _log.info("order_refused", reason=type(error).__name__)
    await visit.say_with_menu("greeting.back")
    await visit.send(refusal(error, visit.lang))


async def _say_once(visit: Visit, key: str) -> None:
    if visit.attempt == 1:
        await visit.say(key)


async def _write_request(session: AsyncSession, client_id: int, answers: Mapping[str, Any]) -> None:
    wish = answers.get("wish", SOON)
    row = {
        "id": answers["id"],
        "client_id": client_id,
        "service": Service(answers["service"]),
        "detail": answers["detail"],
        "town": answers["town"],
        "region": answers["region"],
        "utc_offset_minutes": offset_minutes(answers),
        "latitude": answers["latitude"],
        "longitude": answers["longitude"],
        "precision": _precision(answers),
        "address": answers.get("address"),
        "comment": answers.get("comment") or None,
        "photo_count": len(answers.get("photos", [])),
        "wish_day": None if wish == SOON else date.fromisoformat(wish),
        "source": Source.BOT,
    }
    await session.exec(insert(OrderRequestRow).values(**row).on_conflict_do_nothing())


def _precision(answers: Mapping[str, Any]) -> Precision:
    if answers.get("exact"):
        return Precision.PIN
    return Precision.ADDRESS if answers.get("is_address") else Precision.TOWN


def _order_input(visit: Visit, order_id: str, answers: Mapping[str, Any]) -> messages.OrderInput:
    wish = answers.get("wish", SOON)
    return messages.OrderInput(
        order_id=order_id,
        request_id=answers["id"],
        client_id=visit.user.id,
        service=Service(answers["service"]),
        detail=answers["detail"],
        town=answers["town"],
        region=answers["region"],
        utc_offset_minutes=offset_minutes(answers),
        policy=visit.desk.policy,
        wish_day=None if wish == SOON else date.fromisoformat(wish),
    )


async def _register(visit: Visit, draft: Draft) -> None:
    await visit.answer()
    at_once = visit.desk.activates_at_once
    async with visit.desk.database.transaction() as session:
        await _write_contractor(session, visit.user.id, draft.answers, at_once=at_once)
        await drafts.drop(session, visit.user.id)
        visit.contractor = await users.contractor_by_user(session, visit.user.id)
    assert visit.contractor is not None, "it has just been written"
    number = formatting.contractor_number(visit.contractor.id)
    _log.info("contractor_registered", contractor=number, active=at_once)
    key = "join.approved" if at_once else "join.waiting"
    await visit.retire_tapped()
    await visit.say_with_menu(key, number=number)


async def _write_contractor(
    session: AsyncSession, user_id: int, answers: Mapping[str, Any], *, at_once: bool
) -> None:
    row = {
        "user_id": user_id,
        "name": answers["name"],
        "status": ContractorStatus.ACTIVE if at_once else ContractorStatus.PENDING,
        "online": False,
        "town": answers["town"],
        "region": answers["region"],
        "latitude": answers["latitude"],
        "longitude": answers["longitude"],
        "radius_km": float(answers["radius_km"]),
        "utc_offset_minutes": offset_minutes(answers),
    }
    statement = insert(ContractorRow).values(**row)
    await session.exec(statement.on_conflict_do_nothing(index_elements=["user_id"]))
    contractor = await users.contractor_by_user(session, user_id)
    assert contractor is not None, "it has just been written"
    for service in answers["services"]:
        known = {"contractor_id": contractor.id, "service_type": ServiceType(service)}
        await session.exec(insert(ContractorServiceRow).values(**known).on_conflict_do_nothing())


async def _claim(visit: Visit, draft: Draft) -> None:
    items = claim_dialogue.items(draft)
    kopecks = sum(one.kopecks for one in items)
    claim = {"kopecks": kopecks, "reason": items[0].reason, "items": items}
    await _act_on_order(visit, draft, "claim", **claim)


async def _done(visit: Visit, draft: Draft) -> None:
    await _act_on_order(visit, draft, "done", kopecks=draft.answers["price_kopecks"])


async def _act_on_order(visit: Visit, draft: Draft, action: str, **said: Any) -> None:
    """The contractor's amount goes to the order; a refusal shows how things are."""
    async with visit.desk.database.reading() as session:
        row = await users.order_row(session, int(draft.answers["number"]))
    if row is None or visit.contractor is None:
        await end_dialogue(visit)
        return
    version = draft.answers["card_version"]
    wish = Wish(row.id, action, version, Role.CONTRACTOR, visit.contractor.id, **said)
    is_done = await act(visit, wish)
    await end_dialogue(visit)
    await visit.retire_tapped()
    await visit.say_with_menu(f"{action}.said" if is_done else "menu.choose")


async def _question(visit: Visit, draft: Draft) -> None:
    await tell_support(visit, draft.answers["words"], draft.answers.get("number"))
    await end_dialogue(visit)
    await visit.say_with_menu("support.sent")


async def _email(visit: Visit, draft: Draft) -> None:
    async with visit.desk.database.transaction() as session:
        now = datetime.now(UTC)
        await receipts.give_email(session, visit.user.id, draft.answers["email"], now)
    await end_dialogue(visit)
    await visit.say_with_menu("receipt.email_set", email=draft.answers["email"])


async def _quote(visit: Visit, draft: Draft) -> None:
    fresh = replace(draft, answers={**draft.answers, "card_version": draft.version})
    offered = quote_dialogue.offered(draft)
    await _act_on_order(visit, fresh, "quote", offered=offered)


async def _metres(visit: Visit, draft: Draft) -> None:
    answers = draft.answers
    fresh = replace(draft, answers={**answers, "card_version": draft.version})
    said = {"metres": answers["metres"], "kopecks": answers["price_kopecks"]}
    await _act_on_order(visit, fresh, "metres", **said)


_FINISH: dict[Flow, Callable[[Visit, Draft], Awaitable[None]]] = {
    Flow.ORDER: _place_order,
    Flow.WORK: _register,
    Flow.CLAIM: _claim,
    Flow.PRICE: _done,
    Flow.SUPPORT: _question,
    Flow.EMAIL: _email,
    Flow.QUOTE: _quote,
    Flow.METRES: _metres,
}
