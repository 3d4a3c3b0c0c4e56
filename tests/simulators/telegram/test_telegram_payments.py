"""The simulator's invoices: Telegram's limits, ten seconds for a yes, 150 for the query."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from typing import Any

import pytest
from telegram import Bot, LabeledPrice, Update

from tests.simulators.telegram.conftest import Hook, RunningStand
from tests.simulators.telegram.test_telegram_methods import strangers
from tests.simulators.yookassa.harness import Simulator, simulating

INVOICE = {
    "title": "Предоплата D-1",
    "description": "Спишем сразу",
    "payload": "p-1",
    "provider_token": "1:TEST:local",
    "currency": "RUB",
    "prices": [{"label": "Предоплата", "amount": 2_100_00}],
}


@pytest.fixture(scope="module")
def provider(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Simulator]:
    with simulating(tmp_path_factory.mktemp("pays") / "yookassa.sqlite") as found:
        yield found


def charging(stand: RunningStand, provider: Simulator) -> RunningStand:
    """The stand, with somebody to charge by."""
    assert stand.server is not None
    app: Any = stand.server.config.app
    app.state.stand.payments_url = provider.url
    return stand


@pytest.fixture
async def payable(stand: RunningStand, provider: Simulator) -> RunningStand:
    """A stand that has somebody to charge by."""
    return charging(stand, provider)


@pytest.mark.parametrize(
    ("words", "changes"),
    [
        ("title is too long", {"title": "П" * 33}),
        ("description is too long", {"description": "П" * 256}),
        ("INVOICE_PAYLOAD_INVALID", {"payload": "п" * 65}),
        ("PAYMENT_PROVIDER_INVALID", {"provider_token": "381764678:LIVE:1"}),
        ("CURRENCY_TOTAL_AMOUNT_INVALID", {"prices": [{"label": "a", "amount": 99_00}]}),
        ("CURRENCY_INVALID", {"currency": "XYZ"}),
        ("there must be at least one price", {"prices": []}),
        ("expected an Array of LabeledPrice", {"prices": [{"label": "a", "amount": 1.5}]}),
        ("START_PARAM_INVALID", {"start_parameter": "a b"}),
        ("provider_data", {"provider_data": "[1]"}),
        (
            "first button",
            {"reply_markup": {"inline_keyboard": [[{"text": "x", "callback_data": "y"}]]}},
        ),
    ],
)
async def test_telegrams_limits_of_an_invoice(
    shared_stand: RunningStand, provider: Simulator, words: str, changes: dict[str, Any]
) -> None:
    anna = await charging(shared_stand, provider).person()

    assert words in await shared_stand.error(
        "sendInvoice", **{**INVOICE, "chat_id": anna, **changes}
    )


async def test_a_payment_is_asked_charged_and_told(
    payable: RunningStand, bot: Bot, provider: Simulator
) -> None:
    anna = await payable.person()
    data = {"receipt": {"items": [_line()]}}
    sent = await bot.send_invoice(
        anna,
        "Предоплата D-1",
        "Спишем сразу",
        "p-1",
        "RUB",
        [LabeledPrice("Предоплата", 2_100_00)],
        provider_token="1:TEST:local",
        provider_data=json.dumps(data),
        need_email=True,
        send_email_to_provider=True,
    )
    assert strangers(sent) == []
    offset = (await bot.get_updates())[-1].update_id + 1
    assert "e-mail" in (await payable.sim(f"/people/{anna}/pay", {}, status=422))["error"]

    paying = asyncio.create_task(payable.sim(f"/people/{anna}/pay", {"email": "anna@mail.ru"}))
    (asked,) = await bot.get_updates(offset=offset, timeout=20)
    query = asked.pre_checkout_query
    assert query is not None
    assert strangers(asked) == []
    assert (query.invoice_payload, query.total_amount) == ("p-1", 2_100_00)
    await query.answer(ok=True)
    assert "query ID is invalid" in await payable.error(
        "answerPreCheckoutQuery", pre_checkout_query_id=query.id, ok=True
    )
    said = await paying

    (told,) = await bot.get_updates(offset=asked.update_id + 1, timeout=20)
    assert strangers(told) == []
    assert told.message is not None
    paid = told.message.successful_payment
    assert paid is not None
    assert paid.provider_payment_charge_id == said["payment"]["provider_payment_charge_id"]
    payment = provider.payment(paid.provider_payment_charge_id)
    assert (payment["status"], payment["amount"]["value"]) == ("succeeded", "2100.00")
    assert "order" not in payment["metadata"]
    assert payment["receipt_registration"] in ("pending", "succeeded")
    shown = await payable.see(f"/people/{anna}/messages")
    assert [one.get("is_paid") for one in shown if "invoice" in one] == [True]
    assert (await payable.sim(f"/people/{anna}/pay", {}, status=409))["error"]


def _line() -> dict[str, Any]:
    return {
        "description": "Работы",
        "quantity": 1,
        "amount": {"value": "2100.00", "currency": "RUB"},
        "vat_code": 1,
        "payment_mode": "full_prepayment",
        "payment_subject": "job",
    }


async def test_a_no_and_a_declined_card_charge_nothing(
    payable: RunningStand, bot: Bot, provider: Simulator
) -> None:
    anna = await payable.person()
    await payable.call("sendInvoice", chat_id=anna, **INVOICE)
    offset = (await bot.get_updates())[-1].update_id + 1
    before = len([one for one in provider.listing("payments") if one["status"] == "succeeded"])
    for wish, answer in (
        ({}, {"ok": False, "error_message": "Заказ закрыт"}),
        ({"number": "5555555555554600"}, {"ok": True}),
    ):
        paying = asyncio.create_task(payable.sim(f"/people/{anna}/pay", wish))
        (asked,) = await bot.get_updates(offset=offset, timeout=20)
        offset = asked.update_id + 1
        assert asked.pre_checkout_query is not None
        await asked.pre_checkout_query.answer(**answer)
        said = await paying
        assert said["ok"] is False
        assert said["error_message"] in ("Заказ закрыт", "insufficient_funds")
    after = [one for one in provider.listing("payments") if one["status"] == "succeeded"]
    assert len(after) == before


async def test_an_answer_after_ten_seconds_is_too_late_and_after_150_nobody_hears_the_query(
    payable: RunningStand, bot: Bot
) -> None:
    anna = await payable.person()
    await payable.call("sendInvoice", chat_id=anna, **INVOICE)
    offset = (await bot.get_updates())[-1].update_id + 1
    paying = asyncio.create_task(payable.sim(f"/people/{anna}/pay", {}))
    (asked,) = await bot.get_updates(offset=offset, timeout=20)
    assert asked.pre_checkout_query is not None
    await payable.sim("/clock", {"advance_seconds": 11})
    assert "too old" in await payable.error(
        "answerPreCheckoutQuery", pre_checkout_query_id=asked.pre_checkout_query.id, ok=True
    )
    await payable.sim("/clock", {"advance_seconds": 140})
    assert await bot.get_updates(offset=offset) == ()
    paying.cancel()


async def test_a_webhooks_answer_may_be_the_answer_to_the_query(
    payable: RunningStand, hook: Hook
) -> None:
    anna = await payable.person()
    await payable.call("sendInvoice", chat_id=anna, **INVOICE)
    hook.reply = {"method": "answerPreCheckoutQuery", "ok": False, "error_message": "Нет"}
    await payable.call(
        "setWebhook",
        url=hook.url,
        allowed_updates=["pre_checkout_query"],
        drop_pending_updates=True,
    )

    said = await payable.sim(f"/people/{anna}/pay", {})

    assert (said["ok"], said["error_message"]) == (False, "Нет")
    assert Update.de_json(hook.bodies[-1], None).pre_checkout_query is not None
