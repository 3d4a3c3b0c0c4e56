"""What the bot needs of a geocoder; the composition root gives the real one."""

from typing import Protocol

from rules.geo import Place


class PlaceFinder(Protocol):
    """Finds towns by name and by pin; answers at once and never fails for a network."""

    def find(self, text: str) -> list[Place]:
        """Places that the text may mean, the largest first, at most eight."""
        ...

    def nearest(self, latitude: float, longitude: float) -> tuple[Place, float]:
        """The nearest place and its distance in kilometres."""
        ...

    def is_town_only(self, text: str) -> bool:
        """Tell whether the text names a known town and nothing besides."""
        ...
