"""The page with code that verifies signatures, ready to paste, for the schemes and headers of this endpoint."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import Response

from waybell.web.ui.endpoint_frame import WEBHOOKS, endpoint_facts
from waybell.web.ui.render import page
from waybell.web.ui.visit import Viewer
from waybell.webhooks.endpoints import secrets
from waybell.webhooks.endpoints.settings import EndpointSettings

router = APIRouter()

# The programs are files in a folder for each scheme: `v1`, `v1a`, or `hex` for the header with a plain HMAC. A program
# reads WEBHOOK_SECRET (v1a: WEBHOOK_PUBLIC_KEY), takes the headers as arguments, and reads the body from its input.
_FOLDER = files("waybell.web.ui") / "snippets"
_HEX_HEADER = "HEX_HEADER"  # the texts have this in place of the name that the endpoint gives the header


@dataclass(frozen=True, slots=True)
class Language:
    name: str
    file: str
    package: str | None = None  # the file that uses the official package
    means: str = ""  # what the code uses otherwise; empty when it uses the language alone
    lacks: str = ""  # the scheme that the language cannot verify by itself


LANGUAGES = {
    "python": Language("Python", "verify.py.txt", "package.py.txt"),
    "node": Language("Node", "verify.mjs", "package.mjs"),
    "php": Language("PHP", "verify.php"),
    "csharp": Language("C#", "Verify.cs", lacks="v1a"),
    "go": Language("Go", "verify.go"),
    "java": Language("Java", "Verify.java"),
    "terminal": Language("Terminal", "verify.sh", means="openssl"),
}


@dataclass(frozen=True, slots=True)
class Snippet:
    title: str
    text: str | None  # None when the language has no code for it


@router.get(WEBHOOKS + "/{endpoint_id}/verify")
def show(visit: Viewer, endpoint_id: str, language: Annotated[str, Query()] = "python") -> Response:
    with visit.read() as tx:
        endpoint = endpoint_facts(tx, visit, endpoint_id)
        in_force = secrets.secrets_in_force(tx, visit.tools, endpoint_id) if "v1a" in endpoint.settings.schemes else []
    return page(
        visit,
        "endpoint/verify.html",
        endpoint=endpoint,
        tab="verify",
        languages=LANGUAGES,
        chosen=language if language in LANGUAGES else "python",
        snippets={slug: list(snippets(one, endpoint.settings)) for slug, one in LANGUAGES.items()},
        public_keys=[one.public_key for one in in_force if one.public_key],  # a public key need not be hidden
    )


def snippets(language: Language, settings: EndpointSettings) -> Iterator[Snippet]:
    """Yield the code for a receiver of this endpoint in a language: one for each scheme, the recommended first."""
    if "v1" in settings.schemes:
        if language.package:
            yield Snippet("With the official package", _text("v1", language.package))
        yield Snippet(f"With {language.means or f'{language.name} alone'}", _text("v1", language.file))
    if "v1a" in settings.schemes:
        text = None if language.lacks == "v1a" else _text("v1a", language.file)
        yield Snippet("v1a, with the public key", text)
    if settings.hex_header:
        text = _text("hex", language.file).replace(_HEX_HEADER, settings.hex_header)
        yield Snippet(f"Only the header {settings.hex_header}", text)


@cache
def _text(way: str, file: str) -> str:
    return (_FOLDER / way / file).read_text("utf-8").rstrip()
