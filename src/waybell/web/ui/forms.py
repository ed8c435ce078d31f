"""The fields that a form sent, and the errors for each of them.

Fields have the names of the API's members, because errors name these.
"""

import hashlib
import re
import secrets
from collections.abc import Callable, Mapping, Sequence
from typing import Annotated

from fastapi import Depends, Request
from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException

from waybell.accounts import sent_forms
from waybell.db.database import Tx
from waybell.db.failures import ALREADY_THERE
from waybell.ground.errors import Invalid, WaybellError
from waybell.web.ui.form_drafts import to_keep
from waybell.web.ui.visit import Visit

_MAX_FIELDS = 2000
_FIELD = re.compile(r"([A-Z][A-Za-z]+(?:\[\d+\])?(?:\.[A-Z][A-Za-z]+)?(?: or [A-Z][A-Za-z]+)?): (.+)", re.DOTALL)


class Fields:
    """The fields of a form or of a query, as texts without blanks around them."""

    def __init__(self, pairs: Sequence[tuple[str, str]]) -> None:
        self._values: dict[str, list[str]] = {}
        self.pairs = list(pairs)
        for name, value in pairs:
            # PostgreSQL takes no NUL in a text, and no person types one.
            self._values.setdefault(name, []).append(value.replace("\0", "").strip())

    def text(self, name: str) -> str:
        return self._values.get(name, [""])[0]

    def all(self, name: str) -> list[str]:
        """Return the values with this name that are not empty: of check boxes, or of rows of inputs."""
        return [value for value in self._values.get(name, []) if value]

    def rows(self, name: str) -> list[str]:
        """Return the values of the inputs with this name in their order, including empty ones."""
        return self._values.get(name, [])

    def flag(self, name: str) -> bool:
        return bool(self.text(name))


async def _sent(request: Request) -> Fields:
    return Fields(await _pairs(request))


async def _pairs(request: Request) -> list[tuple[str, str]]:
    form = await request.form(max_files=0, max_fields=_MAX_FIELDS)
    return [(name, value) for name, value in form.multi_items() if not isinstance(value, UploadFile)]


async def typed_in(request: Request) -> list[tuple[str, str]]:
    """Return the fields of a form whose sender must sign in first; none for a form that cannot be carried along."""
    try:
        pairs = to_keep(await _pairs(request))
    except HTTPException:  # the body is a file, or no form
        return []
    return pairs if any(value for _, value in pairs) else []


Sent = Annotated[Fields, Depends(_sent)]


async def _sent_file(request: Request) -> bytes:
    async with request.form(max_files=1, max_fields=1) as form:
        file = next((value for value in form.values() if isinstance(value, UploadFile)), None)
        return await file.read() if file else b""


# The one file of a form; it is empty when none was chosen.
SentFile = Annotated[bytes, Depends(_sent_file)]


def _asked(request: Request) -> Fields:
    return Fields(request.query_params.multi_items())


Asked = Annotated[Fields, Depends(_asked)]


def faults(error: WaybellError) -> Mapping[str, str]:
    """Return the sentences of an error by the fields that it names, of which each line may name one.

    Sentences that name no field have the empty name.
    """
    found: dict[str, str] = {}
    for line in str(error).split("\n"):
        match = _FIELD.fullmatch(line)
        name, sentence = (match[1], match[2][0].upper() + match[2][1:]) if match else ("", line)
        found[name] = f"{found[name]} {sentence}" if name in found else sentence
    return found


def stamp(fields: Fields) -> str:
    """Return a digest of these values. A form that changes something carries it as the field `Seen`."""
    return hashlib.sha256(repr(sorted(fields.pairs)).encode()).hexdigest()[:32]


def check_unchanged(sent: Fields, stored: Fields) -> None:
    """Raise `Invalid` when the values have changed since the form was opened: no change is overwritten unseen."""
    if sent.text("Seen") not in ("", stamp(stored)):
        raise Invalid(
            "Somebody else, or another tab, has changed this since you opened the page. What you typed is still here: "
            "save once more to replace their change, or load the page anew to see it."
        )


def form_token() -> str:
    """Return a random token for a form that makes something; the form carries it as the field `form`."""
    return secrets.token_urlsafe(16)


def submit_once(visit: Visit, sent: Fields, make: Callable[[Tx], str]) -> str:
    """Make something once for each form, because a double click sends a form twice.

    `make` gets the transaction and returns the id of the new thing. Return that id, or the id from an earlier send.
    """
    token = sent.text("form") or form_token()
    try:
        with visit.change() as tx:
            made = sent_forms.made_by(tx, visit.account.id, token)
            if made is None:
                made = make(tx)
                sent_forms.note(tx, visit.account.id, token, made)
            return made
    except ALREADY_THERE:  # the other send has just made it
        with visit.read() as tx:
            first = sent_forms.made_by(tx, visit.account.id, token)
        if first is None:
            raise
        return first
