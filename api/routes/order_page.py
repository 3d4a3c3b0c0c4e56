"""`/o/{secret}`: one order's page for its client, also the address the payment returns to."""

import contextlib
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from uuid import UUID

from fastapi import APIRouter, Request
from sqlalchemy import text
from sqlmodel import col, select
from starlette.background import BackgroundTask
from starlette.responses import RedirectResponse, Response

from api.deps import OrderDoor, Services, services_of
from api.limiter import Limiter
from api.placing import utc_now
from api.problems import Problem
from api.rendering import Visit, ask_page, missing_page, order_page
from models.orders import OrderRow
from models.queries.orders import order_by_secret
from models.queries.plain import run
from models.users import UserRow
from rules.errors import BadInput, RuleViolation
from rules.files import PDF
from rules.geo import english_name
from rules.orders import FINAL_STATES, OrderState, Role
from rules.payments import Method
from rules.views import OrderView
from runtime.logs import get_logger, order_context
from texts import reasons
from texts.confirmations import slot_instant
from texts.language import Language, pick
from workflows import messages
from workflows.client import Unavailable, intent

router = APIRouter(prefix="/o", include_in_schema=False)
_SECRET = re.compile(r"[\w-]{16,128}", re.ASCII)
_ACTION = re.compile(r"[a-z0-9_]{1,24}")
_FIELDS_MAX = 8
_CROSS_SITE = ("cross-site", "same-site")
_log = get_logger(__name__)

_CALL_SUPPORT = text(
    """
    INSERT INTO outbox (kind, order_id, role, notice, params, state, attempts)
    SELECT 'notice', CAST(:order AS uuid), 'support', 'needs_person', '{}', 'pending', 0
    WHERE NOT EXISTS (
        SELECT 1 FROM outbox WHERE order_id = CAST(:order AS uuid) AND role = 'support'
          AND notice = 'needs_person' AND created_at > now() - interval '10 minutes')
    """
)


@dataclass(frozen=True)
class Owned:
    """An order found by its secret, its client, and his language."""

    view: OrderView
    client_id: int
    language: str


@dataclass(frozen=True)
class Wish:
    """What the client wants, on the version of the page that he saw."""

    order_id: str
    client_id: int
    action: str
    version: int

    @property
    def intent(self) -> str:
        """The same for the same tap, here and in the bot."""
        return intent(self.order_id, self.action, self.version, self.client_id)


@router.get("/{secret}")
async def page(request: Request, secret: str) -> Response:
    """The order now; somebody who comes back from paying makes the order look at its payment."""
    services = services_of(request)
    owned = await _find(services, secret)
    visit = _visit(request, owned)
    if owned is None:
        return missing_page(visit)
    owned = _in_words_of(services, owned, visit.lang)
    ask = request.query_params.get("ask", "")
    response = ask_page(owned.view, visit, ask) if ask else None
    response = response or order_page(owned.view, visit)
    if _is_back_from_paying(request, owned.view):
        response.background = BackgroundTask(_look, request, owned.view.order_id)
    return response


@router.get("/{secret}/files/{file_id}")
async def file(request: Request, secret: str, file_id: UUID) -> Response:
    """One of the pictures that prove a claim; a paper is only ever saved, not opened here."""
    services = services_of(request)
    owned = await _find(services, secret)
    claim = owned.view.claim if owned is not None else None
    if owned is None or claim is None or str(file_id) not in claim.files or services.files is None:
        return missing_page(_visit(request, owned))
    kept = await services.files.read(owned.view.order_id, str(file_id))
    if kept is None:
        return missing_page(_visit(request, owned))
    shown = "attachment" if kept.media_type == PDF else "inline"
    headers = {
        "Content-Disposition": shown,
        "Content-Security-Policy": "default-src 'none'; sandbox; frame-ancestors 'none'",
        "X-Robots-Tag": "noindex, nofollow",
    }
    return Response(kept.content, media_type=kept.media_type, headers=headers)


def _is_back_from_paying(request: Request, view: OrderView) -> bool:
    if view.state is not OrderState.AWAITING_PREPAYMENT or "x-refresh" in request.headers:
        return False
    return "paid" in request.query_params or view.money.payment_url is not None


async def _look(request: Request, order_id: str) -> None:
    """Have the order look at its payment; seldom, because every look is written down."""
    looks: Limiter = request.app.state.looks
    if looks.allows(order_id):
        with order_context(order_id), contextlib.suppress(Unavailable):
            await services_of(request).orders.tell_payment_notice(order_id)


async def _find(services: Services, secret: str) -> Owned | None:
    if not _SECRET.fullmatch(secret):
        return None
    async with services.database.reading() as session:
        found = await session.exec(
            select(col(OrderRow.client_id), col(UserRow.language))
            .join(UserRow, col(UserRow.id) == col(OrderRow.client_id))
            .where(col(OrderRow.secret) == secret)
        )
        client = found.first()
        view = await order_by_secret(session, secret, public_url=services.site.public_url)
    # Between the row and its first commit there is nothing to show yet.
    if client is None or view is None or not view.detail:
        return None
    return Owned(view, *client)


def _in_words_of(services: Services, owned: Owned, lang: Language) -> Owned:
    """With the town's name as it is called in that language."""
    if lang is not Language.EN:
        return owned
    town, region = owned.view.town, owned.view.region
    found = services.places.find(f"{town}, {region}")
    return replace(owned, view=replace(owned.view, town=english_name(town, region, found)))


def _visit(request: Request, owned: Owned | None) -> Visit:
    chosen = request.query_params.get("lang")
    said = owned.language if owned else request.headers.get("accept-language")
    is_chosen = chosen in tuple(Language)
    return Visit(
        path=request.scope["path"],
        lang=pick(chosen if is_chosen else said),
        now=utc_now(),
        is_chosen=is_chosen,
        said=request.query_params.get("said", ""),
        payment_origin=services_of(request).site.payment_origin,
    )


@router.post("/{secret}")
async def act(request: Request, secret: str) -> Response:
    """One button: done once however often it is sent; answered by going to a page."""
    if request.headers.get("sec-fetch-site") in _CROSS_SITE:
        raise Problem(403, "CrossSite")
    services = services_of(request)
    action, version = await _form(request)
    owned = await _find(services, secret)
    visit = _visit(request, owned)
    if owned is None:
        return missing_page(visit)
    with order_context(owned.view.order_id):
        if _cost_may_have_changed(owned.view, action, version):
            again = "cancel" if owned.view.redispatch_since is None else "refund_now"
            return _to(visit.url(ask=again))
        wish = Wish(owned.view.order_id, owned.client_id, action, version)
        return _to(await _answer(request, wish, visit))


def _cost_may_have_changed(view: OrderView, action: str, version: int) -> bool:
    """A cancellation is confirmed on what it costs now; a repeated one is answered as before."""
    kind = reasons.parse(action)
    is_stale = version != view.version and view.state not in FINAL_STATES
    return is_stale and kind is not None and kind[0] == "cancel"


def _to(url: str) -> RedirectResponse:
    return RedirectResponse(url, 303)


async def _form(request: Request) -> tuple[str, int]:
    form = await request.form(max_fields=_FIELDS_MAX, max_files=0)
    action, version = form.get("action"), form.get("version")
    good = isinstance(action, str) and _ACTION.fullmatch(action) is not None
    if not good or not isinstance(version, str) or not re.fullmatch(r"[0-9]{1,9}", version):
        raise Problem(422, BadInput.__name__)
    return str(action), int(version)


async def _answer(request: Request, wish: Wish, visit: Visit) -> str:
    """Do it; the address to go to next."""
    services = services_of(request)
    if wish.action == "paid":
        await _look(request, wish.order_id)
        return visit.url(paid="1", said="return")
    if wish.action == "support":
        async with services.database.transaction() as session:
            await run(session, _CALL_SUPPORT, {"order": wish.order_id})
        return visit.url(said="support")
    try:
        answer = await _call_of(wish)(services.orders)
    except RuleViolation as refused:
        _log.info("order_action_refused", action=wish.action, reason=type(refused).__name__)
        return visit.url(said=type(refused).__name__)
    except Unavailable:
        return visit.url(said="error")
    _log.info("order_action", action=wish.action)
    if wish.action in _PAY and answer.payment_url:
        return answer.payment_url
    return visit.url(said="saved")


Call = Callable[[OrderDoor], Awaitable[messages.OrderAnswer]]
_PAY = {"pay_card": Method.CARD, "pay_sbp": Method.SBP}
_OBJECT = messages.ClaimVerdict.OBJECT
_CLAIM = {"claim_yes": messages.ClaimVerdict.AGREE, "claim_no": _OBJECT}


def _call_of(wish: Wish) -> Call:
    """The update for a wish.

    Raises:
        BadInput: There is no such action.
    """
    action, order_id, who = wish.action, wish.order_id, wish.client_id
    reason = reasons.parse(action)
    visit_at = slot_instant(action)
    if action in _PAY:
        choice = messages.PaymentChoice(who, _PAY[action])
        return lambda orders: orders.pay(order_id, choice, intent=wish.intent)
    if reason is not None and reason[0] == "object":
        no = messages.ClaimAnswer(Role.CLIENT, who, messages.ClaimVerdict.OBJECT, reason=reason[1])
        return lambda orders: orders.answer_claim(order_id, no, intent=wish.intent)
    if reason is not None and reason[0] == "cancel":
        end = messages.Cancellation(Role.CLIENT, who, reason[1])
        return lambda orders: orders.cancel(order_id, end, intent=wish.intent)
    if visit_at is not None:
        other = messages.Rescheduling(Role.CLIENT, who, visit_at)
        return lambda orders: orders.reschedule(order_id, other, intent=wish.intent)
    return _answer_of(wish)


def _answer_of(wish: Wish) -> Call:
    action, order_id, who = wish.action, wish.order_id, wish.client_id
    if action in _CLAIM:
        verdict = messages.ClaimAnswer(Role.CLIENT, who, _CLAIM[action])
        return lambda orders: orders.answer_claim(order_id, verdict, intent=wish.intent)
    if action in ("slot_yes", "slot_no"):
        said = messages.ReschedulingAnswer(Role.CLIENT, who, action == "slot_yes")
        return lambda orders: orders.answer_reschedule(order_id, said, intent=wish.intent)
    if re.fullmatch(r"rate[1-5]", action):
        stars = messages.Rating(Role.CLIENT, who, int(action[-1]))
        return lambda orders: orders.rate(order_id, stars, intent=wish.intent)
    if action == "accept_work":
        good = messages.WorkAcceptance(who)
        return lambda orders: orders.accept_work(order_id, good, intent=wish.intent)
    if action == "no_show_yes":
        absent = messages.NoShowReport(who)
        return lambda orders: orders.report_no_show(order_id, absent, intent=wish.intent)
    raise BadInput(f"no action {action}")
