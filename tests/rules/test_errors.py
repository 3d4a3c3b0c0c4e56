"""What a refusal is over HTTP: hidden, out of bounds, for later, or simply not now."""

from rules.errors import BY_NAME

HIDDEN = {"NotYours", "PayoutUnknown"}
FOR_LATER = {"FilesUnavailable", "PaymentsUnavailable"}
OUT_OF_BOUNDS = {
    *("BadInput", "BadTime", "BadEmail", "ClaimTooHigh", "PriceAboveQuote"),
    *("FileTooBig", "FileTypeRefused"),
}


def test_whose_order_it_is_is_told_to_nobody_else_and_only_bounds_are_the_callers_fault() -> None:
    said = {name: one.http_status for name, one in BY_NAME.items()}

    assert {name for name, status in said.items() if status == 404} == HIDDEN
    assert {name for name, status in said.items() if status == 422} == OUT_OF_BOUNDS
    assert {name for name, status in said.items() if status == 503} == FOR_LATER
    rest = set(said) - HIDDEN - OUT_OF_BOUNDS - FOR_LATER
    assert {said[name] for name in rest} == {409}
