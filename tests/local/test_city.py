from local.city import LATITUDE, LONGITUDE, SPREAD_KM, crews
from rules.geo import haversine_km
from rules.limits import RADIUS_KM_MAX, RADIUS_KM_MIN


def test_the_city_is_the_same_for_the_same_seed_and_lies_around_its_town() -> None:
    found = crews()

    assert found == crews()
    assert found != crews(seed=1)
    assert len({crew.phone for crew in found}) == len(found) == 60
    for crew in found:
        away = haversine_km(LATITUDE, LONGITUDE, crew.latitude, crew.longitude)
        assert away <= SPREAD_KM + 1
        assert RADIUS_KM_MIN <= crew.radius_km <= RADIUS_KM_MAX
        assert crew.services
