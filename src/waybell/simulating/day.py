"""A whole delivery day, made up from a seed: what the office, the ERP and each driver do, and when. Pure.

The day is played in memory first: each van drives, serves and reports by itself, and the office interferes. What comes
out is a list of acts (`acts.py`), which `driving.py` then carries out against a server.
"""

import heapq
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import count
from random import Random
from typing import Any, Literal

from waybell.simulating import acts, freight
from waybell.simulating.acts import Act, Point, clock
from waybell.simulating.freight import Job
from waybell.simulating.geography import Depot, Place, address, land, nearest_first, squared
from waybell.tracks.model import RouteTrackPoint, metres_between

HOUR, MINUTE = 3600, 60
_LAST_STOP = 20 * HOUR  # drivers go home then, whatever is left
BEGINS = 5 * HOUR  # when the ERP sends the orders of the day
_POINTS_EVERY, _SENT_EVERY = 15, 60  # seconds between positions, and between two reports of them
_ROAD, _SPEED = 1.35, 40 / 3.6  # a road is longer than the straight line; metres a second, as the server assumes
_BULK = 200
_AWAY, _CLOSED_SITE, _REFUSED = 1, 4, 101  # ids of reject reasons
_DAMAGED, _MISSING = 201, 202
_COMMENTS = ("Left with the kitchen", "Signed at the counter", "Took two empty crates back", "Waited at the gate")
_WISHES = ("Leave it with the neighbour", "Please use the side entrance", "Call me from the gate")

# Shares of the orders.
_LATE, _POOL, _LEFT_BEHIND, _DELETED, _CANCELED, _MOVED = 0.04, 0.01, 0.005, 0.005, 0.01, 0.01
_MISTAKEN = 0.3  # of the refusals: the office corrects them
_SECOND_ATTEMPT = 0.4  # of the clients who were away before noon
_COME_WITH_ROUTE = 0.6  # of the routes: the ERP sends them with their orders
_OFFLINE_VANS = 0.25

Waking = Generator[int, None, None]


@dataclass(frozen=True, slots=True)
class Wanted:
    """The size of a day. `prefix` begins the Numbers of all orders and the Codes of all routes."""

    day: str  # 2026-11-30
    seed: int = 1
    drivers: int = 100
    orders: int = 2000
    prefix: str = "SIM-"
    offline: bool = False  # some phones lose their connection for a while and report late


@dataclass(frozen=True, slots=True)
class Day:
    depots: tuple[Depot, ...]
    acts: tuple[Act, ...]  # in the order of time

    @property
    def ends(self) -> int:
        return max(act.at for act in self.acts)


@dataclass(eq=False, slots=True)
class _Van:
    code: str
    login: str
    name: str
    vehicle: str
    depot: Depot
    starts: int
    pace: float  # how much longer this driver takes than planned
    place: Place
    queue: list[Job]
    offline: tuple[int, int] | None = None
    started: bool = False
    done: bool = False
    broken: bool = False
    heading: Job | None = None
    points: list[Point] = field(default_factory=list)
    conflicts: set[str] = field(default_factory=set)  # canceled by the office while the phone was offline

    def sends_at(self, now: int) -> int:
        """Return when the phone sends a report of now."""
        return self.offline[1] if self.offline and self.offline[0] <= now < self.offline[1] else now

    def is_online(self, now: int) -> bool:
        return self.sends_at(now) == now

    @property
    def movable(self) -> list[Job]:
        """The stops that the office may still cancel or give to others."""
        return [job for job in self.queue if job.number not in self.conflicts]

    def takes(self, now: int) -> bool:
        """Return whether the office can give the van a further stop."""
        return self.started and not self.done and not self.broken and bool(self.movable) and self.is_online(now)


def plan(wanted: Wanted) -> Day:
    """Return the day of this seed: the same seed and size give the same acts."""
    return _Play(wanted).play()


class _Play:
    def __init__(self, wanted: Wanted) -> None:
        self._wanted = wanted
        self._day = wanted.day
        self._chance = Random(f"waybell day {wanted.seed} {wanted.drivers} {wanted.orders}")
        self._acts: list[Act] = []
        self._numbers = count(1)
        depots = 1 + wanted.drivers // 60
        self._depots = land(self._chance, depots, max(3, min(12, wanted.drivers // depots)))
        self._vans: list[_Van] = []
        self._jobs: dict[str, Job] = {}
        self._now = 0
        self._serial = count()
        self._waking: list[tuple[int, int, Waking]] = []

    def play(self) -> Day:
        late = int(self._wanted.orders * _LATE)
        pool = int(self._wanted.orders * _POOL)
        self._form_routes(self._wanted.orders - late - pool)
        self._morning([self._new_job(self._chance.choice(self._depots)) for _ in range(pool)])
        for van in self._vans:
            self._begin(van.starts - 30 * MINUTE, self._drive(van))
        self._begin(6 * HOUR, self._deletions())
        for at, work in self._interferences(late):
            self._begin(at, work)
        while self._waking:
            self._now, _, work = heapq.heappop(self._waking)
            if (until := next(work, None)) is not None:
                self._begin(until, work)
        return Day(self._depots, tuple(sorted(self._acts, key=lambda act: act.at)))

    def _begin(self, at: int, work: Waking) -> None:
        heapq.heappush(self._waking, (at, next(self._serial), work))

    # The morning

    def _new_job(self, depot: Depot, town: int | None = None) -> Job:
        towns = depot.towns
        where = towns[self._chance.randrange(len(towns)) if town is None else town]
        number = f"{self._wanted.prefix}{next(self._numbers):05}"
        job = freight.job(self._chance, number, self._day, depot, address(self._chance, where))
        self._jobs[number] = job
        return job

    def _form_routes(self, orders: int) -> None:
        drivers = self._wanted.drivers
        for number in range(drivers):
            depot = self._depots[number % len(self._depots)]
            size = orders // drivers + (number < orders % drivers)
            # Every third route stays in the town of the depot; the others serve a town farther away.
            town = 0 if number % 3 == 0 else self._chance.randrange(len(depot.towns))
            jobs = [self._new_job(depot, town) for _ in range(size)]
            way = {id(one.address): one for one in jobs}
            sequence = [way[id(one)] for one in nearest_first(depot.place, [job.address for job in jobs])]
            self._vans.append(
                _Van(
                    code=f"{self._wanted.prefix}R{number + 1:03}",
                    login=f"sim-driver-{number + 1}",
                    name=f"Driver {number + 1}",
                    vehicle=f"SIM {number + 1:03}",
                    depot=depot,
                    starts=7 * HOUR + self._chance.randrange(0, 90) * MINUTE,
                    pace=self._chance.uniform(0.85, 1.25),
                    place=depot.place,
                    queue=sequence,
                )
            )
        if self._wanted.offline:
            for van in self._chance.sample(self._vans, max(1, int(drivers * _OFFLINE_VANS))):
                begins = self._chance.randrange(9 * HOUR, 12 * HOUR)
                van.offline = (begins, begins + self._chance.randrange(20, 70) * MINUTE)

    def _morning(self, pool: Sequence[Job]) -> None:
        """Let the ERP send the orders, some with their routes, and let the dispatcher put the others on routes."""
        with_orders = set(self._chance.sample(range(len(self._vans)), int(len(self._vans) * _COME_WITH_ROUTE)))
        by_hand = [van for at, van in enumerate(self._vans) if at not in with_orders]
        bodies = [job.body for job in [*pool, *(job for van in by_hand for job in van.queue)]]
        at = BEGINS
        for depot in self._depots:
            self._acts.append(acts.depot_made(at, depot))
        for begin in range(0, len(bodies), _BULK):
            self._acts.append(acts.imported(at, bodies[begin : begin + _BULK]))
            at += 20
        for number, van in enumerate(self._vans):
            orders = {"Orders": [job.body for job in van.queue]} if number in with_orders else {}
            self._acts.append(acts.route_made(at, van.code, self._header(van) | orders))
            at += 5
        for van in by_hand:
            for job in van.queue:
                self._acts.append(acts.put_on_route(at, [van.code], van.code, job.number))
                at += 1

    def _header(self, van: _Van) -> dict[str, Any]:
        return {
            "Code": van.code,
            "Date": self._day,
            "DepotId": van.depot.id,
            "Depot": van.depot.address,
            "StartFromDepot": True,
            "ReturnToDepot": True,
            "StartTimePlan": clock(self._day, van.starts),
            "DriverLogin": van.login,
            "DriverName": van.name,
            "DriverVehicle": van.vehicle,
            "Vehicle": {"Number": van.vehicle, "Weight": 1400, "Volume": 14, "Pallets": 8},
        }

    # A driver

    def _drive(self, van: _Van) -> Waking:
        yield from self._load(van)
        yield max(self._now, van.starts)
        going = [job.number for job in van.queue]
        self._acts.append(acts.started(self._now, van.code, van.code, going, self._day))
        van.started = True
        while van.queue and not van.broken and self._now < _LAST_STOP:
            van.heading = van.queue.pop(0)
            if van.heading.number in van.conflicts and van.is_online(self._now):
                van.heading = None
                continue  # the phone knows by now that the office has canceled it
            yield from self._leg(van, van.heading.address.place)
            if van.broken:
                van.queue.insert(0, van.heading)
            else:
                yield from self._serve(van, van.heading)
            van.heading = None
        if van.broken:
            yield from self._hand_over(van)
        else:
            yield from self._leg(van, van.depot.place)
        van.done = True
        sent = van.sends_at(self._now)
        self._flush(van, sent)
        self._acts.append(acts.closed(self._now, sent, van.code, van.code, self._day))

    def _load(self, van: _Van) -> Waking:
        left = [job for job in van.queue if self._chance.random() < _LEFT_BEHIND and len(van.queue) > 1]
        jobs = list(van.queue)
        for job in jobs:
            behind, last = job in left, job is jobs[-1] and not left
            self._acts.append(
                acts.loaded(
                    self._now,
                    self._now,
                    van.code,
                    job.number,
                    self._day,
                    last_of=van.code if last else "",
                    left_behind=behind,
                )
            )
            yield self._now + self._chance.randint(10, 40)
        van.queue = [job for job in van.queue if job not in left]

    def _leg(self, van: _Van, to: Place) -> Waking:
        metres = _metres(van.place, to) * _ROAD
        seconds = max(40, int(metres / _SPEED * van.pace * self._chance.uniform(0.8, 1.3)))
        yield from self._pass(van, seconds, to, metres / seconds)

    def _pass(self, van: _Van, seconds: int, to: Place, speed: float = 0.0) -> Waking:
        """Let time pass on the way to a place, with a position every 15 seconds, sent every minute."""
        begun, origin = self._now, van.place
        for after in range(_POINTS_EVERY, seconds, _POINTS_EVERY):
            place = origin.towards(to, after / seconds)
            van.points.append(Point(begun + after, place.lat, place.lon, round(speed, 1)))
            if after % _SENT_EVERY == 0:
                yield begun + after
                if speed and van.broken:
                    van.place = place
                    return
                if van.is_online(self._now):
                    self._flush(van, self._now)
        yield begun + seconds
        van.place = to

    def _flush(self, van: _Van, sent: int) -> None:
        for begin in range(0, len(van.points), 500):
            self._acts.append(acts.positions(sent, van.code, van.code, van.points[begin : begin + 500]))
        van.points = []

    def _serve(self, van: _Van, job: Job) -> Waking:
        self._visit(van, job, "Arrive")
        if job.opens and self._now < job.opens:  # the client takes nothing before the slot begins
            yield from self._pass(van, min(job.opens - self._now, HOUR), van.place)
        yield from self._hand_in(van, job)
        while van.queue and van.queue[0].address.text == job.address.text:  # several orders at one stop
            van.heading = van.queue.pop(0)
            yield from self._hand_in(van, van.heading)
        yield from self._pass(van, self._chance.randint(20, 90), van.place)
        self._visit(van, job, "Depart")

    def _visit(self, van: _Van, job: Job, event: Literal["Arrive", "Depart"]) -> None:
        sent = van.sends_at(self._now)
        self._acts.append(acts.visited(self._now, sent, van.code, job.number, self._day, van.place, event=event))

    def _hand_in(self, van: _Van, job: Job) -> Waking:
        if job.number in van.conflicts and van.is_online(self._now):
            return  # the phone knows by now that the office has canceled it
        yield from self._pass(van, int(job.service * self._chance.uniform(0.6, 1.5)), van.place)
        self._report(van, job)

    def _report(self, van: _Van, job: Job) -> None:
        sent = van.sends_at(self._now)
        conflict = job.number in van.conflicts
        place = {"Lat": van.place.lat, "Lon": van.place.lon}
        draw = self._chance.random()
        comment = {"DriverComment": self._chance.choice(_COMMENTS)} if self._chance.random() < 0.5 else {}  # noqa: PLR2004
        when = (self._now, sent, van.code, job.number, self._day)
        if draw < 0.92:  # noqa: PLR2004 - the shares of the outcomes stand here alone
            short = draw < 0.06  # noqa: PLR2004
            body = {**place, **comment, "SignatureName": "Goods in", **self._taken(job, short=short)}
            self._acts.append(acts.completed(*when, body, short=short, conflict=conflict))
            return
        site = draw < 0.97  # noqa: PLR2004
        reason = self._chance.choice((_AWAY, _CLOSED_SITE)) if site else _REFUSED
        body = {**place, **comment, "RejectReasonId": reason}
        self._acts.append(acts.rejected(*when, body, site=site, conflict=conflict))
        if site and not conflict and sent < 13 * HOUR and self._chance.random() < _SECOND_ATTEMPT:
            self._begin(sent + self._chance.randint(20, 90) * MINUTE, self._try_again(van, job))
        elif not site and not conflict and self._chance.random() < _MISTAKEN:
            self._begin(sent + self._chance.randint(10, 60) * MINUTE, self._correct_outcome(van, job))

    def _taken(self, job: Job, *, short: bool) -> dict[str, Any]:
        taken: dict[str, Any] = {}
        if short:
            line = self._chance.choice(job.lines)
            reason = self._chance.choice((_DAMAGED, _MISSING))
            taken["GoodsList"] = [
                {
                    "OrderLineId": line["OrderLineId"],
                    "QuantityFact": line["Quantity"] - 1,
                    "GoodsRejectReasonId": reason,
                }
            ]
        if cod := job.body.get("COD"):
            taken["CODActual"] = cod if self._chance.random() < 0.9 else round(cod - 1, 2)  # noqa: PLR2004
        return taken

    def _hand_over(self, van: _Van) -> Waking:
        """Wait beside the broken vehicle until the office has given the stops to others."""
        yield from self._pass(van, self._chance.randint(10, 20) * MINUTE, van.place)
        for job in van.movable:
            helper = self._helper(van.place, beside=van)
            if helper is None:
                break
            van.queue.remove(job)
            self._acts.append(
                acts.put_on_route(self._now, [van.code, helper.code], helper.code, job.number, left=van.code)
            )
            helper.queue.append(job)
            yield self._now + 5

    # The office

    def _interferences(self, late: int) -> Iterator[tuple[int, Waking]]:
        orders, drivers, chance = self._wanted.orders, self._wanted.drivers, self._chance
        for _ in range(late):
            yield chance.randrange(8 * HOUR, 14 * HOUR), self._urgent_order()
        for _ in range(int(orders * _CANCELED)):
            yield chance.randrange(9 * HOUR, 14 * HOUR), self._cancellation()
        for _ in range(int(orders * _MOVED)):
            yield chance.randrange(9 * HOUR, 14 * HOUR), self._move()
        for _ in range(int(orders * _MOVED)):
            yield chance.randrange(8 * HOUR, 14 * HOUR), self._correction()
            yield chance.randrange(8 * HOUR, 14 * HOUR), self._wish()
        for _ in range(max(1, drivers // 40) if drivers > 1 else 0):
            yield chance.randrange(10 * HOUR, 12 * HOUR), self._breakdown()
        for van in self._vans:
            if van.offline and chance.random() < 0.5:  # noqa: PLR2004
                yield van.offline[0] + 3 * MINUTE, self._conflict(van)

    def _deletions(self) -> Waking:
        for _ in range(int(self._wanted.orders * _DELETED)):
            van = self._chance.choice(self._vans)
            if len(van.queue) > 2:  # noqa: PLR2004 - no route loses all its stops
                job = van.queue.pop(self._chance.randrange(len(van.queue)))
                self._acts.append(acts.deleted(self._now, van.code, job.number, van.code))
            yield self._now + 30

    def _urgent_order(self) -> Waking:
        job = self._new_job(self._chance.choice(self._depots))
        self._acts.append(acts.added(self._now, job.body))
        yield self._now + self._chance.randint(2, 8) * MINUTE
        van = self._helper(job.address.place)
        if van:
            self._acts.append(acts.put_on_route(self._now, [van.code], van.code, job.number, running=True))
            van.queue.append(job)

    def _cancellation(self) -> Waking:
        van = self._any_taking()
        if van:
            job = self._taken_from(van)
            self._acts.append(acts.canceled(self._now, van.code, job.number))
        yield from ()

    def _conflict(self, van: _Van) -> Waking:
        """Cancel the next order of a driver whose phone is offline, and who delivers it all the same."""
        if van.started and not van.broken and van.queue:
            job = van.queue[0]
            van.conflicts.add(job.number)
            self._acts.append(acts.canceled(self._now, van.code, job.number))
        yield from ()

    def _move(self) -> Waking:
        van = self._any_taking()
        other = self._helper(van.place, beside=van) if van else None
        if van and other:
            job = self._taken_from(van)
            self._acts.append(
                acts.put_on_route(self._now, [van.code, other.code], other.code, job.number, left=van.code)
            )
            other.queue.append(job)
        yield from ()

    def _correction(self) -> Waking:
        van = self._any_taking()
        if van:
            job = self._chance.choice(van.movable)
            members = {"Note": f"Gate code {self._chance.randint(1000, 9999)}"}
            self._acts.append(acts.corrected(self._now, van.code, job.number, members))
        yield from ()

    def _wish(self) -> Waking:
        van = self._any_taking()
        if van:
            job = self._chance.choice(van.movable)
            self._acts.append(acts.instructed(self._now, van.code, job.number, self._chance.choice(_WISHES)))
        yield from ()

    def _correct_outcome(self, van: _Van, job: Job) -> Waking:
        reason = "The driver chose the wrong button"
        self._acts.append(acts.outcome_corrected(self._now, van.code, job.number, reason))
        yield from ()

    def _breakdown(self) -> Waking:
        van = self._any_taking()
        if van:
            van.broken = True
        yield from ()

    def _try_again(self, failed_on: _Van, job: Job) -> Waking:
        """Give an order whose client was away to another driver, for a second attempt on the same day."""
        van = self._helper(job.address.place, beside=failed_on)
        if van:
            lanes = [failed_on.code, van.code]
            self._acts.append(
                acts.put_on_route(self._now, lanes, van.code, job.number, left=failed_on.code, again=True)
            )
            van.queue.append(job)
        yield from ()

    def _taken_from(self, van: _Van) -> Job:
        job = self._chance.choice(van.movable)
        van.queue.remove(job)
        return job

    def _any_taking(self) -> _Van | None:
        able = [van for van in self._vans if van.takes(self._now)]
        return self._chance.choice(able) if able else None

    def _helper(self, place: Place, beside: _Van | None = None) -> _Van | None:
        """Return the nearest driver who can take a further stop."""
        able = [van for van in self._vans if van is not beside and van.takes(self._now)]
        return min(able, key=lambda van: squared(van.place, place), default=None)


def _metres(one: Place, other: Place) -> float:
    ends = (RouteTrackPoint(lat=place.lat, lng=place.lon, speed=0, date="") for place in (one, other))
    return metres_between(*ends)
