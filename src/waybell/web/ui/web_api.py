"""Settings, Web API: the keys, the base URL, and a first request to copy."""

from collections.abc import Mapping
from dataclasses import dataclass

from fastapi import APIRouter
from fastapi.responses import Response

from waybell.accounts import actions, audit
from waybell.db.database import Tx
from waybell.errors import Invalid
from waybell.web.ui.first_request import first_request
from waybell.web.ui.forms import Sent, faults, once
from waybell.web.ui.render import go_to, page
from waybell.web.ui.visit import Admin, Viewer, Visit

router = APIRouter()

_PATH = "/settings/web-api"


@dataclass(frozen=True, slots=True)
class Renaming:
    """A key whose new name was refused, and why."""

    key_id: str
    name: str
    faults: Mapping[str, str]


@router.get(_PATH)
def show(visit: Viewer) -> Response:
    return _page(visit)


@router.post(f"{_PATH}/keys")
def create(visit: Admin, sent: Sent) -> Response:
    made: list[str] = []

    def make(tx: Tx) -> str:
        key, text = actions.create_key(tx, visit.account, sent.text("Name"))
        audit.record(tx, visit.actor, f"made the key {key.name}", key.id, key.hint)
        made.append(text)
        return key.id

    try:
        once(visit, sent, make)
    except Invalid as error:
        return _page(visit, faults(error), sent.text("Name"))
    if not made:
        return go_to(_PATH, "The key was made by the first click, and shown there once. Make another if you missed it.")
    return _page(visit, new_key=made[0])


def _page(
    visit: Visit,
    wrong: Mapping[str, str] | None = None,
    name: str = "",
    new_key: str = "",
    renaming: Renaming | None = None,
) -> Response:
    with visit.look() as tx:
        keys = actions.list_keys(tx, visit.account)
    base_url = visit.settings.base_url
    return page(
        visit,
        "web_api.html",
        400 if wrong or renaming else 200,
        nav="web-api",
        keys=keys,
        faults=wrong or {},
        name=name,
        new_key=new_key,
        renaming=renaming,
        base_url=base_url,
        curl=first_request(base_url, new_key or "wb_..."),
    )


@router.post(f"{_PATH}/keys/{{key_id}}/enable")
def enable(visit: Admin, key_id: str) -> Response:
    return _switch(visit, key_id, enabled=True)


@router.post(f"{_PATH}/keys/{{key_id}}/disable")
def disable(visit: Admin, key_id: str) -> Response:
    return _switch(visit, key_id, enabled=False)


def _switch(visit: Visit, key_id: str, *, enabled: bool) -> Response:
    word = "enabled" if enabled else "disabled"
    with visit.change() as tx:
        key = actions.enable_key(tx, visit.actor, key_id, enabled=enabled)
    return go_to(_PATH, f"The key {key.name} is {word}; that counts from the next request on.")


@router.post(f"{_PATH}/keys/{{key_id}}/rename")
def rename(visit: Admin, key_id: str, sent: Sent) -> Response:
    try:
        with visit.change() as tx:
            actions.rename_key(tx, visit.actor, key_id, sent.text("Name"))
    except Invalid as error:
        return _page(visit, renaming=Renaming(key_id, sent.text("Name"), faults(error)))
    return go_to(_PATH, "The key is renamed.")
