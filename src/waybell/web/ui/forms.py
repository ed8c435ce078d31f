"""What a form sent, and what is wrong with it, field by field.

The fields of a form carry the names of the API's members, because that is how our errors name them.
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
_FIELD = re.compile(r"([A-Z][A-Za-z]+(?: or [A-Z][A-Za-z]+)?): (.+)", re.DOTALL)


class Fields:
    """The fields of a form or of a query, as texts without blanks around them."""

    def __init__(self, pairs: Sequence[tuple[str, str]]) -> None:
        self._values: dict[str, list[str]] = {}
        self.pairs = list(pairs)
        for name, value in pairs:
            # PostgreSQL takes no NUL in a text, and nobody types one.
            self._values.setdefault(name, []).append(value.replace("\0", "").strip())

    def text(self, name: str) -> str:
        return self._values.get(name, [""])[0]

    def all(self, name: str) -> list[str]:
        """All that is not empty: of check boxes, or of rows of inputs with one name."""
        return [value for value in self._values.get(name, []) if value]

    def rows(self, name: str) -> list[str]:
        """The values of inputs with one name in their order, empty ones too."""
        return self._values.get(name, [])

    def flag(self, name: str) -> bool:
        return bool(self.text(name))


async def _sent(request: Request) -> Fields:
    return Fields(await _pairs(request))


async def _pairs(request: Request) -> list[tuple[str, str]]:
    form = await request.form(max_files=0, max_fields=_MAX_FIELDS)
    return [(name, value) for name, value in form.multi_items() if not isinstance(value, UploadFile)]


async def typed_in(request: Request) -> list[tuple[str, str]]:
    """Return the fields of a form whose sender has to sign in first; none for a form that can only be sent anew."""
    try:
        pairs = to_keep(await _pairs(request))
    except HTTPException:  # a file, or no form at all
        return []
    return pairs if any(value for _, value in pairs) else []


Sent = Annotated[Fields, Depends(_sent)]


async def _sent_file(request: Request) -> bytes:
    async with request.form(max_files=1, max_fields=1) as form:
        file = next((value for value in form.values() if isinstance(value, UploadFile)), None)
        return await file.read() if file else b""


# The one file of a form; no bytes when none was chosen.
SentFile = Annotated[bytes, Depends(_sent_file)]


def _asked(request: Request) -> Fields:
    return Fields(request.query_params.multi_items())


Asked = Annotated[Fields, Depends(_asked)]


def faults(error: WaybellError) -> Mapping[str, str]:
    """The fields that an error names, with what is wrong there; what names no field stands under the empty name."""
    match = _FIELD.fullmatch(str(error))
    return {match[1]: match[2][0].upper() + match[2][1:]} if match else {"": str(error)}


def stamp(fields: Fields) -> str:
    """Return what tells these values from others. A form that changes something carries it as the field `Seen`."""
    return hashlib.sha256(repr(sorted(fields.pairs)).encode()).hexdigest()[:32]


def check_unchanged(sent: Fields, stored: Fields) -> None:
    """Raise `Invalid` when what the form shows was changed since it was opened: nobody overwrites that unseen."""
    if sent.text("Seen") not in ("", stamp(stored)):
        raise Invalid(
            "Somebody else, or another tab, has changed this since you opened the page. What you typed is still here: "
            "save once more to replace their change, or load the page anew to see it."
        )


def form_token() -> str:
    """Goes into each form that makes something, as the field `form`."""
    return secrets.token_urlsafe(16)


def once(visit: Visit, sent: Fields, make: Callable[[Tx], str]) -> str:
    """Return what the form has made: by `make` now, or when it was sent before. A double click sends it twice.

    `make` gets the transaction and returns the id of the thing that it made.
    """
    token = sent.text("form") or form_token()
    try:
        with visit.change() as tx:
            made = sent_forms.made_by(tx, visit.account.id, token)
            if made is None:
                made = make(tx)
                sent_forms.note(tx, visit.account.id, token, made)
            return made
    except ALREADY_THERE:  # the other of the two was there at the same moment
        with visit.read() as tx:
            first = sent_forms.made_by(tx, visit.account.id, token)
        if first is None:
            raise
        return first
