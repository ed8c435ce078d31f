"""The land of a simulated day: depots, towns, streets and addresses, made up from a seed. Pure.

The names are built from syllables and kinds of trees, so no address names an existing person. Nothing is downloaded.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from math import cos, pi, radians, sin
from random import Random

_METRES_PER_DEGREE = 111_195.0
# Towns lie around this point, far enough from any coast that none of them is in the sea.
_MIDDLE = (58.85, 25.55)
_SPREAD = 38_000  # metres from a depot to the farthest town
_BETWEEN_DEPOTS = 55_000
_BEGINNINGS = ("Aru", "Hõbe", "Kase", "Kivi", "Kuuse", "Laane", "Lepa", "Luha", "Mänd", "Nurme", "Oja", "Pihla")
_ENDINGS = ("järve", "küla", "linna", "mäe", "metsa", "oru", "palu", "saare", "soo", "vere")
_STREETS = (
    *("Aia", "Allika", "Heina", "Jaama", "Jõe", "Kadaka", "Kevade", "Koidu", "Lao", "Lille", "Metsa", "Niidu"),
    *("Paju", "Pargi", "Põllu", "Raudtee", "Rukki", "Sauna", "Sepa", "Staadioni", "Tamme", "Tööstuse", "Vaarika"),
    *("Vahtra", "Veski", "Viljandi maantee"),
)


@dataclass(frozen=True, slots=True)
class Place:
    """A point on the earth, in degrees."""

    lat: float
    lon: float

    def away(self, metres: float, bearing: float) -> "Place":
        """Return the place so many metres away; `bearing` is in radians, clockwise from the north."""
        lat = self.lat + metres * cos(bearing) / _METRES_PER_DEGREE
        lon = self.lon + metres * sin(bearing) / (_METRES_PER_DEGREE * cos(radians(self.lat)))
        return Place(round(lat, 6), round(lon, 6))

    def towards(self, other: "Place", share: float) -> "Place":
        """Return the place on the straight line to the other, after this share of the way."""
        return Place(
            round(self.lat + (other.lat - self.lat) * share, 6), round(self.lon + (other.lon - self.lon) * share, 6)
        )


@dataclass(frozen=True, slots=True)
class Street:
    """A straight street: its houses stand at even distances along it."""

    name: str
    begins: Place
    bearing: float
    houses: int

    def house(self, number: int) -> Place:
        """Return the place of a house; odd and even numbers stand on different sides."""
        along = self.begins.away(number * 9.0, self.bearing)
        return along.away(14.0, self.bearing + (pi / 2 if number % 2 else -pi / 2))


@dataclass(frozen=True, slots=True)
class Town:
    name: str
    postcode: str
    middle: Place
    streets: tuple[Street, ...]


@dataclass(frozen=True, slots=True)
class Depot:
    """A depot, and the towns that are served from it, nearest first."""

    id: str
    name: str
    address: str
    place: Place
    towns: tuple[Town, ...]


@dataclass(frozen=True, slots=True)
class Address:
    text: str
    place: Place
    zone: str  # the town
    street: str


def land(chance: Random, depots: int, towns_each: int) -> tuple[Depot, ...]:
    """Return the depots of the land, each with its towns."""
    names = [first + last for first, last in product(_BEGINNINGS, _ENDINGS)]
    chance.shuffle(names)
    found = []
    for number in range(depots):
        middle = Place(*_MIDDLE).away(_BETWEEN_DEPOTS * (number > 0), 2 * pi * number / max(1, depots - 1))
        chosen = [names[(number * towns_each + at) % len(names)] for at in range(towns_each)]
        towns = tuple(_town(chance, name, middle, at, towns_each) for at, name in enumerate(chosen))
        place = middle.away(chance.uniform(500, 2500), chance.uniform(0, 2 * pi))
        address = f"Lao {chance.randint(2, 60)}, {towns[0].postcode} {towns[0].name}, Estonia"
        found.append(Depot(f"SIM-D{number + 1}", f"Depot {towns[0].name}", address, place, towns))
    return tuple(found)


def _town(chance: Random, name: str, around: Place, number: int, towns: int) -> Town:
    """Return a town; the first lies at the depot, and the later ones farther and farther away."""
    middle = around.away(_SPREAD * (number / towns) ** 0.8, chance.uniform(0, 2 * pi))
    size = 18 if number == 0 else chance.randint(6, 14)
    streets = tuple(
        Street(
            street,
            middle.away(chance.uniform(50, 260 * size**0.7), chance.uniform(0, 2 * pi)),
            chance.uniform(0, 2 * pi),
            chance.randint(12, 90),
        )
        for street in chance.sample(_STREETS, size)
    )
    return Town(name, f"{chance.randint(60, 98)}{chance.randint(100, 999)}", middle, streets)


def address(chance: Random, town: Town) -> Address:
    street = chance.choice(town.streets)
    house = chance.randint(1, street.houses)
    text = f"{street.name} {house}, {town.postcode} {town.name}, Estonia"
    return Address(text, street.house(house), town.name, street.name)


def nearest_first(begin: Place, addresses: Sequence[Address]) -> list[Address]:
    """Return the addresses in the sequence in which a driver without a plan would visit them: always the nearest."""
    left, at, way = list(addresses), begin, []
    while left:
        nearest = min(left, key=lambda one: squared(at, one.place))
        left.remove(nearest)
        way.append(nearest)
        at = nearest.place
    return way


def squared(one: Place, other: Place) -> float:
    """Return a number that grows with the distance of two places."""
    return (one.lat - other.lat) ** 2 + ((one.lon - other.lon) * cos(radians(one.lat))) ** 2
