"""The settings of an endpoint: its secrets, how it is sent to, switching it off and on, deleting it."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

from fastapi import APIRouter
from fastapi.responses import Response
from sqlalchemy import select

from waybell.accounts import audit
from waybell.db.database import Tx
from waybell.errors import Conflict, Invalid
from waybell.web.ui.endpoint import WEBHOOKS, endpoint_facts
from waybell.web.ui.endpoints import chosen_types
from waybell.web.ui.event_types import offered
from waybell.web.ui.forms import Fields, Sent, faults
from waybell.web.ui.render import go_to, page
from waybell.web.ui.visit import Admin, Dispatcher, Viewer, Visit
from waybell.webhooks import actions, again
from waybell.webhooks.endpoint_settings import MAX_CONCURRENCY, MAX_HEADERS, EndpointSettings
from waybell.webhooks.tables import endpoint_secrets

router = APIRouter()

_ONE = WEBHOOKS + "/{endpoint_id}"
_OVERLAPS = {"0": "at once", "1": "in an hour", "24": "in a day", "168": "in a week"}  # by hours
_EMPTY_HEADER_ROWS = 2
_HISTORY = 20


@router.get(f"{_ONE}/settings")
def show(visit: Viewer, endpoint_id: str) -> Response:
    with visit.look() as tx:
        return _settings(visit, tx, endpoint_id)


@router.post(f"{_ONE}/settings")
def change(visit: Admin, endpoint_id: str, sent: Sent) -> Response:
    try:
        wanted = _wanted(sent)
        with visit.change() as tx:
            release = actions.change(tx, visit.means, visit.actor, endpoint_id, wanted)
    except Invalid as error:
        with visit.look() as tx:
            return _settings(visit, tx, endpoint_id, sent=sent, wrong=faults(error))
    if release:
        again.release_all(visit.database, visit.means.hint, endpoint_id, visit.means.batch)
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
        "headers": {name: value or None for name, value in pairs if name},  # without a value it keeps the one it has
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


@router.post(f"{_ONE}/secret")
def reveal(visit: Admin, endpoint_id: str) -> Response:
    """Show the secrets, once; that they were seen is on record."""
    with visit.change() as tx:
        revealed = actions.reveal(tx, visit.means, visit.actor, endpoint_id)
        return _settings(visit, tx, endpoint_id, revealed=revealed)


@router.post(f"{_ONE}/rotate")
def rotate(visit: Admin, endpoint_id: str, sent: Sent) -> Response:
    hours = sent.text("OverlapHours")
    if hours not in _OVERLAPS:
        raise Invalid("OverlapHours: choose when the old secret stops.")
    try:
        with visit.change() as tx:
            overlap = timedelta(hours=int(hours))
            revealed = actions.rotate(tx, visit.means, visit.actor, endpoint_id, overlap=overlap)
            return _settings(visit, tx, endpoint_id, revealed=revealed, rotated=_OVERLAPS[hours])
    except Conflict as error:
        return go_to(f"{WEBHOOKS}/{endpoint_id}/settings", str(error), failed=True)


def _settings(
    visit: Visit,
    tx: Tx,
    endpoint_id: str,
    *,
    sent: Fields | None = None,
    wrong: Mapping[str, str] | None = None,
    revealed: Sequence[actions.RevealedSecret] = (),
    rotated: str = "",
) -> Response:
    endpoint = endpoint_facts(tx, visit, endpoint_id)
    shown = sent or _as_fields(endpoint.settings)
    rows = list(zip(shown.rows("HeaderName"), shown.rows("HeaderValue"), strict=False))
    return page(
        visit,
        "endpoint/settings.html",
        400 if wrong else 200,
        endpoint=endpoint,
        tab="settings",
        secrets=_secrets(tx, endpoint_id),
        revealed=revealed,
        rotated=rotated,
        overlaps=_OVERLAPS,
        sent=shown,
        header_rows=(rows + [("", "")] * _EMPTY_HEADER_ROWS)[:MAX_HEADERS],
        kept_headers=[name.lower() for name in endpoint.settings.headers],
        faults=wrong or {},
        offered=offered(tx, visit),
        chosen=shown.all("EventTypes"),
        all_types=shown.text("Which") != "some",
        host=urlsplit(endpoint.settings.url).netloc,
        history=audit.entries(tx, visit.account, endpoint_id, limit=_HISTORY),
    )


def _as_fields(settings: EndpointSettings) -> Fields:
    """The settings as their form would send them; values of headers are not shown."""
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


def _secrets(tx: Tx, endpoint_id: str) -> Sequence[Any]:
    """What may be told of the secrets without showing them."""
    table = endpoint_secrets.c
    query = select(table.scheme, table.created_at, table.expires_at).where(
        table.endpoint_id == endpoint_id, table.expires_at.is_(None) | (table.expires_at > tx.now)
    )
    return tx.execute(query.order_by(table.scheme, table.created_at.desc())).all()


@router.post(f"{_ONE}/enable")
def enable(visit: Admin, endpoint_id: str) -> Response:
    with visit.change() as tx:
        actions.enable(tx, visit.means, visit.actor, endpoint_id)
    return go_to(f"{WEBHOOKS}/{endpoint_id}", "Enabled: what waited is sent now. What it missed: see “Send again”.")


@router.post(f"{_ONE}/disable")
def disable(visit: Admin, endpoint_id: str) -> Response:
    with visit.change() as tx:
        actions.disable(tx, visit.means, visit.actor, endpoint_id)
    return go_to(f"{WEBHOOKS}/{endpoint_id}", "Disabled: nothing is sent there any more.")


@router.post(f"{_ONE}/probe")
def probe(visit: Dispatcher, endpoint_id: str) -> Response:
    to = f"{WEBHOOKS}/{endpoint_id}"
    try:
        with visit.change() as tx:
            actions.probe_now(tx, visit.means, visit.actor, endpoint_id)
    except Conflict as error:
        return go_to(to, str(error), failed=True)
    return go_to(to, "A probe goes out now. If it succeeds, the queue flows again.")


@router.post(f"{_ONE}/delete")
def delete(visit: Admin, endpoint_id: str, sent: Sent) -> Response:
    with visit.look() as tx:
        host = urlsplit(actions.find(tx, visit.account.id, endpoint_id).url).netloc
    if sent.text("Host") != host:
        return go_to(f"{WEBHOOKS}/{endpoint_id}/settings", f"To delete this endpoint, type {host}.", failed=True)
    with visit.change() as tx:
        actions.remove(tx, visit.means, visit.actor, endpoint_id)
    return go_to(WEBHOOKS, f"The endpoint {host} is deleted; what waited for it is canceled.")
