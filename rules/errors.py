"""Refusals: each class is a fact that a person is told in one sentence."""


class RuleViolation(Exception):
    """A rule refuses what was asked; nothing has changed.

    The class name travels through Temporal as the error type, so the bot and the API can find
    the sentence for it (`texts`) and the HTTP status (409, or 422 for bad input).
    """

    http_status = 409


class BadInput(RuleViolation):
    """What was sent cannot be understood or is out of bounds."""

    http_status = 422


class TransitionRefused(RuleViolation):
    """The order's present state does not allow this step."""


class NotYours(RuleViolation):
    """The person is not the one who may do this."""

    http_status = 404


class OrderClosed(RuleViolation):
    """The order has ended; nothing can be changed any more."""


class OrderTaken(RuleViolation):
    """Another contractor was first."""


class OfferUnknown(RuleViolation):
    """This contractor was not offered the order."""


class OfferDeclined(RuleViolation):
    """This contractor has already refused the offer."""


class OfferExpired(RuleViolation):
    """The offer's deadline has passed and the order is no longer open."""


class AlreadyYours(RuleViolation):
    """This contractor has already won the order."""


class NoCapacity(RuleViolation):
    """The contractor has no free capacity left."""


class QuotaReached(RuleViolation):
    """The contractor has taken as many jobs of this class as he may for now."""


class QuoteNeeded(RuleViolation):
    """This job is not taken as it is: the contractor gives a quote and the client chooses."""


class QuotesFull(RuleViolation):
    """The client has as many quotes as he asked for, or no more are waited for."""


class QuoteGone(RuleViolation):
    """This quote cannot be chosen (any more); others may be."""


class PriceAboveQuote(BadInput):
    """The price is above the quote and the metres that the client agreed to."""


class MetresUnknown(RuleViolation):
    """No metres beyond the stop depth wait for an answer, or some wait already."""


class NotPayable(RuleViolation):
    """Nothing is to be paid at the moment."""


class AlreadyPaid(RuleViolation):
    """The prepayment has been received."""


class ProposalUnknown(RuleViolation):
    """There is no open proposal of another time to answer."""


class BadTime(BadInput):
    """The proposed time is in the past or too far away."""


class BadEmail(BadInput):
    """That is no e-mail address."""


class ClaimTooHigh(BadInput):
    """The claim is above the cap that the policy sets for this cancellation."""


class NoClaimOpen(RuleViolation):
    """No cost claim can be made or answered at the moment."""


class FileTooBig(BadInput):
    """The file is larger than can be handed over."""


class FileTypeRefused(BadInput):
    """The file is no picture and no paper that we take."""


class FilesUnavailable(RuleViolation):
    """Files cannot be kept or fetched now."""

    http_status = 503


class AppealClosed(RuleViolation):
    """The decision cannot be appealed (any more), or has been."""


class MoneyStillMoves(RuleViolation):
    """The order's books are not closed yet; what an appeal changes waits until then."""


class AlreadyRated(RuleViolation):
    """This side has already given its rating."""


class TooManyOrders(RuleViolation):
    """The client's limit of open or daily orders is reached."""


class NobodyToPay(RuleViolation):
    """Nobody has enough to be paid out."""


class PayoutUnknown(RuleViolation):
    """There is no such payout register, or nobody of that name in it."""

    http_status = 404


class PayoutDecided(RuleViolation):
    """The payout register is past this step."""


class SecondPersonNeeded(RuleViolation):
    """Whoever proposed a payout register cannot approve it."""


class BreakClosed(RuleViolation):
    """The break of reconciliation is past this step, or there is no such one."""


class OwnOrder(RuleViolation):
    """Support does not decide about an order in which it is a party itself."""


class SamePersonTwice(RuleViolation):
    """Whoever proposed a repair may not approve it."""


class PaymentsUnavailable(RuleViolation):
    """The payment provider cannot be reached now; the order waits."""

    http_status = 503


def _all_violations() -> dict[str, type[RuleViolation]]:
    found: dict[str, type[RuleViolation]] = {}
    waiting: list[type[RuleViolation]] = [RuleViolation]
    while waiting:
        one = waiting.pop()
        found[one.__name__] = one
        waiting.extend(one.__subclasses__())
    return found


BY_NAME: dict[str, type[RuleViolation]] = _all_violations()
"""Every refusal by its class name, the form in which it crosses Temporal."""
