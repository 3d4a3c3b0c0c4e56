"""A cancellation in every phase, played on real parts."""

from rules.orders import OrderState, Role
from rules.payments import Method
from tests.replay.steps import URGENT, booked, captured, ended, path
from tests.workflows.world import Placed, Town
from workflows import messages
from workflows.messages import ClaimVerdict


async def _claim(order: Placed, contractor: int, kopecks: int) -> None:
    said = messages.CostClaim(contractor, kopecks, "travel" if kopecks else "")
    await order.door.claim(order.order_id, said, intent=order.intent())


async def _answer(
    order: Placed, role: Role, actor: int, verdict: ClaimVerdict, granted: int | None = None
) -> None:
    said = messages.ClaimAnswer(role, actor, verdict, granted)
    await order.door.answer_claim(order.order_id, said, intent=order.intent())


@path
async def cancelled_while_searching(town: Town) -> Placed:
    """An offer is out; nobody has answered."""
    await town.contractor()
    order = await town.place(URGENT)
    await order.offered()
    await order.cancel()
    return await ended(order, OrderState.CANCELLED)


@path
async def cancelled_before_payment(town: Town) -> Placed:
    """Accepted; no payment page was opened."""
    winner = await town.contractor()
    order = await town.place(URGENT)
    await order.offered()
    await order.accept(winner)
    await order.cancel()
    return await ended(order, OrderState.CANCELLED)


@path
async def cancelled_mid_payment_by_card(town: Town) -> Placed:
    """The page is open; the money that arrives afterwards is let go."""
    winner = await town.contractor()
    order = await town.place(URGENT)
    await order.offered()
    await order.accept(winner)
    payment = await order.open_page()
    await order.cancel()
    order.world.simulator.sim(f"/pay/{payment}", method="card")
    await order.door.tell_payment_notice(order.order_id)
    return await ended(order, OrderState.CANCELLED)


@path
async def cancelled_mid_payment_by_sbp(town: Town) -> Placed:
    """The page is open; the money that was charged afterwards is refunded."""
    winner = await town.contractor()
    order = await town.place(URGENT)
    await order.offered()
    await order.accept(winner)
    payment = await order.open_page(Method.SBP)
    await order.cancel()
    order.world.simulator.sim(f"/pay/{payment}", method="sbp")
    await order.door.tell_payment_notice(order.order_id)
    return await ended(order, OrderState.CANCELLED)


@path
async def cancelled_booked_free(town: Town) -> Placed:
    """Within the free window: the hold is let go."""
    order, _ = await booked(town)
    await order.cancel(reason="changed_mind")
    return await ended(order, OrderState.CANCELLED)


@path
async def cancelled_booked_by_support(town: Town) -> Placed:
    """Support ends a booked order that was charged by SBP: a full refund."""
    await town.contractor()
    order = await town.place(URGENT)
    await order.book(method=Method.SBP)
    await order.cancel(Role.SUPPORT, "client_asked")
    return await ended(order, OrderState.CANCELLED)


@path
async def cancelled_booked_late(town: Town) -> Placed:
    """After the free window: a claim is made, the client agrees."""
    order, winner = await booked(town)
    await order.advance(minutes=6)
    await captured(order)
    await order.cancel()
    await _claim(order, winner, 300_00)
    await _answer(order, Role.CLIENT, order.client_id, ClaimVerdict.AGREE)
    return await ended(order, OrderState.CANCELLED)


@path
async def cancelled_on_the_way(town: Town) -> Placed:
    """The claim is objected to; support grants a part."""
    order, winner = await booked(town)
    step = messages.ContractorStep(winner)
    await order.door.set_off(order.order_id, step, intent=order.intent())
    await order.cancel()
    await _claim(order, winner, 500_00)
    await _answer(order, Role.CLIENT, order.client_id, ClaimVerdict.OBJECT)
    await _answer(order, Role.SUPPORT, 1, ClaimVerdict.DECIDE, 200_00)
    return await ended(order, OrderState.CANCELLED)


@path
async def cancelled_in_progress(town: Town) -> Placed:
    """Work has begun; the claim goes up to everything, and the client says nothing."""
    order, winner = await booked(town)
    step = messages.ContractorStep(winner)
    await order.door.start(order.order_id, step, intent=order.intent())
    await order.cancel()
    await _claim(order, winner, 1_000_00)
    return await ended(order, OrderState.CANCELLED, hours=25)


@path
async def cancelled_awaiting_acceptance(town: Town) -> Placed:
    """The work is done; the contractor says that he had no costs."""
    order, winner = await booked(town)
    await order.work(winner)
    await order.cancel()
    await _claim(order, winner, 0)
    return await ended(order, OrderState.CANCELLED)


@path
async def cancelled_without_a_word(town: Town) -> Placed:
    """A late cancellation to which the contractor says nothing for a day."""
    order, _ = await booked(town)
    await order.advance(minutes=6)
    await order.cancel()
    return await ended(order, OrderState.CANCELLED, hours=25)


@path
async def cancelled_while_searching_again(town: Town) -> Placed:
    """The contractor withdrew after payment; the client wants his money now."""
    order, first = await booked(town)
    await order.withdraw(first, "rig_broke")
    await order.until(OrderState.SEARCHING)
    await order.cancel()
    return await ended(order, OrderState.CANCELLED)


@path
async def cancelled_while_disputed(town: Town) -> Placed:
    """Support opens a dispute over a booked order and then ends it."""
    order, _ = await booked(town)
    said = messages.Dispute(1, "fraud")
    await order.door.open_dispute(order.order_id, said, intent=order.intent())
    await order.cancel(Role.SUPPORT, "fraud")
    return await ended(order, OrderState.CANCELLED)
