"""From a template and facts to a page: the Jinja environment, its filters, and what every page is told."""

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
from waybell.web.ui.state_words import of_order, shown
from waybell.web.ui.visit import Visit
from waybell.webhooks.causes import in_a_word, why_down
from waybell.webhooks.endpoints import down

STATIC = files("waybell.web.ui") / "static"
_THEMES = ("light", "dark")
_NOTICE_COOKIE = "waybell-notice"
_NOTICE_SECONDS = 60
_KILO = 1024


def page(visit: Visit, template: str, status: int = 200, **facts: Any) -> HTMLResponse:
    """A page for somebody who signed in. `nav` names the entry of the menu that it belongs to."""
    sealed = visit.request.query_params.get("draft", "")
    draft = opened(visit.means.vault, sealed) if sealed else None
    with visit.read() as tx:
        about = {"visit": visit, "now": tx.now, "draft": draft, "down": down.list_down(tx, visit.account.id)}
    return _answer(visit.request, template, status, {**about, **facts})


def plain_page(request: Request, template: str, status: int = 200, **facts: Any) -> HTMLResponse:
    """A page for anybody."""
    return _answer(request, template, status, {"visit": None, **facts})


def _answer(request: Request, template: str, status: int, facts: Mapping[str, Any]) -> HTMLResponse:
    theme = request.cookies.get("waybell-theme")
    is_live = "hx-request" in request.headers  # it renders a part anew, and would swallow the notice
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
    """What `go_to` wrote; None for all else, as anybody can send anything."""
    try:
        notice = json.loads(unquote(cookie or ""))
    except (ValueError, RecursionError):
        return None
    match notice:
        case {"text": str(), "failed": bool(), **more} if not more:
            return dict(notice)
    return None


def go_to(path: str, notice: str = "", *, failed: bool = False) -> RedirectResponse:
    """After a form: to the page that shows what came of it, with a line that says it."""
    answer = RedirectResponse(path, 303)
    if notice:
        text = quote(json.dumps({"text": notice, "failed": failed}))
        answer.set_cookie(_NOTICE_COOKIE, text, max_age=_NOTICE_SECONDS, httponly=True, samesite="lax")
    return answer


@cache
def static(name: str) -> str:
    """The URL of a file of ours, which changes with its content: browsers may keep it for good."""
    digest = hashlib.sha256((STATIC / name).read_bytes()).hexdigest()[:12]
    return f"/static/{name}?v={digest}"


def icon(name: str, label: str = "") -> Markup:
    """An icon of the sprite; with a label it speaks for itself, without one it is an ornament."""
    told = Markup(' role="img" aria-label="{}"').format(label) if label else Markup(' aria-hidden="true"')
    return Markup('<svg class="icon"{}><use href="{}#{}"></use></svg>').format(
        told, static("vendor/tabler-icons-3.51.0/icons.svg"), name
    )


@pass_context
def moment(context: Context, instant: datetime | None, form: str = "full") -> str | Markup:
    """A time in the account's zone, with its zone beside it: `full`, `time` (of the day), or `ago`.

    UTC and how long ago it is show on hover. None is a dash.
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
    """`3 s ago`, `in 5 min`: the two largest words would be one too many."""
    seconds = (now - instant).total_seconds()
    amount = abs(seconds)
    for unit, size in (("d", 86400), ("h", 3600), ("min", 60), ("s", 1)):
        if amount >= size:
            text = f"{amount // size:.0f} {unit}"
            return f"{text} ago" if seconds > 0 else f"in {text}"
    return "now"


@pass_context
def called(context: Context, event_type: str) -> str:
    """What an event type is called outside."""
    name: str = context["visit"].means.naming.outside(event_type)
    return name


def milliseconds(value: float | None) -> str:
    """A duration in milliseconds as people read it: `4.1 ms`, `320 ms`, `15.0 s`."""
    if value is None:
        return "\N{EN DASH}"
    if value < 10:  # noqa: PLR2004 - one digit before the point
        return f"{value:.1f} ms"
    return f"{value:.0f} ms" if value < 1000 else f"{value / 1000:.1f} s"  # noqa: PLR2004


def size(count: int) -> str:
    """A number of bytes as people read it."""
    return f"{count} B" if count < _KILO else f"{count / _KILO:.1f} KB"


def pretty(body: bytes | str | None) -> str:
    """A body as text: JSON laid out, all else as it came; what is not text shows as replacement characters."""
    if body is None:
        return ""
    text = body.decode("utf-8", "replace") if isinstance(body, bytes) else body
    try:
        return json.dumps(json.loads(text), indent=2, ensure_ascii=False)
    except (ValueError, RecursionError):
        return text


def words(text: str) -> Markup:
    """A text whose code stands between backticks, as in docstrings."""
    parts = [
        Markup("<code>{}</code>").format(part) if at % 2 else escape(part) for at, part in enumerate(text.split("`"))
    ]
    return Markup("").join(parts)


def with_query(request: Request, **changes: Any) -> str:
    """The URL of this page with other parameters; None takes one away."""
    pairs = [(name, value) for name, value in request.query_params.multi_items() if name not in changes]
    pairs += [(name, value) for name, value in changes.items() if value is not None]
    query = urlencode(pairs)
    return request.url.path + (f"?{query}" if query else "")


def here(request: Request) -> str:
    """The path and query of this page."""
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
    """At the start, a quarter of a second: or the first who opens a page would wait for it."""
    for name in templates.list_templates(extensions=["html"]):
        templates.get_template(name)


templates.globals.update(
    static=static,
    icon=icon,
    exchange=exchange,
    version=__version__,
    with_query=with_query,
    here=here,
    form_token=form_token,
)
templates.filters.update(
    called=called,
    in_a_word=in_a_word,
    moment=moment,
    ms=milliseconds,
    order_state=of_order,
    pretty=pretty,
    shown_state=shown,
    size=size,
    why_down=why_down,
    words=words,
)
