"""A policy file changes what it names and nothing else; a wrong one is refused with its name."""

import pytest

from rules.catalog import JobClass
from rules.errors import BadInput
from rules.policy import POLICY_V1, RefundTier
from rules.policy_text import policy_from_json


def test_empty_file_is_policy_v1() -> None:
    assert policy_from_json("{}") == POLICY_V1


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
