"""From the pages to a receiver on this machine, by the commands that they show."""

import re
import shlex
from datetime import UTC, datetime
from html import unescape

import pytest

from support.program import Program, eventually, free_port
from ui.test_endpoints import WEBHOOKS, add, send
from waybell.web.ui.own_receiver import listen_command, may_listen_here
from waybell.webhooks.address import Policy


def test_who_has_no_receiver_is_told_of_the_inbox_and_of_listening_here(ui):
    text = ui.get(f"{WEBHOOKS}/new").text
    assert 'href="/inbox"' in text
    assert "waybell listen" in text
    url = re.search(r"Its URL is <code>([^<]+)</code>", text)[1]
    assert "What it is told</h2>" in send(ui, {"Url": url}).text


def test_listening_here_is_not_offered_where_it_would_be_refused():
    assert not may_listen_here(Policy())
    assert not may_listen_here(Policy(allow_http=True))


@pytest.fixture
def revealed(ui):
    """Adds an endpoint at a free port of this machine; answers its page and its settings with the secret."""
    url = f"http://127.0.0.1:{free_port()}/hooks"
    path = f"{WEBHOOKS}/{add(ui, url)}"
    return path, ui.post(f"{path}/secret").text


@pytest.fixture
def today(clock):
    """Set the clock before anybody signs in: receivers refuse what was signed long ago."""
    clock.move_to(datetime.now(UTC))


@pytest.mark.usefixtures("today")
def test_the_command_beside_the_secret_receives_and_verifies_a_test(ui, revealed, tmp_path):
    path, text = revealed
    command = shlex.split(unescape(re.search(r"<code>(\S+ waybell listen [^<]+)</code>", text)[1]))
    name, _, secret = command[0].partition("=")
    assert not [part for part in command[1:] if "whsec_" in part]  # or all users of the machine would see it
    listening = Program(tmp_path, *command[2:], environment={name: secret})
    try:
        eventually(lambda: "Listening" in listening.logged)
        assert "Taken: answered 200" in ui.post(f"{path}/test", data={"EventType": "OrderCreated"}).text
        eventually(lambda: "signature good" in listening.printed)
    finally:
        listening.end()


@pytest.mark.parametrize("url", ["https://example.com/", "http://10.1.2.3/", "https://127.0.0.1/"])
def test_no_command_is_shown_for_a_receiver_elsewhere(url):
    assert listen_command(url, "whsec_x") is None


def test_the_port_of_plain_http_is_80():
    assert listen_command("http://localhost/x", "whsec_x") == "WAYBELL_LISTEN_SECRET=whsec_x waybell listen --port 80"
