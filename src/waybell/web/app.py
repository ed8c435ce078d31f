"""The web application: all operations, what stands around each of them, and the pages beside them."""

from fastapi import FastAPI

from waybell import __version__
from waybell.db.database import Database
from waybell.settings import Settings
from waybell.web import errors, health
from waybell.web.api import drivers, events, keys, orders, routes, test, vehicles, webhooks
from waybell.web.api.door import Door
from waybell.web.api.routing import BodyLimit, RawPaths
from waybell.web.ui.app import Pages, ui_app
from waybell.webhooks.actions import Means
from waybell.webhooks.sender import Sender

# One module for each noun of the API. The nouns of the Track-POD API that are not served at all yet (Address,
# RejectReason, VehicleCheck) get theirs here; Order, Route, Driver and Vehicle say in their modules what is to come.
# Those that are called most stand first: paths are tried in this order.
OPERATIONS = (events, orders, routes, webhooks, drivers, vehicles, keys, test)


def web_app(settings: Settings, database: Database, means: Means) -> FastAPI:
    app = FastAPI(title="Waybell", version=__version__, docs_url=None, redoc_url=None, openapi_url="/api/openapi.json")
    app.state.settings = settings
    app.state.door = Door(database, settings.default_rates)
    app.state.means = means
    app.state.sender = Sender(settings, database.clock)
    app.state.health = health.Health(database)
    ui = ui_app(settings, database, means, app.state.sender)
    app.state.live = ui.state.live
    ui.state.meter = app.state.door.meter
    for module in OPERATIONS:
        app.router.routes.extend(module.api.routes)
    app.include_router(health.router)
    errors.install(app)
    app.add_middleware(RawPaths)
    app.add_middleware(Pages, ui=ui)
    app.add_middleware(BodyLimit, max_body_bytes=settings.max_body_bytes, max_bulk_bytes=settings.max_bulk_bytes)
    return app
