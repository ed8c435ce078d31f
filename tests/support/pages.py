"""Pages as people read them."""

import html
import re
from datetime import timedelta
from typing import Any

from fastapi import FastAPI
from fastapi.testclient import TestClient

from waybell.accounts import sessions
from waybell.app import App

URL = "https://waybell.example"
COOKIE = "__Host-waybell"


def signed_in(app: App, web: FastAPI, user_id: str) -> TestClient:
    """A client that has signed in as this user, and to which a fault of ours is an answer."""
    with app.database.transaction() as tx:
        token = sessions.begin(tx, user_id, timedelta(days=7))
    client = TestClient(web, base_url=URL, follow_redirects=False, raise_server_exceptions=False)
    client.cookies.set(COOKIE, token)
    return client


def text_of(answer: Any) -> str:
    """The text of a page, blanks run together."""
    assert answer.status_code == 200, answer.text
    text = re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", answer.text)))
    return re.sub(r" (?=[,.])", "", text)
