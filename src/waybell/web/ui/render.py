"""Rendering of pages from templates and facts: the Jinja environment, its filters, and the facts of each page."""

import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache
from importlib.resources import files
from typing import Any
from urllib.parse import quote, unquote, urlencode

from fastapi import Request
from fastapi.responses import HTMLResponse, RedirectResponse
from jinja2 import Environment, PackageLoader, StrictUndefined, pass_context
from jinja2.runtime import Context
from markupsafe import Markup, escape
from starlette.datastructures import URL

from waybell import __version__
from waybell.web.ui.attempt_words import exchange
from waybell.web.ui.form_drafts import opened
from waybell.web.ui.forms import form_token
from waybell.web.ui.state_words import shown, shown_order
from waybell.web.ui.visit import Visit
from waybell.webhooks.endpoints import down_endpoints
from waybell.webhooks.history.causes import in_a_word, why_down

STATIC = files("waybell.web.ui") / "static"
_THEMES = ("light", "dark")
_NOTICE_COOKIE = "waybell-notice"
_NOTICE_SECONDS = 60
_KILO = 1024


def page(visit: Visit, template: str, status: int = 200, **facts: Any) -> HTMLResponse:
    """Return a page for a signed-in user. `nav` names its entry in the menu."""
    sealed = visit.request.query_params.get("draft", "")
    draft = opened(visit.tools.vault, sealed) if sealed else None
    with visit.read() as tx:
        down = [] if visit.is_limited else down_endpoints.list_down(tx, visit.account.id)
        about = {"visit": visit, "now": tx.now, "draft": draft, "down": down}
    if visit.is_limited and not str(facts.get("live")).startswith("import/"):
        facts["live"] = None  # its stream would tell of changes in the whole account
    return _answer(visit.request, template, status, {**about, **facts})


def plain_page(request: Request, template: str, status: int = 200, **facts: Any) -> HTMLResponse:
    """Return a page that needs no sign-in."""
    return _answer(request, template, status, {"visit": None, **facts})


def _answer(request: Request, template: str, status: int, facts: Mapping[str, Any]) -> HTMLResponse:
    theme = request.cookies.get("waybell-theme")
    is_live = (
        "hx-request" in request.headers
    )  # such a request fetches a part of an open page, and would use up the notice
    notice = None if is_live else request.cookies.get(_NOTICE_COOKIE)
    context = {
        "request": request,
        "theme": theme if theme in _THEMES else None,
        "notice": _read_notice(notice),
        **facts,
    }
    answer = HTMLResponse(templates.get_template(template).render(context), status)
    if notice is not None:
        answer.delete_cookie(_NOTICE_COOKIE)
    return answer


def _read_notice(cookie: str | None) -> dict[str, Any] | None:
    """Return the notice that `go_to` wrote; None for any other value, as a client can send anything."""
    try:
        notice = json.loads(unquote(cookie or ""))
    except (ValueError, RecursionError):
        return None
    match notice:
        case {"text": str(), "failed": bool(), **more} if not more:
            return dict(notice)
    return None


def go_to(path: str, notice: str = "", *, failed: bool = False) -> RedirectResponse:
    """Redirect after a form to the page that shows its result, with a notice in a line."""
    answer = RedirectResponse(path, 303)
    if notice:
        text = quote(json.dumps({"text": notice, "failed": failed}))
        answer.set_cookie(_NOTICE_COOKIE, text, max_age=_NOTICE_SECONDS, httponly=True, samesite="lax")
    return answer


@cache
def static(name: str) -> str:
    """Return the URL of a static file. It changes with the content, so browsers may keep the file forever."""
    digest = hashlib.sha256((STATIC / name).read_bytes()).hexdigest()[:12]
    return f"/static/{name}?v={digest}"


@cache
def modules(folder: str) -> list[str]:
    """Return the URLs of a folder's modules, `main.js` first. They change with the content of any of them.

    Modules import each other by relative names, in which no query can stand, so the digest is a part of the path.
    """
    names = sorted(file.name for file in (STATIC / folder).iterdir() if file.name.endswith(".js"))
    names.sort(key=lambda name: name != "main.js")
    digest = hashlib.sha256(b"".join((STATIC / folder / name).read_bytes() for name in names)).hexdigest()[:12]
    return [f"/static/{folder}@{digest}/{name}" for name in names]


def icon(name: str, label: str = "") -> Markup:
    """Return an icon of the sprite. A label makes it readable to screen readers; without one it is an ornament."""
    attributes = Markup(' role="img" aria-label="{}"').format(label) if label else Markup(' aria-hidden="true"')
    return Markup('<svg class="icon"{}><use href="{}#{}"></use></svg>').format(
        attributes, static("vendor/tabler-icons-3.51.0/icons.svg"), name
    )


@pass_context
def moment(context: Context, instant: datetime | None, form: str = "full") -> str | Markup:
    """Return a time in the zone of the account, in one of the forms `full`, `time` (of the day) and `ago`.

    Hovering shows UTC and the age. None becomes a dash.
    """
    if instant is None:
        return Markup('<span class="text-secondary">&ndash;</span>')
    zone = context["visit"].account.zone
    local = instant.astimezone(zone)
    today = local.date() == context["now"].astimezone(zone).date()
    text = {
        "full": f"{local:%H:%M:%S %Z}" if today else f"{local.day} {local:%b %H:%M:%S %Z}",
        "minute": f"{local:%H:%M %Z}" if today else f"{local.day} {local:%b %H:%M %Z}",
        "date": f"{local.day} {local:%b %Y}",
        "ago": ago(instant, context["now"]),
    }[form]
    absolute = f"{local:%Y-%m-%d %H:%M:%S.%f} {local:%Z} · {instant.astimezone(UTC):%H:%M:%S} UTC"
    kind = Markup(" data-ago") if form == "ago" else ""
    return Markup('<time datetime="{}" title="{}"{}>{}</time>').format(
        instant.astimezone(UTC).isoformat(), absolute, kind, text
    )


def ago(instant: datetime, now: datetime) -> str:
    """Return the distance in its largest unit only: `3 s ago`, `in 5 min`."""
    seconds = (now - instant).total_seconds()
    amount = abs(seconds)
    for unit, size in (("d", 86400), ("h", 3600), ("min", 60), ("s", 1)):
        if amount >= size:
            text = f"{amount // size:.0f} {unit}"
            return f"{text} ago" if seconds > 0 else f"in {text}"
    return "now"


def milliseconds(value: float | None) -> str:
    """Return a duration in milliseconds in words: `4.1 ms`, `320 ms`, `15.0 s`."""
    if value is None:
        return "\N{EN DASH}"
    if value < 10:  # noqa: PLR2004 - one digit before the point
        return f"{value:.1f} ms"
    return f"{value:.0f} ms" if value < 1000 else f"{value / 1000:.1f} s"  # noqa: PLR2004


def size(count: int) -> str:
    """Return a number of bytes in words."""
    return f"{count} B" if count < _KILO else f"{count / _KILO:.1f} KB"


def pretty(body: bytes | str | None) -> str:
    """Return a body as text: JSON is indented, other text stays, and other bytes become replacement characters."""
    if body is None:
        return ""
    text = body.decode("utf-8", "replace") if isinstance(body, bytes) else body
    try:
        return json.dumps(json.loads(text), indent=2, ensure_ascii=False)
    except (ValueError, RecursionError):
        return text


def words(text: str) -> Markup:
    """Return a text as HTML, in which words between backticks are code."""
    parts = [
        Markup("<code>{}</code>").format(part) if at % 2 else escape(part) for at, part in enumerate(text.split("`"))
    ]
    return Markup("").join(parts)


def with_query(request: Request, **changes: Any) -> str:
    """Return the URL of this page with changed parameters; None removes one."""
    pairs = [(name, value) for name, value in request.query_params.multi_items() if name not in changes]
    pairs += [(name, value) for name, value in changes.items() if value is not None]
    query = urlencode(pairs)
    return request.url.path + (f"?{query}" if query else "")


def here(request: Request) -> str:
    """Return the path and query of this page."""
    url: URL = request.url
    return url.path + (f"?{url.query}" if url.query else "")


templates = Environment(
    loader=PackageLoader("waybell.web.ui"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


def compile_templates() -> None:
    """Compile all templates at the start. It takes a quarter of a second, which the first visitor would wait for."""
    for name in templates.list_templates(extensions=["html"]):
        templates.get_template(name)


templates.globals.update(
    static=static,
    modules=modules,
    icon=icon,
    exchange=exchange,
    version=__version__,
    with_query=with_query,
    here=here,
    form_token=form_token,
)
templates.filters.update(
    in_a_word=in_a_word,
    moment=moment,
    ms=milliseconds,
    order_state=shown_order,
    pretty=pretty,
    shown_state=shown,
    size=size,
    why_down=why_down,
    words=words,
)
