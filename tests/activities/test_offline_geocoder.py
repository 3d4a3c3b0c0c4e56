"""The table of places and the ways in which people write an address."""

import csv
import zoneinfo
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import activities.gateways
from activities.gateways.offline_geocoder import OfflineGeocoder, find, gazetteer, nearest
from rules.geo import FAR_FROM_ANY_PLACE_KM, is_plausible

TABLE = Path(activities.gateways.__file__).parent / "data" / "places_ru.csv"
RUSSIAN = set("абвгдеёжзийклмнопрстуфхцчшщъыьэюя -.0123456789")


def named(text: str) -> list[tuple[str, str]]:
    """What was found, by name and region."""
    return [(place.name_ru, place.region_ru) for place in find(text)]


TVER = ("Тверь", "Тверская область")
KLIN = ("Клин", "Московская область")
MOSCOW = ("Москва", "Москва")
PETERSBURG = ("Санкт-Петербург", "Санкт-Петербург")


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("Тверь", TVER),
        ("г. Тверь", TVER),
        ("город Тверь", TVER),
        ("  тВЕРЬ  ", TVER),
        ("Тверь, ул. Советская 1", TVER),
        ("Тверь ул Советская 1", TVER),
        ("Тверь Советская 1", TVER),
        ("ул. Советская 1, Тверь", TVER),
        ("170000, Россия, Тверская обл., г. Тверь, пр-т Победы, д. 5", TVER),
        ("Tver", TVER),
        ("Tver'", TVER),
        ("Tver, Sovetskaya street 1", TVER),
        ("Клин", KLIN),
        ("Московская область, Клин", KLIN),
        ("Клин Московской области", KLIN),
        ("Klin, Moscow region", KLIN),
        ("городской округ Клин", KLIN),
        ("СНТ Ромашка, Клин", KLIN),
        ("Московская обл., Солнечногорск", ("Солнечногорск", "Московская область")),
        ("МОСКОВСКАЯ ОБЛ Солнечногорск", ("Солнечногорск", "Московская область")),
        ("Люберецкий район, пос. Малаховка", ("Малаховка", "Московская область")),
        ("Москва", MOSCOW),
        ("Moscow", MOSCOW),
        ("г Москва, ул Тверская д 1", MOSCOW),
        ("Москва, Советская 1", MOSCOW),
        ("Москва, Зеленоград", ("Зеленоград", "Москва")),
        ("Санкт-Петербург", PETERSBURG),
        ("санкт петербург", PETERSBURG),
        ("СПб", PETERSBURG),
        ("St. Petersburg", PETERSBURG),
        ("Ленинградская область, Санкт-Петербург", PETERSBURG),
        ("Нижний   Новгород", ("Нижний Новгород", "Нижегородская область")),
        ("Nizhny Novgorod", ("Нижний Новгород", "Нижегородская область")),
        ("набережные челны", ("Набережные Челны", "Республика Татарстан")),
        ("Казань Татарстан", ("Казань", "Республика Татарстан")),
        ("ХМАО Сургут", ("Сургут", "Ханты-Мансийский автономный округ")),
        ("Чукотский АО, Анадырь", ("Анадырь", "Чукотский автономный округ")),
        ("Орел", ("Орёл", "Орловская область")),
        ("Орёл", ("Орёл", "Орловская область")),
        ("Щелково", ("Щёлково", "Московская область")),
        ("Янино-1", ("Янино-1", "Ленинградская область")),
    ],
)
def test_address_is_understood_however_it_is_written(text: str, place: tuple[str, str]) -> None:
    assert named(text) == [place]


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("Солнечногорк", "Солнечногорск"),  # left out
        ("Солнечнагорск", "Солнечногорск"),  # changed
        ("Солнечноогорск", "Солнечногорск"),  # put in
        ("Солненчогорск", "Солнечногорск"),  # swapped
        ("набережныечелны", "Набережные Челны"),  # a forgotten space
        ("нижний новгорд", "Нижний Новгород"),
        ("Малаховкк", "Малаховка"),
        ("Тврь", "Тверь"),
    ],
)
def test_one_wrong_letter_is_forgiven(text: str, place: str) -> None:
    assert [name for name, _ in named(text)] == [place]


@pytest.mark.parametrize("text", ["Клен", "Сочы", "Солнечнагарск"])
def test_short_names_and_two_mistakes_are_not_guessed(text: str) -> None:
    assert named(text) == []


def test_exact_name_is_never_mixed_with_similar_ones() -> None:
    assert {name for name, _ in named("Каменка")} == {"Каменка"}


def test_ambiguous_name_gives_all_its_places_the_largest_first() -> None:
    places = find("Жуковка")

    assert len(places) > 1
    assert {place.name_ru for place in places} == {"Жуковка"}
    assert places[0].region_ru == "Брянская область"
    populations = [place.population for place in places]
    assert populations == sorted(populations, reverse=True)


def test_very_common_name_is_limited_to_eight() -> None:
    assert len(find("Октябрьский")) == 8
    assert len(find("Октябрьский", limit=100)) == 8
    assert len(find("Октябрьский", limit=3)) == 3
    assert find("Октябрьский", limit=0) == []


def test_region_narrows_an_ambiguous_name() -> None:
    assert named("Жуковка, Брянская область") == [("Жуковка", "Брянская область")]
    # The namesake lies just across the border and must not be mixed in.
    assert named("Радужный, Московская область") == [("Радужный", "Московская область")]
    assert named("Ростов, Ярославская обл.") == [("Ростов Великий", "Ярославская область")]


def test_town_just_across_the_border_of_the_named_region_is_found() -> None:
    assert named("Тверская область, Клин") == [KLIN]


def test_namesake_in_a_distant_region_is_not_taken_for_the_named_one() -> None:
    assert named("Приморский край, Клин") == []


def test_village_and_district_centre_name_the_village_in_either_order() -> None:
    assert named("Раменское, Быково")[0] == ("Быково", "Московская область")
    assert named("Быково, Раменское")[0] == ("Быково", "Московская область")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "   ",
        "!!!",
        "12345",
        "абракадабра",
        "Московская область",
        "улица Ленина 5",
        "ул. Советская",
        "Клинский район",
        "Новый Афон",  # not the village of Новый
        "д.",
        "г., ул., д. 1",
        "Тверь " + "а" * 200,
        "\x00\u202e",
        "𝔗𝔳𝔢𝔯",
    ],
)
def test_nothing_is_found_where_no_settlement_is_named(text: str) -> None:
    assert find(text) == []


@given(st.text(max_size=220) | st.text("гдкулобрим ,.-'1тверь", max_size=220))
def test_no_text_whatever_breaks_the_search(text: str) -> None:
    assert len(find(text)) <= 8


def test_every_row_of_the_table_is_valid() -> None:
    with TABLE.open(encoding="utf-8", newline="") as table:
        lines = list(table)
    rows = list(csv.DictReader(line for line in lines if not line.startswith("#")))

    assert "GeoNames" in lines[0]
    assert "CC BY 4.0" in lines[0]
    assert len(rows) > 5_200
    assert len({row["id"] for row in rows}) == len(rows)
    zones = zoneinfo.available_timezones()
    for row in rows:
        latitude, longitude = float(row["lat"]), float(row["lon"])
        assert set(row["name_ru"].lower()) <= RUSSIAN, row
        assert row["name_ru"][0].isupper(), row
        assert row["name_en"].isascii(), row
        assert row["name_en"][0].isupper(), row
        assert is_plausible(latitude, longitude), row
        assert 41.0 < latitude < 82.0, row
        assert longitude > 19.0 or longitude < -168.0, row
        assert int(row["population"]) >= 0, row
        assert row["timezone"] in zones, row
    assert len({place.region_ru for place in gazetteer().places}) == 83


def test_every_place_is_found_by_its_own_name_and_region() -> None:
    missing = [
        place
        for place in gazetteer().places
        if place not in find(f"{place.region_ru}, {place.name_ru}")
        and len(find(f"{place.region_ru}, {place.name_ru}")) < 8
    ]

    assert missing == []


def test_point_of_a_place_is_that_place() -> None:
    for place in gazetteer().places[::25]:
        found, distance_km = nearest(place.latitude, place.longitude)
        # Two districts may share one point in the table.
        assert (found.latitude, found.longitude) == (place.latitude, place.longitude)
        assert distance_km == pytest.approx(0.0, abs=0.001)


def test_nearest_place_is_found_across_the_antimeridian_and_from_anywhere() -> None:
    place, distance_km = nearest(66.1, 179.9)
    assert place.region_ru == "Чукотский автономный округ"
    assert distance_km < 500.0

    assert nearest(77.0, 160.0)[1] > FAR_FROM_ANY_PLACE_KM
    assert nearest(-90.0, 0.0)[1] > 10_000


def test_geopy_interface_gives_locations_with_the_precision_of_a_town() -> None:
    geocoder: Any = OfflineGeocoder()

    location = geocoder.geocode("Тверь, ул. Советская 1")

    assert location.address == "Тверь, Тверская область"
    assert (location.latitude, location.longitude) == (56.8584, 35.9006)
    assert location.raw == {
        "name_ru": "Тверь",
        "name_en": "Tver",
        "region_ru": "Тверская область",
        "region_en": "Tver Oblast",
        "population": 420065,
        "timezone": "Europe/Moscow",
        "precision": "town",
    }
    assert geocoder.geocode("Москва").address == "Москва"
    assert geocoder.geocode("абракадабра") is None
    assert geocoder.geocode("абракадабра", exactly_one=False) is None
    assert len(geocoder.geocode("Жуковка", exactly_one=False, limit=2)) == 2


def test_geopy_reverse_tells_the_town_and_how_far_it_is() -> None:
    geocoder: Any = OfflineGeocoder()

    location = geocoder.reverse((56.9, 35.9))

    assert location.raw["name_ru"] == "Тверь"
    assert location.raw["distance_km"] == pytest.approx(4.6, abs=0.1)
    assert geocoder.reverse("56.9, 35.9", exactly_one=False) == [location]
    with pytest.raises(ValueError, match="unknown format"):
        geocoder.reverse("not a point")
