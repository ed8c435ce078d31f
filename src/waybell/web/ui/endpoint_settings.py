"""The page of an endpoint's settings: its secrets, its options, switching it off and on, and deleting it."""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from fastapi import APIRouter
from fastapi.responses import Response

from waybell.accounts import audit
from waybell.db.database import Tx
from waybell.ground.errors import Conflict, Invalid
from waybell.web.ui.endpoint_frame import WEBHOOKS, endpoint_facts
from waybell.web.ui.endpoints import chosen_types
from waybell.web.ui.event_types import offered
from waybell.web.ui.forms import Fields, Sent, check_unchanged, faults, stamp, submit_once
from waybell.web.ui.own_receiver import listen_command
from waybell.web.ui.render import go_to, page
from waybell.web.ui.visit import Admin, Dispatcher, Viewer, Visit
from waybell.webhooks.endpoints import actions, secret_store, secrets, store
from waybell.webhooks.endpoints.settings import MAX_CONCURRENCY, MAX_HEADERS, EndpointSettings

router = APIRouter()

_ONE = WEBHOOKS + "/{endpoint_id}"
_OVERLAPS = {
    "0": "at once",
    "1": "in an hour",
    "24": "in a day",
    "168": "in a week",
}  # hours, with the words of the choice
_EMPTY_HEADER_ROWS = 2
_HISTORY = 20
_LOOKED_BACK = 1000  # entries
_SWITCHED = (actions.ADDED, actions.ENABLED, actions.DISABLED)
_DISABLED = (
    "Disabled: nothing is sent there, and new events make no messages. What waits is kept; "
    "what it misses can be sent once it is enabled."
)


@router.get(f"{_ONE}/settings")
def show(visit: Viewer, endpoint_id: str) -> Response:
    with visit.read() as tx:
        return _settings(visit, tx, endpoint_id)


@router.post(f"{_ONE}/settings")
def change(visit: Admin, endpoint_id: str, sent: Sent) -> Response:
    try:
        wanted = _wanted(sent)
        with visit.change() as tx:
            check_unchanged(sent, _as_fields(endpoint_facts(tx, visit, endpoint_id).settings))
            actions.change(tx, visit.tools, visit.actor, endpoint_id, wanted)
    except Invalid as error:
        with visit.read() as tx:
            return _settings(visit, tx, endpoint_id, sent=sent, wrong=faults(error))
    return go_to(f"{WEBHOOKS}/{endpoint_id}/settings", "The settings are saved and count from the next attempt on.")


def _wanted(sent: Fields) -> dict[str, Any]:
    pairs = list(zip(sent.rows("HeaderName"), sent.rows("HeaderValue"), strict=False))
    names = [name.lower() for name, _ in pairs if name]
    if len(names) != len(set(names)):
        raise Invalid("Headers: one name is there twice (letter case does not count).")
    if any(value and not name for name, value in pairs):
        raise Invalid("Headers: a value has no name.")
    return {
        "url": sent.text("Url"),
        "description": sent.text("Description"),
        "event_types": chosen_types(sent),
        "headers": {
            name: value or None for name, value in pairs if name
        },  # a header without a value keeps its present one
        "ordered": sent.flag("Ordered"),
        "concurrency": int(_number(sent, "Concurrency", f"a whole number from 1 to {MAX_CONCURRENCY}", whole=True)),
        "rate_limit": _number(sent, "RateLimit", "a number of messages a second") if sent.text("RateLimit") else None,
        "schemes": tuple(sent.all("Schemes")),
        "hex_header": sent.text("HexHeader") or None,
    }


def _number(sent: Fields, name: str, what: str, *, whole: bool = False) -> float:
    text = sent.text(name)
    digits = text if whole else text.replace(".", "", 1)
    if not (digits.isascii() and digits.isdigit() and len(digits) < 10):  # noqa: PLR2004 - more is nonsense
        raise Invalid(f"{name}: write {what}.")
    return float(text)


@router.get(f"{_ONE}/secret")
@router.get(f"{_ONE}/rotate")
def without_secrets(_visit: Viewer, endpoint_id: str) -> Response:
    """Show the settings without secrets: a page that showed them fetches this path when it is loaded again."""
    return go_to(f"{WEBHOOKS}/{quote(endpoint_id)}/settings")


@router.post(f"{_ONE}/secret")
def reveal(visit: Admin, endpoint_id: str) -> Response:
    """Show the secrets once, and record that they were seen."""
    with visit.change() as tx:
        revealed = secrets.reveal(tx, visit.tools, visit.actor, endpoint_id)
        return _settings(visit, tx, endpoint_id, revealed=revealed)


@router.post(f"{_ONE}/rotate")
def rotate(visit: Admin, endpoint_id: str, sent: Sent) -> Response:
    """Make a new secret and show it. A second send of the form shows the secret of the first, which is recorded."""
    hours = sent.text("OverlapHours")
    if hours not in _OVERLAPS:
        raise Invalid("OverlapHours: choose when the old secret stops.")
    revealed: list[secrets.RevealedSecret] = []

    def make(tx: Tx) -> str:
        overlap = timedelta(hours=int(hours))
        revealed.extend(secrets.rotate(tx, visit.tools, visit.actor, endpoint_id, overlap=overlap))
        return endpoint_id

    try:
        submit_once(visit, sent, make)
    except Conflict as error:
        return go_to(f"{WEBHOOKS}/{endpoint_id}/settings", str(error), failed=True)
    with visit.change() as tx:
        shown = revealed or secrets.reveal(tx, visit.tools, visit.actor, endpoint_id)
        return _settings(visit, tx, endpoint_id, revealed=shown, rotated=_OVERLAPS[hours])


def _settings(
    visit: Visit,
    tx: Tx,
    endpoint_id: str,
    *,
    sent: Fields | None = None,
    wrong: Mapping[str, str] | None = None,
    revealed: Sequence[secrets.RevealedSecret] = (),
    rotated: str = "",
) -> Response:
    endpoint = endpoint_facts(tx, visit, endpoint_id)
    shown = sent or _as_fields(endpoint.settings)
    rows = list(zip(shown.rows("HeaderName"), shown.rows("HeaderValue"), strict=False))
    host = urlsplit(endpoint.settings.url).netloc
    newest = next((one.value for one in revealed if one.scheme == "v1" and one.expires_at is None), None)
    return page(
        visit,
        "endpoint/settings.html",
        400 if wrong else 200,
        endpoint=endpoint,
        tab="settings",
        secrets=secret_store.in_force(tx, endpoint_id),
        revealed=revealed,
        listen=listen_command(endpoint.settings.url, newest) if newest else None,
        rotated=rotated,
        overlaps=_OVERLAPS,
        stops={hours: tx.now + timedelta(hours=int(hours)) for hours in _OVERLAPS},
        sent=shown,
        seen=stamp(_as_fields(endpoint.settings)),
        header_rows=(rows + [("", "")] * _EMPTY_HEADER_ROWS)[:MAX_HEADERS],
        kept_headers=[name.lower() for name in endpoint.settings.headers],
        faults=wrong or {},
        offered=offered(tx, visit),
        chosen=shown.all("EventTypes"),
        all_types=shown.text("Which") != "some",
        host=host,
        host_pattern=re.sub(r"[.\[\]]", r"\\\g<0>", host),  # `re.escape` would escape hyphens, which browsers refuse
        history=audit.entries(tx, visit.account, endpoint_id, limit=_HISTORY),
    )


def _as_fields(settings: EndpointSettings) -> Fields:
    """Return the settings as their form sends them, without the values of headers."""
    return Fields(
        [
            ("Url", settings.url),
            ("Description", settings.description),
            ("Which", "some" if settings.event_types else "all"),
            *[("EventTypes", name) for name in settings.event_types],
            *[pair for name in settings.headers for pair in (("HeaderName", name), ("HeaderValue", ""))],
            ("Ordered", "yes" if settings.ordered else ""),
            ("Concurrency", str(settings.concurrency)),
            ("RateLimit", f"{settings.rate_limit:g}" if settings.rate_limit else ""),
            *[("Schemes", scheme) for scheme in settings.schemes],
            ("HexHeader", settings.hex_header or ""),
        ]
    )


@router.post(f"{_ONE}/enable")
def enable(visit: Admin, endpoint_id: str) -> Response:
    """Enable the endpoint, and lead to the page that sends the messages that it missed while it was disabled."""
    with visit.change() as tx:
        was_disabled = store.find(tx, visit.account.id, endpoint_id).state == "disabled"
        since = _on_record_since(tx, visit, endpoint_id)
        actions.enable(tx, visit.tools, visit.actor, endpoint_id)
    if not (was_disabled and since):
        return go_to(f"{WEBHOOKS}/{endpoint_id}", "Enabled: what waited is sent now.")
    local = since.astimezone(visit.account.zone)
    missed = urlencode({"What": "missed", "since": f"{local:%Y-%m-%dT%H:%M}"})
    notice = "Enabled: what waited is sent now. Here is what it missed meanwhile."
    return go_to(f"{WEBHOOKS}/{endpoint_id}/retry?{missed}", notice)


def _on_record_since(tx: Tx, visit: Visit, endpoint_id: str) -> datetime | None:
    """Return when a person last added, enabled or disabled the endpoint; Waybell may have disabled it since."""
    entries = audit.entries(tx, visit.account, endpoint_id, limit=_LOOKED_BACK)
    return next((entry.at for entry in entries if entry.act in _SWITCHED), None)


@router.post(f"{_ONE}/disable")
def disable(visit: Admin, endpoint_id: str) -> Response:
    with visit.change() as tx:
        actions.disable(tx, visit.tools, visit.actor, endpoint_id)
    return go_to(f"{WEBHOOKS}/{endpoint_id}", _DISABLED)


@router.post(f"{_ONE}/probe")
def probe(visit: Dispatcher, endpoint_id: str) -> Response:
    to = f"{WEBHOOKS}/{endpoint_id}"
    try:
        with visit.change() as tx:
            actions.probe_now(tx, visit.tools, visit.actor, endpoint_id)
    except Conflict as error:
        return go_to(to, str(error), failed=True)
    return go_to(to, "What waits is tried now. If it succeeds, the queue flows again.")


@router.post(f"{_ONE}/delete")
def delete(visit: Admin, endpoint_id: str, sent: Sent) -> Response:
    with visit.read() as tx:
        host = urlsplit(store.find(tx, visit.account.id, endpoint_id).url).netloc
    if sent.text("Host") != host:
        return go_to(f"{WEBHOOKS}/{endpoint_id}/settings", f"To delete this endpoint, type {host}.", failed=True)
    with visit.change() as tx:
        actions.remove(tx, visit.tools, visit.actor, endpoint_id)
    return go_to(WEBHOOKS, f"The endpoint {host} is deleted; what waited for it is canceled.")
