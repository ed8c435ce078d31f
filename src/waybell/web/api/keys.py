"""`/api/Key`: keys that another key manages. That key must permit the kind Keys, and gives no more than it has."""

from datetime import datetime
from typing import Annotated, Any

from fastapi import Response
from pydantic import Field

from waybell.accounts import grants, keys
from waybell.accounts.grants import FULL, Grant, Kind, Method
from waybell.accounts.model import ApiKey
from waybell.ground.clock import utc_text
from waybell.ground.rates import Rates
from waybell.web.api.answers import ApiResponse, JsonAnswer, done
from waybell.web.api.door import Caller
from waybell.web.api.routing import Key, router
from waybell.web.api.webhook_models import Instant, Name, PageOf, text_or_none
from waybell.wire.model import ApiModel, Request, Text50, Whole

api = router("Key")

_MOST = 500
_Texts = Annotated[list[Text50] | None, Field(max_length=_MOST)]


class KeyModel(ApiModel):
    """A key without its text."""

    id: str
    name: str
    hint: str
    state: str
    methods: list[str]
    kinds: list[str]
    shippers: list[str]
    depots: list[str]
    networks: list[str]
    expires_at: str | None
    per_second: int | None
    per_minute: int | None
    pdf_per_second: int | None
    label_per_second: int | None
    created_at: str
    last_used_at: str | None


class KeyRequest(Request):
    """The settings of a key. A change leaves omitted members as they are; an empty list restricts nothing."""

    answered_as = KeyModel

    name: Name | None = None
    methods: Annotated[list[Method] | None, Field(max_length=_MOST)] = None
    kinds: Annotated[list[Kind] | None, Field(max_length=_MOST)] = None
    shippers: _Texts = None
    depots: _Texts = None
    networks: _Texts = None
    expires_at: Instant = None
    per_second: Whole = None
    per_minute: Whole = None
    pdf_per_second: Whole = None
    label_per_second: Whole = None

    def grant(self, now: Grant) -> Grant:
        """Return the permissions `now` with the sent members changed."""
        sent = {name: getattr(self, name) for name in self.model_fields_set}
        rates = {name: sent.get(name, getattr(now.rates, name)) for name in _RATES}
        lists = {
            name: tuple(one for one in sent[name] or () if one) if name in sent else getattr(now, name)
            for name in ("methods", "kinds", "shippers", "depots")
        }
        return Grant(
            **lists,
            networks=grants.read_networks(one for one in sent["networks"] or () if one)
            if "networks" in sent
            else now.networks,
            expires_at=sent.get("expires_at", now.expires_at),
            rates=Rates(**rates),
        )


_RATES = ("per_second", "per_minute", "pdf_per_second", "label_per_second")


class NewKeyModel(KeyModel):
    """A new key with its text."""

    key: str


@api.get("/Key", operation_id="GetKeys", response_model=PageOf[KeyModel])
def list_all(call: Caller) -> Response:
    """Return all keys of the account, oldest first, without their texts."""
    with call.read() as tx:
        found = [_document(key, tx.now) for key in keys.list_keys(tx, call.account)]
    return JsonAnswer({"Items": found, "Cursor": None})


@api.post("/Key", operation_id="AddKey", status_code=201, response_model=NewKeyModel)
def add(call: Caller, wanted: KeyRequest) -> Response:
    """Add a key. Without restrictions it permits all; without rates it gets those of the calling key."""
    with call.change() as tx:
        key, text = keys.create(tx, call.actor, wanted.name or "", wanted.grant(FULL))
        answer = _document(key, tx.now) | {"Key": text}
    return JsonAnswer(answer, status_code=201, headers={"Location": f"/api/Key/{key.id}"}, is_secret=True)


@api.get("/Key/{key_id}", operation_id="GetKey", response_model=KeyModel)
def get(call: Caller, key_id: Key) -> Response:
    """Return one key, without its text."""
    with call.read() as tx:
        return JsonAnswer(_document(keys.find(tx, call.account, key_id), tx.now))


@api.put("/Key/{key_id}", operation_id="UpdateKey", status_code=202, response_model=KeyModel)
def change(call: Caller, key_id: Key, wanted: KeyRequest) -> Response:
    """Change the sent members of a key. Omitted members stay. The change holds from the next request on."""
    with call.change() as tx:
        now = keys.find(tx, call.account, key_id)
        key = keys.change(tx, call.actor, key_id, name=wanted.name, grant=wanted.grant(now.grant))
        return JsonAnswer(_document(key, tx.now), status_code=202)


@api.delete("/Key/{key_id}", operation_id="DeleteKey", response_model=ApiResponse)
def delete(call: Caller, key_id: Key) -> Response:
    """Delete a key forever. It is refused from the next request on."""
    with call.change() as tx:
        keys.remove(tx, call.actor, key_id)
    return done(200, f"Key {key_id} is deleted.")


@api.put("/Key/{key_id}/Enable", operation_id="EnableKey", status_code=202, response_model=ApiResponse)
def enable(call: Caller, key_id: Key) -> Response:
    """Permit a disabled key again."""
    with call.change() as tx:
        keys.enable(tx, call.actor, key_id, enabled=True)
    return done(202, f"Key {key_id} is enabled.")


@api.put("/Key/{key_id}/Disable", operation_id="DisableKey", status_code=202, response_model=ApiResponse)
def disable(call: Caller, key_id: Key) -> Response:
    """Refuse a key from the next request on."""
    with call.change() as tx:
        keys.enable(tx, call.actor, key_id, enabled=False)
    return done(202, f"Key {key_id} is disabled.")


def _document(key: ApiKey, now: datetime) -> dict[str, Any]:
    grant = key.grant
    return {
        "Id": key.id,
        "Name": key.name,
        "Hint": key.hint,
        "State": key.state(now),
        "Methods": grant.methods,
        "Kinds": grant.kinds,
        "Shippers": grant.shippers,
        "Depots": grant.depots,
        "Networks": [str(network) for network in grant.networks],
        "ExpiresAt": text_or_none(grant.expires_at),
        "PerSecond": grant.rates.per_second,
        "PerMinute": grant.rates.per_minute,
        "PdfPerSecond": grant.rates.pdf_per_second,
        "LabelPerSecond": grant.rates.label_per_second,
        "CreatedAt": utc_text(key.created_at),
        "LastUsedAt": text_or_none(key.last_used_at),
    }
