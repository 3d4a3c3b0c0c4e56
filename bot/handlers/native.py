"""What Telegram says was paid inside it: kept once, then the order is told to look."""

from datetime import UTC, datetime

from telegram import SuccessfulPayment

from bot.inbox import Postponed
from bot.visit import Visit
from models.invoices import NativePaymentRow
from models.queries.invoices import InvoicedOrder, order_of, store_payment
from models.queries.reconciliation import enqueue
from rules.native import Paid
from runtime.logs import get_logger, order_context
from workflows.client import Unavailable

_log = get_logger(__name__)
_EVENT = "payment.succeeded"


async def paid(visit: Visit, said: SuccessfulPayment) -> None:
    """Keep the hint and pass it on; safe to repeat.

    Raises:
        Postponed: The order's workflow does not answer.
    """
    row = NativePaymentRow(
        telegram_charge_id=said.telegram_payment_charge_id,
        provider_charge_id=said.provider_payment_charge_id,
        payload=said.invoice_payload,
        amount_kopecks=said.total_amount,
        currency=said.currency,
        payer_telegram_id=visit.user.telegram_id or 0,
    )
    async with visit.desk.database.transaction() as session:
        is_new = await store_payment(session, row)
        order = await order_of(session, said.invoice_payload)
    _log.info("native_payment", is_new=is_new)
    if order is None or not await _told(visit, order, row):
        # Nobody's order, or one whose books are closed: compared with the provider's lists.
        async with visit.desk.database.transaction() as session:
            await enqueue(session, row.provider_charge_id, _EVENT, datetime.now(UTC))


async def _told(visit: Visit, order: InvoicedOrder, row: NativePaymentRow) -> bool:
    hint = Paid(order.attempt, row.provider_charge_id, row.amount_kopecks)
    with order_context(order.order_id):
        try:
            return await visit.desk.orders.tell_payment_notice(order.order_id, paid=hint)
        except Unavailable as error:
            raise Postponed("payment notice") from error
