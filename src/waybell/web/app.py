"""The assembly of the web application: all operations of the API, the middleware around them, and the pages."""

from functools import cache, partial

from fastapi import FastAPI

from waybell import __version__
from waybell.db.database import Database
from waybell.events.outbox import Outbox
from waybell.optimizing.actions import OptimizingTools
from waybell.optimizing.planning import Road
from waybell.optimizing.solver import Solver
from waybell.settings import Settings
from waybell.web import errors, health
from waybell.web.api import (
    addresses,
    directories,
    drivers,
    events,
    exceptions,
    keys,
    openapi,
    optimize,
    order_documents,
    order_reported,
    orders,
    reject_reasons,
    routes,
    test,
    tracks,
    vehicle_checks,
    vehicles,
    webhooks,
)
from waybell.web.api.door import Door
from waybell.web.api.routing import BodyLimit, RawPaths
from waybell.web.compression import Compression
from waybell.web.costly_work import CostlyWork
from waybell.web.doors import Doors
from waybell.web.head_requests import Heads
from waybell.web.host_header import Hosts
from waybell.web.refusals import Refusals
from waybell.web.traffic import Traffic, Watched
from waybell.web.ui.app import Pages, ui_app
from waybell.webhooks.endpoints.tools import WebhookTools
from waybell.webhooks.sending.sender import Sender

# There is one module for each noun of the API, and one for all directories that are alike.
# Operations that are called most come first, because paths are tried in this order.
OPERATIONS = (
    events,
    orders,
    order_documents,
    order_reported,
    routes,
    tracks,
    optimize,
    exceptions,
    webhooks,
    drivers,
    vehicles,
    vehicle_checks,
    addresses,
    reject_reasons,
    directories,
    keys,
    test,
)


def web_app(settings: Settings, database: Database, tools: WebhookTools, outbox: Outbox) -> FastAPI:
    traffic = Traffic()
    app = FastAPI(title="Waybell", version=__version__, docs_url=None, redoc_url=None, openapi_url="/api/openapi.json")
    app.state.settings = settings
    refusals = Refusals(database)
    costly = CostlyWork()
    app.state.costly = costly
    app.state.door = Door(database, settings.default_rates, refusals, costly)
    app.state.tools = tools
    app.state.sender = Sender(settings, database.clock)
    road = Road(settings.road_factor, settings.average_speed)
    app.state.optimizing = OptimizingTools(Solver(settings.optimize_limit), road)
    app.state.health = health.Health(database, settings.lease, outbox, traffic, refusals)
    ui = ui_app(settings, database, tools, app.state.sender, app.state.door.meter, costly)
    app.state.live = ui.state.live
    app.state.board_feed = ui.state.board_feed
    ui.state.refusals = refusals
    ui.state.optimizing = app.state.optimizing
    app.openapi = cache(partial(openapi.build, OPERATIONS, settings, tools.catalogue, errors.STATUS))  # type: ignore[method-assign]
    ui.state.api_description = app.openapi
    for module in OPERATIONS:
        app.router.routes.extend(module.api.routes)
    app.router.routes.extend(health.router.routes)
    errors.install(app)
    app.add_middleware(RawPaths)
    app.add_middleware(Pages, ui=ui, base_url=settings.base_url)
    app.add_middleware(
        BodyLimit,
        max_body_bytes=settings.max_body_bytes,
        max_bulk_bytes=settings.max_bulk_bytes,
        max_import_bytes=settings.max_import_bytes,
    )
    app.add_middleware(Compression)
    app.add_middleware(Hosts)
    app.add_middleware(Doors, door=app.state.door, at_root=settings.api_at_root)
    app.add_middleware(Heads)
    app.add_middleware(Watched, traffic=traffic)
    return app
