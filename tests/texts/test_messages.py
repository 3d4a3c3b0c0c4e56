from dataclasses import replace
from datetime import timedelta

import pytest

from rules.changes import Notice
from rules.orders import OfferState, OrderState, Proposal, Role
from rules.views import OrderView
from tests.texts.views import NOW, SECRETS, VISIT, offer, states
from texts.catalogue import has
from texts.describe import describe
from texts.details import details_markdown, summary
from texts.language import Language
from texts.notices import notice
from texts.timeline import label

RU = Language.RU
TO_CONTRACTOR = (
    *(Notice.YOU_WON, Notice.CLIENT_PAID, Notice.CLIENT_DID_NOT_PAY, Notice.CLIENT_CANCELLED),
    *(Notice.CLAIM_INVITED, Notice.WORK_ACCEPTED, Notice.VISIT_SOON, Notice.SETTLED),
    *(Notice.YOU_WERE_RELEASED, Notice.QUOTE_NOT_CHOSEN),
    *(Notice.METRES_AGREED, Notice.METRES_REFUSED),
)
TO_SUPPORT = (
    *(Notice.NEEDS_PERSON, Notice.MONEY_STUCK, Notice.MONEY_RECOVERED),
    *(Notice.CAPTURED_IN_PART, Notice.PRICE_REFUSED),
)
TO_BOTH = (Notice.SLOT_PROPOSED, Notice.SLOT_AGREED, Notice.SLOT_REFUSED)


def _roles(one: Notice) -> tuple[Role, ...]:
    if one in TO_BOTH:
        return (Role.CLIENT, Role.CONTRACTOR)
    if one in TO_SUPPORT:
        return (Role.SUPPORT,)
    return (Role.CONTRACTOR,) if one in TO_CONTRACTOR else (Role.CLIENT,)


@pytest.mark.parametrize("lang", list(Language))
@pytest.mark.parametrize("one", list(Notice))
def test_every_notice_has_its_own_words_for_everybody_who_gets_it(
    one: Notice, lang: Language
) -> None:
    for role in _roles(one):
        assert has(f"notice.{one.value}.{role.value}")
        for view in states().values():
            words = notice(one, view, role, lang)
            assert words.startswith("D-1042: ")
            assert len(words) <= 300
            assert "{" not in words
            assert not any(secret in words for secret in SECRETS)


@pytest.mark.parametrize(
    ("one", "name", "role", "words"),
    [
        (
            Notice.CONTRACTOR_FOUND,
            "awaiting",
            Role.CLIENT,
            "приедет сб, 5 сентября, 17:05. Внесите предоплату 2 000 ₽ до 14:35.",
        ),
        (Notice.NO_CONTRACTOR, "no_contractor", Role.CLIENT, "Денег мы не брали"),
        (Notice.CONTRACTOR_WITHDREW, "searching", Role.CLIENT, "решать вам"),
        (Notice.CONTRACTOR_WITHDREW, "searching_again", Role.CLIENT, "доплачивать не нужно"),
        (Notice.YOU_WON, "awaiting", Role.CONTRACTOR, "Ждём предоплату клиента до 14:35"),
        (Notice.YOU_WON, "booked", Role.CONTRACTOR, "уже оплачена"),
        (Notice.CLAIM_MADE, "cancelled_made", Role.CLIENT, "600 ₽ за расходы (дорога)"),
        (Notice.CLAIM_SETTLED, "cancelled_settled", Role.CLIENT, "Бригаде 600 ₽"),
        (Notice.CLAIM_SETTLED, "cancelled_back", Role.CLIENT, "расходов у бригады нет"),
        (Notice.CLAIM_INVITED, "cancelled_open", Role.CONTRACTOR, "не больше 1 000 ₽"),
        (Notice.ORDER_CANCELLED, "cancelled_open", Role.CLIENT, "Возвращаем 1 000 ₽"),
        (Notice.ORDER_CANCELLED, "cancelled_free", Role.CLIENT, "Денег мы не брали"),
        (Notice.PAYMENT_DECLINED, "awaiting_declined", Role.CLIENT, "не хватило денег на карте"),
        (Notice.NEEDS_PERSON, "overdue", Role.SUPPORT, "Начало работы просрочено"),
    ],
)
def test_a_notice_says_what_happened_and_what_to_do(
    one: Notice, name: str, role: Role, words: str
) -> None:
    assert words in notice(one, states()[name], role, RU).replace("\u00a0", " ")


@pytest.mark.parametrize(
    ("one", "name", "role"),
    [
        (Notice.CONTRACTOR_FOUND, "booked", Role.CLIENT),
        (Notice.PAY_REMINDER, "unpaid", Role.CLIENT),
        (Notice.SLOT_PROPOSED, "booked", Role.CONTRACTOR),
        (Notice.CLAIM_MADE, "cancelled_back", Role.CLIENT),
        (Notice.PAYMENT_RECEIVED, "searching_again", Role.CLIENT),
    ],
)
def test_a_notice_that_came_too_late_only_points_to_the_card(
    one: Notice, name: str, role: Role
) -> None:
    words = notice(one, states()[name], role, RU)
    assert words == "D-1042: заказ изменился, посмотрите карточку."


def test_a_notice_takes_amounts_and_instants_that_came_with_it() -> None:
    view = states()["cancelled_back"]
    sent = notice(Notice.REFUND_SENT, view, Role.CLIENT, RU, {"kopecks": 150_00})
    assert "150 ₽" in sent.replace("\u00a0", " ")
    pause = {"until": (NOW + timedelta(hours=16, minutes=55)).isoformat()}
    night = notice(Notice.NIGHT_PAUSE, states()["searching"], Role.CLIENT, RU, pause)
    assert "в 07:00" in night
    proposal = Proposal(Role.CLIENT, VISIT + timedelta(days=1))
    asked = replace(states()["booked"], proposal=proposal)
    words = notice(Notice.SLOT_PROPOSED, asked, Role.CONTRACTOR, RU).replace("\u00a0", " ")
    assert "вс, 6 сентября, 17:05" in words
    assert "оставьте сб, 5 сентября, 17:05" in words


@pytest.mark.parametrize("role", [Role.CLIENT, Role.CONTRACTOR, Role.SUPPORT, Role.SYSTEM])
@pytest.mark.parametrize("name", sorted(states()))
def test_every_fact_is_one_sentence_and_said_once(name: str, role: Role) -> None:
    for lang in Language:
        sentences = describe(states()[name], role, lang)
        assert len(set(sentences)) == len(sentences)
        assert len(sentences) >= 2
        assert all(one and "{" not in one and one == one.strip() for one in sentences)


def test_support_reads_public_numbers_and_never_a_person() -> None:
    for view in states().values():
        text = " ".join(describe(view, Role.SUPPORT, RU))
        assert not any(secret in text for secret in (*SECRETS, "Иван"))
        assert ("C-17" in text) is (view.contractor_id is not None)


def test_the_reason_of_support_is_for_support_only() -> None:
    view = replace(states()["cancelled_back"], cancelled_by=Role.SUPPORT, reason="fraud")
    assert "обман" in " ".join(describe(view, Role.SUPPORT, RU))
    for role in (Role.CLIENT, Role.CONTRACTOR):
        assert "обман" not in " ".join(describe(view, role, RU))


def test_the_summary_is_one_line_of_at_most_180_bytes() -> None:
    view = states()["booked"]
    assert summary(view) == "D-1042 · Ремонт: нет воды · Тверь"
    long = summary(replace(view, town="Посёлок\n" * 40))
    assert len(long.encode()) <= 180
    assert "\n" not in long


def _details(view: OrderView, count: int) -> str:
    offers = [offer(OfferState.EXPIRED, contractor_id=100 + n) for n in range(count)]
    return details_markdown(view, offers, {"off_line": 3}, label("payment_remind"))


def test_the_details_tell_the_whole_order_without_a_person_in_it() -> None:
    text = _details(states()["awaiting"], 2).replace("\u00a0", " ")
    for fact in (
        "### D-1042 · Ремонт: нет воды (насос молчит), Тверь.",
        "Ждём предоплату (сб, 5 сентября, 14:05).",
        "**Ждёт**: предоплату клиента → 14:35 (таймер: Предоплата: напомнить)",
        "- **C-101 – молчание**. Волна 2, ответ до 14:10, выезд сб, 5 сентября, 17:05, 8,4 км, "
        "балл 0,84 = близость 0,21",
        "не на линии – 3",
        "| предоплата | 2 000 ₽ |",
    ):
        assert fact in text
    assert not any(secret in text for secret in (*SECRETS, "Иван"))


@pytest.mark.parametrize("name", sorted(states()))
def test_the_details_say_what_every_state_waits_for(name: str) -> None:
    waits = [line for line in _details(states()[name], 1).split("\n") if "**Ждёт**" in line]
    assert len(waits) == 1
    assert ("заказ закрыт" in waits[0]) is states()[name].money_closed


def test_the_details_stay_within_15_kb_and_say_what_they_left_out() -> None:
    text = _details(states()["awaiting"], 400)
    assert len(text.encode()) <= 15_000
    assert "… и ещё" in text
    assert "C-499" in text
    assert "| предоплата |" in text


def test_a_town_cannot_break_the_table() -> None:
    view = replace(states()["new"], town="Тверь | <b>`x`\n# z", state=OrderState.NEW)
    head = _details(view, 0).split("\n")[0]
    assert "|" not in head
    assert "<" not in head
