"""A policy file changes what it names and nothing else; a wrong one is refused with its name."""

import pytest

from rules.catalog import JobClass
from rules.errors import BadInput
from rules.policy import POLICY_V1, RefundTier
from rules.policy_text import policy_from_json


def test_empty_file_is_policy_v1() -> None:
    assert policy_from_json("{}") == POLICY_V1


def test_a_switch_is_true_or_false() -> None:
    assert not policy_from_json('{"project_quotes": false}').project_quotes
    with pytest.raises(BadInput):
        policy_from_json('{"project_quotes": 0}')


def test_named_values_are_changed() -> None:
    policy = policy_from_json(
        '{"version": "v2", "urgent": {"offer_timeout_seconds": 7, "wave_sizes": [60]},'
        ' "service": {"refund_tiers": [{"at_least_seconds_before_visit": 0,'
        ' "claim_cap_percent": 40}]},'
        ' "tariffs": {"repair.pump:pump_check": {"low_kopecks": 100, "high_kopecks": 200}}}'
    )

    assert policy.version == "v2"
    assert policy.for_class(JobClass.URGENT).offer_timeout_seconds == 7
    assert policy.urgent.wave_sizes == (60,)
    assert policy.urgent.payment_window_seconds == POLICY_V1.urgent.payment_window_seconds
    assert policy.service.refund_tiers == (RefundTier(0, 40),)
    assert policy.tariffs["repair.pump:pump_check"].low_kopecks == 100
    assert len(policy.tariffs) == len(POLICY_V1.tariffs)


def test_nought_is_a_value_and_a_tier_without_a_time_lasts_to_the_visit() -> None:
    policy = policy_from_json(
        '{"urgent": {"free_after_booking_seconds": 0},'
        ' "service": {"refund_tiers": [{"claim_cap_percent": 40}]}}'
    )

    assert policy.urgent.free_after_booking_seconds == 0
    assert policy.service.refund_tiers == (RefundTier(0, 40),)


@pytest.mark.parametrize(
    ("job_class", "offer", "payment", "acceptance", "review", "dispute"),
    [  # offer and payment in minutes, the others in days
        (JobClass.URGENT, 5, 30, 1, 7, 3),
        (JobClass.SERVICE, 30, 2 * 60, 2, 7, 7),
        (JobClass.PROJECT, 12 * 60, 24 * 60, 7, 14, 30),
    ],
)
def test_clocks_are_those_of_the_contract(
    job_class: JobClass, offer: int, payment: int, acceptance: int, review: int, dispute: int
) -> None:
    clocks = POLICY_V1.for_class(job_class)

    assert (clocks.offer_timeout_seconds, clocks.payment_window_seconds) == (
        offer * 60,
        payment * 60,
    )
    days = (
        clocks.auto_accept_seconds,
        clocks.review_window_seconds,
        clocks.dispute_window_seconds,
    )
    assert days == (acceptance * 86_400, review * 86_400, dispute * 86_400)


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("{", "not JSON"),
        ("[]", "object"),
        ('{"urgnet": {}}', "urgnet"),
        ('{"urgent": {"offer_timeout": 1}}', "offer_timeout"),
        ('{"urgent": {"offer_timeout_seconds": "soon"}}', "offer_timeout_seconds"),
        ('{"urgent": {"offer_timeout_seconds": -1}}', "offer_timeout_seconds"),
        ('{"urgent": {"wave_sizes": []}}', "wave_sizes"),
        ('{"prepayment_percent": true}', "prepayment_percent"),
        ('{"tariffs": {"x": {}}}', "tariffs"),
    ],
)
def test_wrong_file_is_refused_by_name(text: str, named: str) -> None:
    with pytest.raises(BadInput, match=named):
        policy_from_json(text)
