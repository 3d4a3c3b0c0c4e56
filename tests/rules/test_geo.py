"""Distances, boxes and rounded pins."""

import math

import pytest
from geopy.distance import geodesic
from hypothesis import assume, given
from hypothesis import strategies as st

from rules.geo import (
    EARTH_RADIUS_KM,
    ELLIPSOID_MARGIN,
    coarse,
    coverage_box,
    ellipsoid_km,
    haversine_km,
    is_plausible,
    normalised_longitude,
)

MOSCOW = (55.7520, 37.6178)
latitudes = st.floats(-89.9, 89.9)
served_latitudes = st.floats(-80.0, 80.0)
longitudes = st.floats(-180.0, 180.0)
radii = st.floats(1.0, 150.0)
bearings = st.floats(0.0, 2 * math.pi)


def point_at(
    latitude: float, longitude: float, bearing: float, distance_km: float
) -> tuple[float, float]:
    """The point reached from another one on the sphere, as surveyors compute it."""
    phi, angle = math.radians(latitude), distance_km / EARTH_RADIUS_KM
    sine = math.sin(phi) * math.cos(angle) + math.cos(phi) * math.sin(angle) * math.cos(bearing)
    turn = math.atan2(
        math.sin(bearing) * math.sin(angle) * math.cos(phi), math.cos(angle) - math.sin(phi) * sine
    )
    return math.degrees(math.asin(sine)), (longitude + math.degrees(turn) + 540.0) % 360.0 - 180.0


@pytest.mark.parametrize(
    ("start", "end", "kilometres"),
    [
        (MOSCOW, (56.8584, 35.9006), 162.3),  # Тверь
        (MOSCOW, (59.9386, 30.3141), 633.0),  # Санкт-Петербург
        (MOSCOW, (43.1056, 131.8735), 6419.0),  # Владивосток
        (MOSCOW, (56.3317, 36.7292), 84.8),  # Клин
        ((0.0, 0.0), (0.0, 90.0), math.pi / 2 * EARTH_RADIUS_KM),
        ((90.0, 0.0), (-90.0, 123.0), math.pi * EARTH_RADIUS_KM),
    ],
)
def test_known_distances(
    start: tuple[float, float], end: tuple[float, float], kilometres: float
) -> None:
    assert haversine_km(*start, *end) == pytest.approx(kilometres, rel=0.005)


@given(latitudes, longitudes, latitudes, longitudes)
def test_distance_is_the_same_both_ways_and_never_negative(
    latitude_a: float, longitude_a: float, latitude_b: float, longitude_b: float
) -> None:
    there = haversine_km(latitude_a, longitude_a, latitude_b, longitude_b)
    back = haversine_km(latitude_b, longitude_b, latitude_a, longitude_a)

    assert there == pytest.approx(back, abs=1e-6)
    assert 0.0 <= there <= math.pi * EARTH_RADIUS_KM + 1e-6
    assert haversine_km(latitude_a, longitude_a, latitude_a, longitude_a) == 0.0


@given(served_latitudes, longitudes, served_latitudes, longitudes)
def test_distance_differs_from_the_ellipsoid_by_less_than_the_margin(
    latitude_a: float, longitude_a: float, latitude_b: float, longitude_b: float
) -> None:
    exact = geodesic((latitude_a, longitude_a), (latitude_b, longitude_b)).km
    # Near the antipodes both paths are half the globe long and the ratio still holds.
    assert haversine_km(latitude_a, longitude_a, latitude_b, longitude_b) == pytest.approx(
        exact, rel=0.006, abs=1e-6
    )


@given(st.floats(-85.0, 85.0), longitudes, st.floats(0.0, 300.0), st.floats(0.0, 360.0))
def test_the_cheap_distance_on_the_ellipsoid_is_right_within_a_metre(
    latitude: float, longitude: float, km: float, bearing: float
) -> None:
    there = geodesic(kilometers=km).destination((latitude, longitude), bearing)

    found = ellipsoid_km(latitude, longitude, there.latitude, there.longitude)

    assert found == pytest.approx(km, abs=0.001)


@pytest.mark.parametrize("there", [(0.0, 180.0), (-56.0, -144.0), (90.0, 0.0), (56.0, 36.0)])
def test_the_cheap_distance_has_an_answer_for_antipodes_and_for_the_same_point(
    there: tuple[float, float],
) -> None:
    assert 0.0 <= ellipsoid_km(56.0, 36.0, *there) <= 20_040
    assert ellipsoid_km(*there, *there) == 0.0


@given(served_latitudes, st.floats(0.0, 2.0), st.floats(0.0, 2.0))
def test_distance_across_the_antimeridian_is_the_short_one(
    latitude: float, west: float, east: float
) -> None:
    across = haversine_km(latitude, 180.0 - west, latitude, -180.0 + east)
    elsewhere = haversine_km(latitude, 60.0 - west, latitude, 60.0 + east)

    assert across == pytest.approx(elsewhere, abs=1e-6)


@given(served_latitudes, longitudes, radii, bearings, st.floats(0.0, 1.0))
def test_coverage_box_contains_every_point_of_its_circle(
    latitude: float, longitude: float, radius_km: float, bearing: float, share: float
) -> None:
    inside = point_at(latitude, longitude, bearing, radius_km * share)

    assert coverage_box(latitude, longitude, radius_km).contains(*inside)


@given(served_latitudes, longitudes, radii, st.floats(0.0, 360.0), st.floats(0.0, 1.0))
def test_coverage_box_contains_every_point_of_the_circle_on_the_ellipsoid(
    latitude: float, longitude: float, radius_km: float, bearing: float, share: float
) -> None:
    inside = geodesic(kilometers=radius_km * share).destination((latitude, longitude), bearing)

    assert coverage_box(latitude, longitude, radius_km).contains(inside.latitude, inside.longitude)


@given(served_latitudes, longitudes, radii, bearings)
def test_coverage_box_leaves_out_what_is_far_away(
    latitude: float, longitude: float, radius_km: float, bearing: float
) -> None:
    far = point_at(latitude, longitude, bearing, 8.0 * radius_km)
    assume(abs(latitude) < 70.0)

    assert not coverage_box(latitude, longitude, radius_km).contains(*far)


@pytest.mark.parametrize("latitude", [-60.0, 0.0, 45.0, 56.0, 70.0, 80.0])
@pytest.mark.parametrize("radius_km", [10.0, 100.0, 150.0])
def test_coverage_box_touches_the_widened_circle_on_every_side(
    latitude: float, radius_km: float
) -> None:
    rim = [
        point_at(latitude, 100.0, math.radians(bearing / 10), ELLIPSOID_MARGIN * radius_km)
        for bearing in range(3600)
    ]
    box = coverage_box(latitude, 100.0, radius_km)

    assert box.south == pytest.approx(min(latitude for latitude, _ in rim), abs=1e-6)
    assert box.north == pytest.approx(max(latitude for latitude, _ in rim), abs=1e-6)
    assert box.west == pytest.approx(min(longitude for _, longitude in rim), abs=2e-5)
    assert box.east == pytest.approx(max(longitude for _, longitude in rim), abs=2e-5)


def test_coverage_box_in_chukotka_is_one_piece_on_both_sides_of_the_antimeridian() -> None:
    box = coverage_box(66.0, 179.5, 100.0)

    assert box.west < 180.0 < box.east
    assert box.contains(66.0, -179.5)
    assert box.contains(66.0, 178.5)
    assert not box.contains(66.0, 0.0)


def test_coverage_box_is_one_piece_on_both_sides_of_the_zero_meridian() -> None:
    assert coverage_box(51.5, -0.1, 50.0).contains(51.5, 0.2)
    assert coverage_box(51.5, 0.1, 50.0).contains(51.5, -0.2)


@pytest.mark.parametrize("latitude", [89.5, 90.0, -90.0])
def test_coverage_box_that_reaches_a_pole_spans_all_longitudes(latitude: float) -> None:
    box = coverage_box(latitude, 100.0, 150.0)

    assert all(box.contains(latitude, longitude) for longitude in range(-180, 181, 15))


@given(st.floats(-720.0, 720.0))
def test_normalised_longitude_is_the_same_meridian_in_one_turn(longitude: float) -> None:
    turned = normalised_longitude(longitude)

    assert 0.0 <= turned < 360.0
    assert math.cos(math.radians(turned - longitude)) == pytest.approx(1.0)


@given(served_latitudes, longitudes)
def test_coarse_pin_stays_within_a_kilometre_and_is_stable(
    latitude: float, longitude: float
) -> None:
    rounded = coarse(latitude, longitude)

    assert haversine_km(latitude, longitude, *rounded) < 0.81
    assert coarse(*rounded) == rounded
    assert is_plausible(*rounded) or rounded == (0.0, 0.0)


@pytest.mark.parametrize("latitude", [45.0, 56.0, 70.0])
def test_coarse_pin_hides_houses_of_one_village_even_in_the_north(latitude: float) -> None:
    centre = coarse(latitude, 60.0)
    to_the_east = point_at(*centre, math.pi / 2, 0.5)

    assert coarse(*to_the_east) == centre


@pytest.mark.parametrize(
    ("latitude", "longitude", "plausible"),
    [
        (56.8584, 35.9006, True),
        (66.0, -179.9, True),
        (0.0, 35.0, True),
        (90.0, 180.0, True),
        (0.0, 0.0, False),
        (0.00001, -0.00001, False),
        (90.1, 35.0, False),
        (56.0, 180.1, False),
        (math.nan, 35.0, False),
        (56.0, math.inf, False),
    ],
)
def test_plausible_pins(latitude: float, longitude: float, plausible: bool) -> None:
    assert is_plausible(latitude, longitude) is plausible
