"""The demo: one real order from the first tap to the settled ledger, told as it happens."""

from settings import Settings


def run(settings: Settings, *, stay: bool) -> int:
    """Play it; returns the exit code."""
    raise NotImplementedError(f"{settings.data_dir} {stay}")
