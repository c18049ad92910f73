"""The British National Grid on the globe: eastings and northings in metres to WGS 84. Pure.

The formulas are those of Ordnance Survey's "A guide to coordinate systems in Great Britain", annexes B and C: the
inverse of a transverse Mercator projection on Airy's ellipsoid of 1830, then a Helmert transformation. It is right to
some five metres everywhere: less than the width of a building, and a postcode has some fifteen of those.
"""

from math import atan, atan2, cos, degrees, radians, sin, sqrt, tan

# Airy 1830 and GRS 80: half axes in metres.
_A, _B = 6377563.396, 6356256.909
_TO_A, _TO_B = 6378137.0, 6356752.314140
# The projection: scale, true origin, false origin.
_SCALE = 0.9996012717
_LAT, _LON = radians(49), radians(-2)
_EAST, _NORTH = 400000.0, -100000.0
# OSGB 36 to WGS 84: metres, parts per million, seconds of arc.
_SHIFT = (446.448, -125.157, 542.060)
_PPM = -20.4894
_TURN = tuple(radians(seconds / 3600) for seconds in (0.1502, 0.2470, 0.8421))

# Metres: the guide's bound for ending the iteration.
_EXACT = 1e-5

_E2 = 1 - (_B / _A) ** 2
_N = (_A - _B) / (_A + _B)


def to_wgs84(easting: float, northing: float) -> tuple[float, float]:
    """Return (latitude, longitude) in degrees of a place of the grid."""
    lat, lon = _unproject(easting, northing)
    # On the ellipsoid, without height: that of a place is not known, and moves it by centimetres.
    radius = _A / sqrt(1 - _E2 * sin(lat) ** 2)
    x, y, z = radius * cos(lat) * cos(lon), radius * cos(lat) * sin(lon), (1 - _E2) * radius * sin(lat)
    scale = 1 + _PPM * 1e-6
    turn_x, turn_y, turn_z = _TURN
    moved_x = _SHIFT[0] + scale * x - turn_z * y + turn_y * z
    moved_y = _SHIFT[1] + turn_z * x + scale * y - turn_x * z
    moved_z = _SHIFT[2] - turn_y * x + turn_x * y + scale * z
    return _geographic(moved_x, moved_y, moved_z)


def _unproject(easting: float, northing: float) -> tuple[float, float]:
    """Return latitude and longitude in radians on Airy's ellipsoid."""
    lat = _LAT
    rest = northing - _NORTH
    while abs(rest) >= _EXACT:
        lat += rest / (_A * _SCALE)
        rest = northing - _NORTH - _meridian(lat)
    nu = _A * _SCALE / sqrt(1 - _E2 * sin(lat) ** 2)
    rho = _A * _SCALE * (1 - _E2) / (1 - _E2 * sin(lat) ** 2) ** 1.5
    eta2 = nu / rho - 1
    t, sec = tan(lat), 1 / cos(lat)
    d = easting - _EAST
    lat_2 = t / (2 * rho * nu)
    lat_4 = t / (24 * rho * nu**3) * (5 + 3 * t**2 + eta2 - 9 * t**2 * eta2)
    lat_6 = t / (720 * rho * nu**5) * (61 + 90 * t**2 + 45 * t**4)
    lon_1 = sec / nu
    lon_3 = sec / (6 * nu**3) * (nu / rho + 2 * t**2)
    lon_5 = sec / (120 * nu**5) * (5 + 28 * t**2 + 24 * t**4)
    lon_7 = sec / (5040 * nu**7) * (61 + 662 * t**2 + 1320 * t**4 + 720 * t**6)
    return (
        lat - lat_2 * d**2 + lat_4 * d**4 - lat_6 * d**6,
        _LON + lon_1 * d - lon_3 * d**3 + lon_5 * d**5 - lon_7 * d**7,
    )


def _meridian(lat: float) -> float:
    """Return the length of the meridian from the true origin, in metres of the grid."""
    less, more = lat - _LAT, lat + _LAT
    return (
        _B
        * _SCALE
        * (
            (1 + _N + 5 / 4 * _N**2 + 5 / 4 * _N**3) * less
            - (3 * _N + 3 * _N**2 + 21 / 8 * _N**3) * sin(less) * cos(more)
            + (15 / 8 * _N**2 + 15 / 8 * _N**3) * sin(2 * less) * cos(2 * more)
            - 35 / 24 * _N**3 * sin(3 * less) * cos(3 * more)
        )
    )


def _geographic(x: float, y: float, z: float) -> tuple[float, float]:
    e2 = 1 - (_TO_B / _TO_A) ** 2
    across = sqrt(x**2 + y**2)
    lat = atan(z / (across * (1 - e2)))
    # Each turn is some three digits more exact.
    for _ in range(4):
        radius = _TO_A / sqrt(1 - e2 * sin(lat) ** 2)
        lat = atan2(z + e2 * radius * sin(lat), across)
    return degrees(lat), degrees(atan2(y, x))
