"""The assembly: this module alone makes the parts and hands them to each other."""

from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

from waybell.db.database import Database, Tx
from waybell.eta.event_types import ETA_EVENT_TYPES
from waybell.eta.runs import Etas
from waybell.events.catalogue import EventType
from waybell.events.outbox import Outbox
from waybell.events.types import is_name
from waybell.exceptions.runs import Watch
from waybell.ground.clock import SystemClock
from waybell.ground.errors import SetupError
from waybell.ground.event_names import EventNames
from waybell.ground.links import Links
from waybell.optimizing.planning import Road
from waybell.orders.event_types import ORDER_EVENT_TYPES
from waybell.orders.moments import ORDER_MOMENT_TYPES
from waybell.routes.event_types import ROUTE_EVENT_TYPES
from waybell.routes.moments import ROUTE_MOMENT_TYPES
from waybell.settings import Settings
from waybell.vault import Vault, open_vault
from waybell.webhooks.endpoints.operational_events import OPERATIONAL
from waybell.webhooks.endpoints.tools import WebhookTools
from waybell.webhooks.fanout import FanOut
from waybell.webhooks.model import Hint
from waybell.webhooks.sending.dispatcher import Dispatcher
from waybell.webhooks.sending.exchange import policy_of
from waybell.webhooks.sending.wakeup import LoopbackHints, PostgresHints, port_file

if TYPE_CHECKING:
    from fastapi import FastAPI

# All built-in event types, in the order in which pages and documents show them.
EVENT_TYPES: tuple[EventType, ...] = (
    *ORDER_EVENT_TYPES,
    *ROUTE_EVENT_TYPES,
    *OPERATIONAL,
    *ORDER_MOMENT_TYPES,
    *ROUTE_MOMENT_TYPES,
    *ETA_EVENT_TYPES,
)


@dataclass(frozen=True)
class App:
    """The parts of a running Waybell, from which each process takes what it needs."""

    settings: Settings
    clock: SystemClock
    database: Database
    vault: Vault
    hint: Hint
    outbox: Outbox
    etas: Etas
    watch: Watch

    def close(self) -> None:
        self.database.close()
        self.hint.close()  # type: ignore[attr-defined]


def build(settings: Settings, clock: SystemClock | None = None) -> App:
    """Build the parts that every process needs, from the settings.

    Just before a commit the routes that it concerns are estimated anew and searched for exceptions, and then the outbox
    stores the events and fans them out to endpoints; the hint wakes the dispatchers after the commit.
    """
    names = _names(settings)
    clock = clock or SystemClock()
    url = settings.resolved_database_url
    hint = PostgresHints(url) if url.startswith("postgresql") else LoopbackHints(port_file(settings.data_dir))
    vault = open_vault(settings)
    links = Links(settings.base_url, partial(vault.keys_for, "links"))
    outbox = Outbox(FanOut(hint))
    watch = Watch(settings.unassigned_cut_off)
    etas = Etas(Road(settings.road_factor, settings.average_speed), watch)

    def before_commit(tx: Tx) -> None:
        etas.settle(tx)  # records events, and shows the estimates in those recorded before
        outbox.flush(tx)

    database = Database(url, clock, before_commit=before_commit, links=links, names=names)
    return App(settings, clock, database, vault, hint, outbox, etas, watch)


def _names(settings: Settings) -> EventNames:
    """Return the names that the operator gave built-in event types.

    Raise `SetupError` when a renamed type does not exist, or when a new name is taken.
    """
    names, built_in = settings.event_names, {one.name for one in EVENT_TYPES}
    for name, other in names.items():
        if name not in built_in:
            raise SetupError(f"event_names: there is no event type {name}. There are: {', '.join(sorted(built_in))}.")
        if not is_name(other) or other in built_in or list(names.values()).count(other) > 1:
            raise SetupError(f"event_names: {name} cannot be called {other!r}. Choose a name that is no other's.")
    return EventNames(names)


def build_web(app: App) -> "FastAPI":
    # Imported here because a dispatcher does without the web framework, which takes a quarter of its memory.
    from waybell.web.app import web_app  # noqa: PLC0415

    tools = WebhookTools(
        database=app.database,
        vault=app.vault,
        policy=policy_of(app.settings),
        catalogue=[replace(one, other_name=app.settings.event_names.get(one.name)) for one in EVENT_TYPES],
        hint=app.hint,
        default_concurrency=app.settings.endpoint_concurrency,
        secret_overlap=app.settings.secret_overlap,
        batch=app.settings.batch,
    )
    return web_app(app.settings, app.database, tools, app.outbox)


def build_dispatcher(app: App) -> Dispatcher:
    return Dispatcher(app.settings, app.clock, app.database, app.vault)
