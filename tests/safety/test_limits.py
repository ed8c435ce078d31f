"""Limits of requests that the application has; those of a connection are tested in tests/web/test_protocol.py."""

import pytest

from safety.conftest import URL
from support.stories import run

PATHS = ["/api/Order", "/api/Order/Number/1/Photo", "/sign-in", "/in/x", "/settings/account/logo", "/orders"]


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("parts", [0, 1])
def test_a_caller_that_hangs_up_in_the_middle_of_a_body_is_no_error_of_ours(web, api, visitor, account, path, parts):
    """What the application raises the server would log, with a traceback, as often as somebody likes."""
    form = "multipart/form-data; boundary=x" if path.endswith("logo") else "application/x-www-form-urlencoded"
    kind = ("image/png" if path.endswith("Photo") else "application/json") if path.startswith("/api") else form
    headers = {
        "content-type": kind,
        "content-length": "1000",
        "x-api-key": api.headers["X-API-KEY"],
        "cookie": f"__Host-waybell={visitor(account).cookies['__Host-waybell']}",
    }
    scope = {
        "type": "http",
        "method": "POST",
        "path": path,
        "raw_path": path.encode(),
        "root_path": "",
        "query_string": b"",
        "scheme": "https",
        "server": (URL.removeprefix("https://"), 443),
        "client": ("192.0.2.1", 5000),
        "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
    }
    messages = [{"type": "http.request", "body": b"x", "more_body": True}] * parts
    sent = []

    async def receive():
        return messages.pop() if messages else {"type": "http.disconnect"}

    async def send(message):
        sent.append(message)

    run(lambda: web(scope, receive, send))
    assert sent[0]["status"] < 500


@pytest.mark.parametrize(
    "path", ["/api/Order", "/sign-in", "/in/x", "/settings/account/logo", "/api/Order/Bulk", "/order/bulk/"]
)
@pytest.mark.parametrize("told", [True, False])
def test_a_body_over_the_limit_is_refused(app, api, visitor, account, path, told):
    limit = app.settings.max_bulk_bytes if "bulk" in path.lower() else app.settings.max_body_bytes
    is_call = path.startswith(("/api", "/order"))
    client = api if is_call else visitor(account)
    large = b"x" * (limit + 1)
    form = "multipart/form-data; boundary=x" if path.endswith("logo") else "application/x-www-form-urlencoded"
    headers = {"Content-Type": "application/json" if is_call else form}
    content = large if told else iter([large[: limit // 2], large[limit // 2 :]])
    answer = client.post(path, content=content, headers=headers)
    assert answer.status_code == 413, answer.text
    assert str(limit) in answer.text
