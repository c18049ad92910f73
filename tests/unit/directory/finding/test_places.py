"""Where postcodes and services are, and how far from each other."""

from math import asin, cos, radians, sin, sqrt

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.directory.finding import grid, postcodes
from services.directory.finding.places import EARTH_METRES, Places
from services.directory.finding.postcodes import Precision

LATITUDES, LONGITUDES = st.floats(-90, 90), st.floats(-180, 180)
POINTS = st.lists(st.tuples(LATITUDES, LONGITUDES), max_size=3)


def metres(one: tuple[float, float], other: tuple[float, float]) -> float:
    """The haversine formula, written another way than the code's."""
    lat, lat_2 = radians(one[0]), radians(other[0])
    half = sin((lat - lat_2) / 2) ** 2
    half += cos(lat) * cos(lat_2) * sin(radians(one[1] - other[1]) / 2) ** 2
    return 2 * EARTH_METRES * asin(min(1.0, sqrt(half)))


@given(
    st.lists(st.tuples(st.integers(0, 3000), POINTS), max_size=60),
    st.tuples(LATITUDES, LONGITUDES),
)
def test_each_row_is_as_far_as_its_nearest_point(
    puts: list[tuple[int, list[tuple[float, float]]]], origin: tuple[float, float]
) -> None:
    """Whatever was said of a row before, and however often room had to be made."""
    places, known = Places(), dict[int, list[tuple[float, float]]]()
    for row, points in puts:
        places.put(row, points)
        known[row] = points
    rows = sorted(known)
    found = places.distances(*origin, np.array(rows, np.int64))
    for row, distance in zip(rows, found, strict=True):
        expected = min((metres(origin, point) for point in known[row]), default=np.inf)
        assert distance == pytest.approx(expected, abs=1.0)


def test_places_that_nobody_has_any_more_take_no_room_for_ever() -> None:
    places = Places()
    for turn in range(20_000):
        places.put(turn % 10, [(53.0, -1.0)] * (1 + turn % 5))
    assert len(places._points) < 20_000


@pytest.mark.parametrize(
    ("easting", "northing", "latitude", "longitude"),
    [
        # Ordnance Survey's worked example of the projection, Caister water tower, moved to WGS 84.
        (651409.903, 313177.270, 52.657977, 1.716038),
        # Places as their own WGS 84 coordinates are published: Buckingham Palace, Lerwick, St Mary's.
        (529090, 179645, 51.5010, -0.1416),
        (447600, 1141400, 60.1534, -1.1433),
        (90500, 10800, 49.9167, -6.3117),
    ],
)
def test_the_grid_is_right_to_a_street(
    easting: float, northing: float, latitude: float, longitude: float
) -> None:
    assert metres(grid.to_wgs84(easting, northing), (latitude, longitude)) < 300


def test_the_projection_is_that_of_the_ordnance_surveys_own_example() -> None:
    lat, lon = grid._unproject(651409.903, 313177.270)
    assert lat == pytest.approx(radians(52 + 39 / 60 + 27.2531 / 3600), abs=1e-10)
    assert lon == pytest.approx(radians(1 + 43 / 60 + 4.5177 / 3600), abs=1e-10)


@pytest.mark.parametrize(
    ("text", "precision"),
    [
        ("SW1A 1AA", Precision.POSTCODE),
        (" sw1a1aa ", Precision.POSTCODE),
        ("LS1 4ZZ", Precision.SECTOR),
        ("B1 1", Precision.SECTOR),
        ("LS2 0ZZ", Precision.DISTRICT),
        ("ls1", Precision.DISTRICT),
        ("BT1 1AA", None),
        ("ZZ99 9ZZ", None),
        ("GIR 0AA", None),
        ("JE2 3AB", None),
        ("", None),
        ("LS", None),
        ("LS1*", None),
        ("../A", None),
        ("LS\uff11 4AP", None),
    ],
)
def test_postcodes_are_found_as_well_as_they_are_known(text: str, precision: Precision | None) -> None:
    place = postcodes.find(text)
    assert (place.precision if place else None) == precision


def test_a_postcode_is_where_it_is() -> None:
    place = postcodes.find("SW1A 1AA")
    assert place
    assert metres((place.latitude, place.longitude), (51.501009, -0.141588)) < 5


def test_half_a_postcode_is_near_the_whole_of_it() -> None:
    whole, half = postcodes.find("LS1 4AP"), postcodes.find("LS1")
    assert whole
    assert half
    assert 10 < metres((whole.latitude, whole.longitude), (half.latitude, half.longitude)) < 2000
    assert postcodes.find("B1 1") != postcodes.find("B11")


@given(st.text(max_size=10))
def test_whatever_is_typed_for_a_postcode_is_a_place_or_none(text: str) -> None:
    place = postcodes.find(text)
    assert place is None or (49 < place.latitude < 61 and -9 < place.longitude < 2)
