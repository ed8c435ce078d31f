"""The page Settings, Web API: keys with their permissions and use, the base URL, and a first request to copy."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from fastapi import APIRouter
from fastapi.responses import Response

from waybell.accounts import keys
from waybell.accounts.grants import FULL, KINDS, METHODS, Grant, in_words, read_networks
from waybell.accounts.meter import Meter, calls_in
from waybell.accounts.model import ApiKey
from waybell.db.database import Tx
from waybell.ground.errors import Invalid
from waybell.ground.rates import Rates, rules_of
from waybell.web.ui.first_request import first_request
from waybell.web.ui.forms import Fields, Sent, check_unchanged, faults, stamp, submit_once
from waybell.web.ui.render import go_to, page
from waybell.web.ui.visit import Admin, Viewer, Visit

router = APIRouter()

_PATH = "/settings/web-api"
_ONE = _PATH + "/keys/{key_id}"
_RATES = ("PerSecond", "PerMinute", "PdfPerSecond", "LabelPerSecond")
_MOST_DIGITS = 9


@router.get(_PATH)
def show(visit: Viewer) -> Response:
    return _page(visit)


@router.post(f"{_PATH}/keys")
def create(visit: Admin, sent: Sent) -> Response:
    made: list[str] = []

    def make(tx: Tx) -> str:
        key, text = keys.create(tx, visit.actor, sent.text("Name"), _wanted(visit, sent))
        made.append(text)
        return key.id

    try:
        submit_once(visit, sent, make)
    except Invalid as error:
        return _page(visit, sent=sent, wrong=faults(error))
    if not made:
        return go_to(_PATH, "The key was made by the first click, and shown there once. Make another if you missed it.")
    return _page(visit, new_key=made[0])


@router.get(f"{_PATH}/keys")
def without_key(_visit: Viewer) -> Response:
    """Show the keys without a new one: a page that showed a new key fetches this path when it is loaded again."""
    return go_to(_PATH)


@router.get(_ONE)
def edit(visit: Admin, key_id: str) -> Response:
    return _edit(visit, key_id)


@router.post(_ONE)
def change(visit: Admin, key_id: str, sent: Sent) -> Response:
    try:
        with visit.change() as tx:
            check_unchanged(sent, _as_fields(visit, keys.find(tx, visit.account, key_id)))
            key = keys.change(tx, visit.actor, key_id, name=sent.text("Name"), grant=_wanted(visit, sent))
    except Invalid as error:
        return _edit(visit, key_id, sent, faults(error))
    return go_to(_PATH, f"The key {key.name} is changed; that counts from the next request on.")


@router.post(f"{_ONE}/enable")
def enable(visit: Admin, key_id: str) -> Response:
    return _switch(visit, key_id, enabled=True)


@router.post(f"{_ONE}/disable")
def disable(visit: Admin, key_id: str) -> Response:
    return _switch(visit, key_id, enabled=False)


@router.post(f"{_ONE}/delete")
def delete(visit: Admin, key_id: str) -> Response:
    with visit.change() as tx:
        key = keys.remove(tx, visit.actor, key_id)
    return go_to(_PATH, f"The key {key.name} is deleted; it is refused from the next request on.")


def _switch(visit: Visit, key_id: str, *, enabled: bool) -> Response:
    word = "enabled" if enabled else "disabled"
    with visit.change() as tx:
        key = keys.enable(tx, visit.actor, key_id, enabled=enabled)
    return go_to(_PATH, f"The key {key.name} is {word}; that counts from the next request on.")


def _page(
    visit: Visit, *, sent: Fields | None = None, wrong: Mapping[str, str] | None = None, new_key: str = ""
) -> Response:
    meter: Meter = visit.request.app.state.meter
    meter.settle_all()
    defaults = visit.settings.default_rates
    with visit.read() as tx:
        found = keys.list_keys(tx, visit.account)
        calls = calls_in(tx, rules_of(defaults)[0], [key.id for key in found])
    base_url = visit.settings.base_url
    return page(
        visit,
        "web_api.html",
        400 if wrong else 200,
        nav="web-api",
        live="keys",
        keys=found,
        calls=calls,
        in_words=in_words,
        new_key=new_key,
        base_url=base_url,
        curl=first_request(base_url, new_key or "wb_..."),
        **_form(visit, sent or _as_fields(visit), wrong),
    )


def _edit(visit: Visit, key_id: str, sent: Fields | None = None, wrong: Mapping[str, str] | None = None) -> Response:
    with visit.read() as tx:
        key = keys.find(tx, visit.account, key_id)
    shown = sent or _as_fields(visit, key)
    facts = {"key": key, "seen": stamp(_as_fields(visit, key)), **_form(visit, shown, wrong)}
    return page(visit, "key.html", 400 if wrong else 200, nav="web-api", **facts)


def _form(visit: Visit, sent: Fields, wrong: Mapping[str, str] | None) -> dict[str, Any]:
    """Return the facts that the fields of a key need."""
    rates = dict(zip(_RATES, _numbers(visit.settings.default_rates), strict=True))
    return {"sent": sent, "faults": wrong or {}, "methods": METHODS, "kinds": KINDS, "default_rates": rates}


def _wanted(visit: Visit, sent: Fields) -> Grant:
    """Return the permissions that the form asks for. Raise `Invalid` for wrong fields."""
    until, rates = _until(visit, sent), Rates(*[_rate(sent, name) for name in _RATES])
    if sent.text("Access") != "restricted":
        return Grant(expires_at=until, rates=rates)
    for name, what in (("Methods", "method"), ("Kinds", "kind")):
        if not sent.all(name):
            raise Invalid(f"{name}: choose at least one {what}.")
    wanted: dict[str, Any] = {name.lower(): tuple(sent.all(name)) for name in ("Methods", "Kinds")}
    lists = {name: sent.text(name).replace(",", "\n").splitlines() for name in ("Shippers", "Depots", "Networks")}
    return Grant(
        **wanted,
        shippers=tuple(lists["Shippers"]),
        depots=tuple(lists["Depots"]),
        networks=read_networks(line for line in lists["Networks"] if line.strip()),
        expires_at=until,
        rates=rates,
    )


def _until(visit: Visit, sent: Fields) -> datetime | None:
    text = sent.text("ExpiresAt")
    try:
        return datetime.fromisoformat(text).replace(tzinfo=visit.account.zone) if text else None
    except ValueError:
        raise Invalid("ExpiresAt: write a date and a time.") from None


def _rate(sent: Fields, name: str) -> int | None:
    text = sent.text(name)
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) <= _MOST_DIGITS):
        raise Invalid(f"{name}: write a whole number.")
    return int(text)


def _as_fields(visit: Visit, key: ApiKey | None = None) -> Fields:
    """Return a key as its form sends it; without a key, the values that the form offers for a new one."""
    grant = key.grant if key else FULL
    until = grant.expires_at.astimezone(visit.account.zone) if grant.expires_at else None
    return Fields(
        [
            ("Name", key.name if key else ""),
            ("Access", "restricted" if grant.is_restricted else "full"),
            *[("Methods", one) for one in grant.allowed_methods],
            *[("Kinds", one) for one in grant.allowed_kinds],
            ("Shippers", "\n".join(grant.shippers)),
            ("Depots", "\n".join(grant.depots)),
            ("Networks", "\n".join(map(str, grant.networks))),
            ("ExpiresAt", f"{until:%Y-%m-%dT%H:%M}" if until else ""),
            *zip(_RATES, ("" if one is None else str(one) for one in _numbers(grant.rates)), strict=True),
        ]
    )


def _numbers(rates: Rates) -> list[int | None]:
    return [value for _, value in rates.named()]
