"""Keys and secrets are shown where that is promised, and are found nowhere else: not in what was printed or logged, not
on a page, not in an answer, not in the database or beside it.

Real programs live through a story in which each kind of secret is used and things go wrong; then everything that they
left behind is searched.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
from sqlalchemy import make_url, text

from support.program import Program, eventually, free_port, run
from support.receiver import Receiver
from support.stored import all_rows
from waybell.db.database import Database
from waybell.web.ui.app import PAGES

# An inbox is found by its URL, which is an endpoint's: whoever may see the endpoint may see it.
WHERE_INBOXES_ARE_TOLD = {("inboxes", "token"), ("endpoints", "url"), ("audit_entries", "detail")}


class Story:
    """What happens, the secrets that come up on the way, and all that could be seen of it."""

    def __init__(self, folder: Path, database_url: str, receiver: Receiver) -> None:
        self.folder = folder
        self.secrets: dict[str, str] = {}
        self.seen: list[tuple[str, str]] = []  # where, and what stood there
        url = make_url(database_url)
        if url.get_backend_name() == "postgresql":
            url = url.set(password=self.note("database password", "Pa55-of-the-database"))
        self.settings: dict[str, Any] = {
            "DATABASE_URL": url.render_as_string(hide_password=False),
            "DATA_DIR": str(folder / "data"),
            "PORT": str(free_port()),
            "ALLOW_HTTP_ENDPOINTS": "true",
            "ALLOWED_NETWORKS": "127.0.0.0/8",
        }
        self.server = Program(folder, "serve", terminal=True, **self.settings)
        self.url = f"http://127.0.0.1:{self.server.port}"
        eventually(lambda: self.server.status("/readyz") == 200)
        self.receiver = receiver
        self.database = Database(self.settings["DATABASE_URL"])

    def note(self, what: str, value: str) -> str:
        self.secrets[what] = value
        return value

    def command(self, *arguments: str, stdin: str = "", reveals: bool = False, **settings: str) -> str:
        done = run(self.folder, *arguments, stdin=stdin, **{**self.settings, **settings})
        if not reveals:
            self.seen.append((f"waybell {' '.join(arguments)}", done.stdout))
        self.seen.append((f"waybell {' '.join(arguments)}, stderr", done.stderr))
        return done.stdout

    def ask(self, client: httpx2.Client, method: str, path: str, *, reveals: bool = False, **sent) -> httpx2.Response:
        answer = client.request(method, self.url + path, **sent)
        if not reveals:
            self.seen.append((f"{method} {path}", answer.text))
        return answer

    def end(self) -> None:
        self.server.end()
        self.database.close()


@pytest.fixture
def story(tmp_path: Path, database_url: str, receiver: Receiver) -> Iterator[Story]:
    story = Story(tmp_path, database_url, receiver)
    yield story
    story.end()


def test_secrets_are_found_only_where_they_were_to_be_shown(story: Story):
    first_start(story)
    in_the_terminal(story)
    with httpx2.Client() as api, httpx2.Client() as browser:
        by_the_api(story, api)
        on_the_pages(story, api, browser)
        things_go_wrong(story, api, browser)
        see_everything(story, api, browser)
    assert len(story.secrets) >= 20
    assert len(story.seen) > 130
    # Who looks for nothing finds nothing.
    assert all(len(value) >= 9 for value in story.secrets.values())
    assert not list(leaks(story))


def first_start(story: Story) -> None:
    printed = story.server.printed
    for what, pattern in (
        ("first password", r"Password +(\S+)"),
        ("first key", r"API key +(\S+)"),
        ("first link", r"token=(\S+)"),
    ):
        story.note(what, re.search(pattern, printed)[1])
    story.note("secret key", (story.folder / "data/secret.key").read_text().split()[0])


def in_the_terminal(story: Story) -> None:
    chosen = story.note("chosen password", "a Passw0rd of mine")
    story.command("user", "create", "dana@example.com", "--role", "admin", stdin=f"{chosen}\n")
    made = story.command("user", "create", "erik@example.com", "--generate", reveals=True)
    story.note("made password", made.split()[-1])
    link = story.command("user", "link", "dana@example.com", reveals=True)
    story.note("sign-in link", link.strip().partition("token=")[2])
    made = story.command("key", "create", "erp", reveals=True)
    story.note("key of the terminal", made.split()[-1])
    kinds = [part for kind in ("orders", "keys", "webhooks") for part in ("--kind", kind)]
    made = story.command("key", "create", "boss", *kinds, reveals=True)
    story.note("key that manages keys", made.split()[-1])
    for command in ("user list", "key list", "account list", "config show", "doctor"):
        story.command(*command.split())
    story.command("secret-key", "rotate", "--one-machine")
    story.note("new secret key", (story.folder / "data/secret.key").read_text().split()[0])


def by_the_api(story: Story, api: httpx2.Client) -> None:
    api.headers["X-API-KEY"] = story.secrets["key that manages keys"]
    made = story.ask(api, "POST", "/api/Key", json={"Name": "another", "Kinds": ["Orders"]}, reveals=True)
    story.note("key of the API", made.json()["Key"])
    api.headers["X-API-KEY"] = story.secrets["key of the terminal"]
    token = story.note("token in a header", "Bearer Tok3n-of-the-receiver")
    wanted = {"Url": story.receiver.url, "Headers": {"Authorization": token}, "Schemes": ["v1", "v1a"]}
    endpoint_id = story.ask(api, "POST", "/api/Webhook", json=wanted).json()["Id"]
    story.ask(api, "PUT", f"/api/Webhook/{endpoint_id}", json={"Headers": {"Authorization": None, "X-More": "x"}})
    secret = f"/api/Webhook/{endpoint_id}/Secret"
    for when in ("first", "new"):
        for one in story.ask(api, "GET", secret, reveals=True).json()["Items"]:
            story.note(f"{when} signing secret {one['Scheme']} {len(story.secrets)}", one["Secret"])
        story.ask(api, "POST", secret, json={}, reveals=True)
    story.ask(api, "POST", f"/api/Webhook/{endpoint_id}/Test", json={"EventType": "OrderCreated"})
    driver = story.note("password of a driver", "drive me home 17")
    story.ask(api, "POST", "/api/Driver", json={"Name": "D", "Username": "driver1", "Password": driver})
    for number in ("1", "2"):
        story.ask(api, "POST", "/api/Order", json={"Number": number, "Client": "C", "Address": "A"})
    received = story.receiver.wait_for(3)
    assert received[0].headers["authorization"] == token


def on_the_pages(story: Story, api: httpx2.Client, browser: httpx2.Client) -> None:
    wrong = story.note("mistyped password", "a Passw0rd of mihe")
    story.ask(browser, "POST", "/sign-in", data={"Email": "dana@example.com", "Password": wrong})
    right = {"Email": "dana@example.com", "Password": story.secrets["chosen password"]}
    assert story.ask(browser, "POST", "/sign-in", data=right).status_code == 303
    story.note("session", next(iter(browser.cookies.values())))
    made = story.ask(browser, "POST", "/settings/web-api/keys", data={"Name": "page", "form": "f1"}, reveals=True)
    story.note("key of the page", re.search(r"wb_[\w-]{43}", made.text)[0])
    new = {"Name": "Fia", "Email": "fia@example.com", "Role": "viewer", "form": "f2"}
    made = story.ask(browser, "POST", "/settings/users", data=new, reveals=True)
    story.note("password shown on a page", re.search(r"<code>([\w-]{16})</code>", made.text)[1])
    chosen = story.note("newly chosen password", "an0ther Passw0rd of mine")
    changed = {"OldPassword": story.secrets["chosen password"], "Password": chosen}
    assert story.ask(browser, "POST", "/settings/account/password", data=changed).status_code == 303
    short = story.note("a password too short", "t00Short.")
    story.ask(browser, "POST", "/settings/account/password", data={"OldPassword": chosen, "Password": short})
    story.ask(browser, "POST", "/inbox/start")
    with story.database.reading() as tx:
        story.note("token of the inbox", tx.execute(text("SELECT token FROM inboxes")).scalar_one())
        endpoint_id = tx.execute(text("SELECT id FROM endpoints WHERE url LIKE '%/in/%'")).scalar_one()
    token = story.note("token in a header to the inbox", "Tok3n-that-the-inbox-gets")
    change = {"Headers": {"X-Token": token}}
    assert story.ask(api, "PUT", f"/api/Webhook/{endpoint_id}", json=change).status_code == 202
    settings = f"/settings/web-api/webhooks/{endpoint_id}"
    revealed = story.ask(browser, "POST", f"{settings}/secret", reveals=True)
    story.note("signing secret of the page", re.search(r"whsec_[\w+/=]+", revealed.text)[0])
    story.ask(browser, "POST", "/welcome/order")
    eventually(lambda: count(story, "inbox_requests"))


def count(story: Story, table: str) -> int:
    with story.database.reading() as tx:
        return tx.execute(text(f"SELECT count(*) FROM {table}")).scalar_one()


def things_go_wrong(story: Story, api: httpx2.Client, browser: httpx2.Client) -> None:
    bogus = story.note("a key that is none", "wb_a-key-that-somebody-guessed")
    with httpx2.Client(headers={"X-API-KEY": bogus}) as stranger:
        story.ask(stranger, "GET", "/api/Order/Number/1")
        story.ask(stranger, "GET", f"/sign-in/link?token={story.secrets['first link']}")
        for _ in range(2):
            story.ask(stranger, "POST", f"/sign-in/link?token={story.secrets['first link']}")
    token = story.note("token in a request that fails", "Tok3n-that-never-arrives")
    webhook = {"Url": "https://example.com/", "Headers": {"X-Token": token}}
    story.ask(api, "POST", "/api/Webhook", json={**webhook, "Url": "https://10.0.0.1/"})
    story.ask(api, "POST", "/api/Webhook", content=b'{"Headers": {"X-Token": "' + token.encode() + b'"')
    password = {"Name": "E", "Username": "driver2", "Password": story.secrets["password of a driver"]}
    acts = {
        "inboxes": lambda client: story.ask(client, "POST", f"/in/{story.secrets['token of the inbox']}"),
        "endpoints": lambda _: story.ask(api, "POST", "/api/Webhook", json=webhook),
        "endpoint_secrets": lambda _: story.ask(api, "POST", "/api/Webhook", json=webhook),
        "drivers": lambda _: story.ask(api, "POST", "/api/Driver", json=password),
        "api_keys": lambda _: story.ask(api, "GET", "/api/Order/Number/1"),
        "sessions": lambda _: story.ask(browser, "GET", "/orders"),
        "sign_in_links": lambda _: story.ask(browser, "POST", f"/sign-in/link?token={story.secrets['sign-in link']}"),
        "users": lambda client: story.ask(
            client,
            "POST",
            "/sign-in",
            data={"Email": "dana@example.com", "Password": story.secrets["newly chosen password"]},
        ),
    }
    for table, act in acts.items():
        with httpx2.Client() as client, without(story, table):
            answer = act(client)
            assert answer.status_code in (500, 503), (table, answer.status_code)
            assert answer.headers["content-type"] != "text/plain" or "Traceback" not in answer.text
        if table == "users":
            with without(story, table):
                story.command("user", "create", "gil@example.com", stdin=f"{story.secrets['chosen password']}\n")
    with story.database.transaction() as tx:
        tx.execute(text("CREATE UNIQUE INDEX only_one ON endpoints (account_id) WHERE description = 'the same'"))
    twice = [story.ask(api, "POST", "/api/Webhook", json={**webhook, "Description": "the same"}) for _ in range(2)]
    assert [answer.status_code for answer in twice] == [201, 500]
    assert "Traceback" in story.server.logged


class without:  # noqa: N801 - it reads as what it does
    """As after a bad migration: a table is not where it was."""

    def __init__(self, story: Story, table: str) -> None:
        self._story, self._table = story, table

    def _rename(self, before: str, after: str) -> None:
        with self._story.database.transaction() as tx:
            tx.execute(text(f"ALTER TABLE {before} RENAME TO {after}"))

    def __enter__(self) -> None:
        self._rename(self._table, f"{self._table}_gone")

    def __exit__(self, *_: object) -> None:
        self._rename(f"{self._table}_gone", self._table)


def see_everything(story: Story, api: httpx2.Client, browser: httpx2.Client) -> None:
    """Every page and every answer to a GET, for each thing that there is, but the reveals."""
    ids = {table: [row["id"] for name, row in all_rows(story.database) if name == table] for table in ID_OF.values()}
    for module in PAGES:
        for route in module.router.routes:
            if "GET" in route.methods and not route.path.startswith("/live"):
                for path in paths_of(route.path, ids, story):
                    story.ask(browser, "GET", path)
    document = story.ask(api, "GET", "/api/openapi.json").json()
    for path, methods in document["paths"].items():
        if "get" in methods and not path.endswith("/Secret"):
            for one in paths_of(re.sub(r"(?<=[a-z])([A-Z])(?=\w*\})", lambda m: f"_{m[1].lower()}", path), ids, story):
                story.ask(api, "GET", one)
    for path in ("/metrics", "/healthz", "/readyz", "/nothing/here", "/api/Nothing"):
        story.ask(api, "GET", path)


ID_OF = {
    "endpoint_id": "endpoints",
    "message_id": "messages",
    "event_id": "events",
    "key_id": "api_keys",
    "request_id": "inbox_requests",
    "user_id": "users",
    "job_id": "retry_jobs",
    "route_id": "routes",
}


def paths_of(path: str, ids: dict[str, list[str]], story: Story) -> Iterator[str]:
    """The path with each of the ids that it takes; other parameters stand for what is not there."""
    names = re.findall(r"\{(\w+)\}", path)
    lists = [ids.get(ID_OF.get(name, ""), ["1"])[:20] for name in names]
    for number in range(max((len(some) for some in lists), default=1)):
        yield path.format_map(
            {n: some[number % len(some)] if some else "1" for n, some in zip(names, lists, strict=True)}
        )


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)  # what goes wrong names databases of its own
def test_secrets_of_a_setup_that_goes_wrong_are_found_nowhere(story: Story):
    first_start(story)
    bad = story.note("a secret key that is none", "N0t-a-secret-key-at-all")
    story.command("doctor", SECRET_KEY=bad)
    story.command("serve", SECRET_KEY=bad)
    story.command("config", "show", SECRET_KEY=bad)
    story.command("doctor", SECRET_KEY="A" * 43 + "=")
    away = story.note("password of a database that is away", "Pa55-of-another-one")
    for url in (
        f"postgresql://waybell:{away}@127.0.0.1:1/waybell",
        f"postgresql://waybell:{away}@127.0.0.1:port/waybell",
        f"mysql://waybell:{away}@127.0.0.1/waybell",
    ):
        for command in ("doctor", "serve", "migrate", "user list", "config show"):
            story.command(*command.split(), DATABASE_URL=url)
    assert len(story.seen) >= 38
    assert not list(leaks(story))


# The search


def leaks(story: Story) -> Iterator[str]:
    """Each place where a secret stands that is not to."""
    story.server.stop()
    looked_for = dict(story.secrets)
    # The key of a signing secret is what counts, whatever stands before it.
    looked_for |= {f"{what}, bare": value.partition("_")[2] for what, value in looked_for.items() if "signing" in what}
    inbox = looked_for.pop("token of the inbox", "none was opened")
    for where, found in [*story.seen, *printed(story), *files(story)]:
        yield from (
            f"{what} in {where}: {around(found, value)}" for what, value in looked_for.items() if value in found
        )
    for where, found in printed(story):
        if inbox in found:
            yield f"token of the inbox in {where}: {around(found, inbox)}"
    for table, row in all_rows(story.database):
        for column, found in row.items():
            yield from (f"{what} in {table}.{column}" for what, value in looked_for.items() if value in found)
            if inbox in found and (table, column) not in WHERE_INBOXES_ARE_TOLD:
                yield f"token of the inbox in {table}.{column}"


def around(found: str, value: str) -> str:
    return found[max(0, found.index(value) - 60) :][:200]


def printed(story: Story) -> Iterator[tuple[str, str]]:
    """What the servers printed, but for what the first start shows once."""
    yield "the log", story.server.logged
    first, _, rest = story.server.printed.partition("Next:")
    assert "These are shown now and never again" in first
    yield "what was printed", re.sub(r"X-API-KEY: \S+", "", rest)


def files(story: Story) -> Iterator[tuple[str, str]]:
    """All files of the data folder but the key's own, byte for byte: also what SQLite has not yet overwritten."""
    for path in story.folder.rglob("*"):
        if path.is_file() and path.name != "secret.key" and not path.name.startswith("run-"):
            yield str(path.relative_to(story.folder)), path.read_bytes().decode("latin-1")
