"""New routes of a board, and the drivers that routes get."""

from collections.abc import Callable, Mapping, Sequence
from itertools import count

from waybell.accounts.model import Actor
from waybell.board import finding, requests
from waybell.board.lean import Day
from waybell.board.sheet import Sheet
from waybell.db.advisory_locks import take_lock
from waybell.db.database import Tx
from waybell.directory import fleet_store
from waybell.ground.clock import Moment
from waybell.ground.errors import Invalid, NotAllowedNow
from waybell.ground.ids import new_uuid
from waybell.routes import model
from waybell.routes import store as routes
from waybell.routes.directory_facts import equipped
from waybell.routes.model import Route, RouteKey
from waybell.routes.requests import NewRoute


class Making:
    """The making of routes in one transaction."""

    def __init__(self, tx: Tx, actor: Actor, day: Day) -> None:
        self._tx, self._actor, self._day = tx, actor, day
        self._codes: dict[int, tuple[str, str]] = {}  # code and day by the number of the act
        self._moment = Moment(tx.now, actor.account.zone)

    def take_names(self, acts: Sequence[requests.Act], route_ids: Mapping[str, str]) -> None:
        """Choose the codes of new routes and lock them, before any row is locked. One board at a time makes routes."""
        making = {number: act for number, act in enumerate(acts) if _makes(act)}
        if not making:
            return
        take_lock(self._tx, "board", self._actor.account.id)
        known = finding.names_of_routes(self._tx, self._actor.account.id, list(route_ids.values()))
        for number, act in making.items():
            self._codes[number] = self._name(
                act, {short: known[one] for short, one in route_ids.items() if one in known}
            )
        for code, date in sorted(self._codes.values()):
            take_lock(self._tx, "route", self._actor.account.id, code, date)

    def _name(self, act: requests.Act, known: Mapping[str, tuple[str, str]]) -> tuple[str, str]:
        """Return the code and the day of the route that an act makes."""
        if isinstance(act, requests.NewRoute):
            date = self._day.midnight
            return (act.code or self._free(f"{self._day.date:%m%d}", date, first=1)), date
        source = getattr(act, "route", "")
        made = {f"${number}": name for number, name in self._codes.items()}
        stem, date = {**known, **made}.get(source, ("R", self._day.midnight))
        return self._free(stem[:45], date, first=2), date

    def _free(self, stem: str, date: str, first: int) -> str:
        """Return the first free code with this beginning."""
        taken = set(self._codes.values())
        codes = (f"{stem}-{number}" for number in count(first))
        return next(code for code in codes if (code, date) not in taken and not self._is_taken(code, date))

    def _is_taken(self, code: str, date: str) -> bool:
        return routes.find(self._tx, self._actor.account.id, RouteKey("Code", code), date) is not None

    def new(self, sheet: Sheet, number: int, act: requests.NewRoute) -> str:
        """Add the route of an act to the sheet, and return its id.

        Raise `Invalid` when the code is taken on this day, and for an unknown driver.
        """
        return self._add(sheet, number, act.depot, act.driver, act.vehicle, "Draft")

    def beside(self, sheet: Sheet, number: int, route: Route, driver: str | None, vehicle: str | None) -> str:
        """Add the route of an act, of the same day and depot as another, to the sheet, and return its id."""
        status: model.FirstStatus = "Draft" if route.status == "Draft" else "Ready"
        return self._add(sheet, number, route.depot_id, driver, vehicle, status, like=route)

    def _add(
        self,
        sheet: Sheet,
        number: int,
        depot: str | None,
        driver: str | None,
        vehicle: str | None,
        status: model.FirstStatus,
        like: Route | None = None,
    ) -> str:
        code, date = self._codes[number]
        if self._is_taken(code, date):
            raise Invalid(f"Code: there is another route with Code {code} on {date[:10]}.")
        self._check_driver(driver)
        members = {"Code": code, "Date": date, "DepotId": depot, "DriverLogin": driver, "DriverVehicle": vehicle}
        request = NewRoute.model_validate({name: value for name, value in members.items() if value})
        route = model.draft(request, new_uuid(), self._moment, status)
        if like:
            names = ("depot", "start_from_depot", "return_to_depot")
            route = route.model_copy(update={name: getattr(like, name) for name in names})
        route = equipped(self._tx, self._actor, route, request, None)
        sheet.add(model.header(route))
        return route.route_id

    def driven_by(self, route: Route, *, login: str | None, vehicle: str | None) -> Route:
        """Return the route with another driver, or with none; without a vehicle, it keeps its own.

        Raise `Invalid` for an unknown driver.
        """
        self._check_driver(login)
        members = {"DriverLogin": login, "DriverVehicle": vehicle}
        request = NewRoute.model_validate({name: value for name, value in members.items() if value})
        after = equipped(self._tx, self._actor, model.edited(route, request, self._moment), request, None)
        return after if login else model.with_driver(after, None)

    def _check_driver(self, login: str | None) -> None:
        known = fleet_store.driver_by_username(self._tx, self._actor.account.id, login) if login else None
        if login and (known is None or not known.active):
            raise Invalid(f"Driver: there is no active driver with the login {login}.")

    def rule_of(self, act: str) -> Callable[[Route], Route]:
        """Return the rule that an act on a route's state follows."""
        return {
            "lock": lambda route: route.model_copy(update={"locked": True}),
            "unlock": lambda route: route.model_copy(update={"locked": False}),
            "ready": self._ready,
            "draft": model.made_draft,
            # The local time, not the UTC that the API has to use: the board shows it.
            "start": lambda route: self._allowed(model.started, route),
            "close": lambda route: self._allowed(model.closed, route),
        }[act]

    def _ready(self, route: Route) -> Route:
        try:
            return model.made_ready(route)
        except Invalid as error:
            raise NotAllowedNow(str(error)) from None

    def _allowed(self, rule: Callable[[Route, str, Moment], Route], route: Route) -> Route:
        """Apply a rule; its refusal is one of a state, not of a request that cannot be read."""
        try:
            return rule(route, self._moment.local, self._moment)
        except Invalid as error:
            raise NotAllowedNow(str(error)) from None


def _makes(act: requests.Act) -> bool:
    """Return whether an act makes a route."""
    if isinstance(act, requests.Breakdown):
        return isinstance(act.to, requests.NewDriver)
    return isinstance(act, requests.NewRoute | requests.Split)
