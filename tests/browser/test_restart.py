"""In a real browser: a page that is open while the server restarts goes on by itself."""

import signal

import pytest
from playwright.sync_api import expect

from support.endpoints import publish
from support.program import Program, eventually, free_port


@pytest.fixture
def web(server, tmp_path):
    """A web process of its own on the installation; called, it starts again on the same port."""
    port = str(free_port())
    running = []

    def start():
        # It would have so much time to stop that the test does not pass if the open page holds it up.
        program = Program(tmp_path, "web", **server.settings | {"PORT": port, "DRAIN_TIMEOUT": "100s"})
        running.append(program)
        eventually(lambda: program.status("/healthz") == 200)
        return program

    start.url = f"http://127.0.0.1:{port}"  # type: ignore[attr-defined]
    yield start
    for program in running:
        program.end()


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL], ids=["stopped", "killed"])
def test_the_live_list_goes_on_after_the_server_was(how, me, server, receiver, add_endpoint, web):
    path = add_endpoint(receiver.url).removeprefix(server.url)
    program = web()
    page = me.open("viewer", web.url + path)
    page.evaluate("window.stillTheSamePage = true")
    publish(server.app.database, me.account, "order:before")
    expect(page.get_by_text("order:before")).to_be_visible()
    program.stop(how)
    publish(server.app.database, me.account, "order:meanwhile")
    receiver.wait_for(2)
    web()
    expect(page.get_by_text("order:meanwhile")).to_be_visible()
    publish(server.app.database, me.account, "order:after")
    expect(page.get_by_text("order:after")).to_be_visible()
    assert page.evaluate("window.stillTheSamePage")
