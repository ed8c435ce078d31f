"""A real Chromium, and somebody who signs in with it."""

import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

# The one without windows comes first: it opens a session and a page for a fifth of the time.
_NAMES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
_QUIET = [
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-gpu",
    "--disable-quic",
    "--disable-sync",
    "--no-first-run",
    "--no-sandbox",  # tests may run as root, and see only pages of our own
]
AXE = Path(__file__).parent.parent / "browser/vendor/axe-core-4.14.1/axe.min.js"


@contextmanager
def chromium() -> Iterator[Browser]:
    """The Chromium of this machine, for as long as the block lasts."""
    found = next(filter(None, map(shutil.which, _NAMES)), None)
    assert found, f"The browser tests need one of {', '.join(_NAMES)}. On Debian: apt-get install chromium"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=_QUIET)
        yield browser
        browser.close()


def sign_in(page: Page, url: str, email: str, password: str) -> None:
    page.goto(f"{url}/sign-in")
    page.get_by_label("E-mail").fill(email)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(lambda where: "/sign-in" not in where)


@dataclass(frozen=True)
class Form:
    """A form that a page lets one post, and what it would send."""

    on: str
    action: str
    body: str


@dataclass(frozen=True)
class Seen:
    path: str
    status: int
    text: str  # of the HTML
    forms: list[Form]
    links: list[str]  # to pages of ours


def look_at(page: Page, paths: Iterable[str]) -> list[Seen]:
    """What these pages show to who is signed in, hidden dialogs too. They are read and taken apart, not gone to."""
    found = page.evaluate(_LOOK, list(paths))
    return [
        Seen(one["path"], one["status"], one["text"], [Form(**f) for f in one["forms"]], one["links"]) for one in found
    ]


_LOOK = """paths => Promise.all(paths.map(async path => {
  const answer = await fetch(path);
  const text = await answer.text();
  const page = new DOMParser().parseFromString(text, "text/html");
  const canBeSent = form => form.querySelector("button:not([type=button]):not(:disabled)") !== null;
  return {
    path, text, status: answer.status,
    forms: [...page.querySelectorAll("form[method=post]")].filter(canBeSent).map(form => ({
      on: path, action: form.getAttribute("action"), body: new URLSearchParams(new FormData(form)).toString()
    })),
    links: [...page.querySelectorAll("a[href^='/']")].map(link => link.getAttribute("href").split("#")[0]),
  };
}))"""


def post(page: Page, action: str, body: str = "") -> int:
    """The status that a form gets which is posted from a page of ours; 0 when it was taken and leads elsewhere."""
    status: int = page.evaluate(_POST, [action, body])
    return status


_POST = """async ([action, body]) => (await fetch(action, {
  method: "POST", body, redirect: "manual", headers: {"Content-Type": "application/x-www-form-urlencoded"}
})).status"""


def axe_violations(page: Page) -> list[str]:
    """What axe-core finds wrong with the page as it is now (WCAG 2.2 AA), a line for each."""
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found = page.evaluate(
        'async () => (await axe.run({runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]})).violations'
    )
    return [
        f"{one['id']}: {one['help']}: " + "; ".join(node["html"][:200] for node in one["nodes"][:3]) for one in found
    ]
