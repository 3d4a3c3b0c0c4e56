"""What support asks of a running search, and what the client answers; as `workflows.messages`."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Widening:
    """Support lets contractors be asked so many km farther away who agreed to farther."""

    support_id: int
    extra_km: int


@dataclass(frozen=True)
class PriceOffer:
    """Support proposes a higher price to the client, in kopecks."""

    support_id: int
    low_kopecks: int
    high_kopecks: int


@dataclass(frozen=True)
class PriceAnswer:
    """The client agrees to the proposed price, or keeps the old one."""

    client_id: int
    agrees: bool
