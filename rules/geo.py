"""Places and distances on the globe; pure arithmetic in degrees and kilometres."""

import math
from collections.abc import Iterable
from dataclasses import dataclass

# WGS84: half the width at the equator, in kilometres, and how much the poles are flattened.
_EQUATOR_KM = 6378.137
_FLATTENING = 1 / 298.257223563

EARTH_RADIUS_KM = 6371.0088
"""Mean radius of the Earth; a sphere differs from WGS84 by at most 0.6 % of a distance."""

ELLIPSOID_MARGIN = 1.006
"""How much a radius is widened so that a sphere misses nobody whom the ellipsoid includes."""

FAR_FROM_ANY_PLACE_KM = 150
"""A pin farther than this from every known place is asked to be confirmed."""

# About one kilometre of latitude.
_COARSE_STEP_DEGREES = 0.01
# A pin nearer to 0,0 than about ten metres is a phone without a fix, not a place in the ocean.
_NULL_ISLAND_DEGREES = 0.0001


@dataclass(frozen=True)
class Place:
    """A town or village with both its names, its region and its time zone (IANA)."""

    name_ru: str
    name_en: str
    region_ru: str
    region_en: str
    latitude: float
    longitude: float
    population: int
    timezone: str


@dataclass(frozen=True)
class CoverageBox:
    """A box around a circle in degrees; its centre's longitude is in [0, 360).

    West may lie below 0 and east above 360 when the circle crosses the zero meridian.
    """

    south: float
    west: float
    north: float
    east: float

    def contains(self, latitude: float, longitude: float) -> bool:
        """Tell whether the point is inside, whichever way its longitude is written."""
        east_of_zero = normalised_longitude(longitude)
        turns = (east_of_zero, east_of_zero - 360.0, east_of_zero + 360.0)
        in_width = any(self.west <= turn <= self.east for turn in turns)
        return in_width and self.south <= latitude <= self.north


def haversine_km(
    latitude_a: float, longitude_a: float, latitude_b: float, longitude_b: float
) -> float:
    """Great-circle distance between two points, in kilometres, right across ±180° too."""
    phi_a, phi_b = math.radians(latitude_a), math.radians(latitude_b)
    half_dphi = (phi_b - phi_a) / 2
    half_dlambda = math.radians(longitude_b - longitude_a) / 2
    chord = (
        math.sin(half_dphi) ** 2 + math.cos(phi_a) * math.cos(phi_b) * math.sin(half_dlambda) ** 2
    )
    # Rounding can push the chord of two antipodes a hair above one.
    return 2 * EARTH_RADIUS_KM * math.asin(math.sqrt(min(1.0, chord)))


def ellipsoid_km(
    latitude_a: float, longitude_a: float, latitude_b: float, longitude_b: float
) -> float:
    """Distance on WGS84 by Lambert's formula, in kilometres: within a metre up to 300 km.

    A hundred times cheaper than the exact one.
    """
    beta_a, beta_b = (
        math.atan((1 - _FLATTENING) * math.tan(math.radians(one)))
        for one in (latitude_a, latitude_b)
    )
    middle, half = (beta_a + beta_b) / 2, (beta_b - beta_a) / 2
    half_dlambda = math.radians(longitude_b - longitude_a) / 2
    chord = math.sin(half) ** 2 + math.cos(beta_a) * math.cos(beta_b) * math.sin(half_dlambda) ** 2
    sigma = 2 * math.asin(math.sqrt(min(1.0, chord)))
    if sigma in (0.0, math.pi):
        return _EQUATOR_KM * sigma
    along = (math.sin(middle) * math.cos(half)) ** 2 / math.cos(sigma / 2) ** 2
    across = (math.cos(middle) * math.sin(half)) ** 2 / math.sin(sigma / 2) ** 2
    bent = (sigma - math.sin(sigma)) * along + (sigma + math.sin(sigma)) * across
    return _EQUATOR_KM * (sigma - _FLATTENING / 2 * bent)


def normalised_longitude(longitude: float) -> float:
    """Longitude in [0, 360): Chukotka lies on both sides of 180° and must stay in one piece."""
    turned = longitude % 360.0
    # The remainder of a tiny negative number rounds to 360 itself.
    return 0.0 if turned == 360.0 else turned


def coverage_box(latitude: float, longitude: float, radius_km: float) -> CoverageBox:
    """Smallest box that contains the circle; the same box as the candidate query's column.

    A circle that reaches a pole spans all longitudes.
    """
    angle = ELLIPSOID_MARGIN * radius_km / EARTH_RADIUS_KM
    half_height = math.degrees(angle)
    centre = normalised_longitude(longitude)
    if angle >= math.pi / 2 - abs(math.radians(latitude)):
        half_width = 180.0
    else:
        # The circle is widest a little poleward of its centre, so its radius divided by
        # the cosine would be too narrow.
        ratio = math.sin(angle) / math.cos(math.radians(latitude))
        half_width = math.degrees(math.asin(min(1.0, ratio)))
    return CoverageBox(
        south=max(-90.0, latitude - half_height),
        west=centre - half_width,
        north=min(90.0, latitude + half_height),
        east=centre + half_width,
    )


def is_plausible(latitude: float, longitude: float) -> bool:
    """Tell whether a pin can be somebody's place: finite, in range, and not 0,0."""
    if not (math.isfinite(latitude) and math.isfinite(longitude)):
        return False
    if abs(latitude) > 90.0 or abs(longitude) > 180.0:
        return False
    return abs(latitude) > _NULL_ISLAND_DEGREES or abs(longitude) > _NULL_ISLAND_DEGREES


def coarse(latitude: float, longitude: float) -> tuple[float, float]:
    """Round a pin to a grid of about one kilometre, to be shown before the prepayment.

    The step in longitude grows towards the poles; two decimals alone would be 400 m in the
    north and give the house away. Rounding twice gives the same point.
    """
    rounded_latitude = round(round(latitude / _COARSE_STEP_DEGREES) * _COARSE_STEP_DEGREES, 2)
    # Bounded, because at the pole itself every longitude is the same point.
    shrink = max(0.01, math.cos(math.radians(rounded_latitude)))
    step = _COARSE_STEP_DEGREES / shrink
    rounded_longitude = round(round(longitude / step) * step, 4)
    return rounded_latitude, max(-180.0, min(180.0, rounded_longitude))


def english_name(town: str, region: str, found: Iterable[Place]) -> str:
    """A town's English name among the places that its Russian one may mean; else that one."""
    called = (town, region)
    return next((one.name_en for one in found if (one.name_ru, one.region_ru) == called), town)
