"""Drafts: the fields of a form, encrypted into a URL, so that they survive redirects, Back and a sign-in."""

import json
import zlib
from base64 import b64decode, b64encode
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urlencode

from waybell.ground.errors import SetupError
from waybell.vault import Vault

_LONGEST = 7000  # characters: common proxies take URLs of up to 8 KiB


@dataclass(frozen=True, slots=True)
class Draft:
    pairs: list[tuple[str, str]]  # names and values of fields
    action: str = ""  # the path to which the form is sent, if the browser fills it in


def to_keep(pairs: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """Return the fields that a draft may hold: all but passwords, and the token, which belongs to one form."""
    return [(name, value) for name, value in pairs if name != "form" and "password" not in name.lower()]


def path_with(vault: Vault, path: str, draft: Draft) -> str | None:
    """Return `path` with the draft in its query; None when that is too long for a URL."""
    packed = zlib.compress(json.dumps([draft.action, to_keep(draft.pairs)]).encode(), 9)
    sealed = vault.seal(b64encode(packed).decode())
    query = urlencode({"draft": sealed})
    return f"{path}{'&' if '?' in path else '?'}{query}" if len(sealed) <= _LONGEST else None


def opened(vault: Vault, sealed: str) -> Draft | None:
    """Return the decrypted draft; None when this installation did not make it."""
    try:
        action, pairs = json.loads(zlib.decompress(b64decode(vault.open(sealed))))
    except (SetupError, ValueError, zlib.error):
        return None
    return Draft([(name, value) for name, value in pairs], action)
