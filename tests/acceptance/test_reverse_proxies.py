"""The examples of reverse proxies in `deploy/`, before a real server: each runs where its program is installed."""

import http.client
import json
import os
import re
import shutil
import ssl
import subprocess
import urllib.parse
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from support.certificates import Authority
from support.documents import an_order
from support.program import Program, eventually, free_port

DEPLOY = Path(__file__).parents[2] / "deploy"
FORM = {"Content-Type": "application/x-www-form-urlencoded"}

# What stands around a site in Debian's nginx.conf, but in a folder of the test's own.
AROUND_THE_SITE = """
daemon off; worker_processes 1; pid {folder}/nginx.pid; error_log stderr; {user}
events {{}}
http {{
    access_log off; client_body_temp_path {folder}; proxy_temp_path {folder};
    fastcgi_temp_path {folder}; uwsgi_temp_path {folder}; scgi_temp_path {folder};
    include {folder}/site.conf;
}}
"""


@dataclass
class Proxied:
    program: Program
    port: int
    tls: ssl.SSLContext | None

    def connection(self, source: str = "127.0.0.1") -> http.client.HTTPConnection:
        address: dict[str, Any] = {"timeout": 30, "source_address": (source, 0)}
        if self.tls:
            return http.client.HTTPSConnection("localhost", self.port, context=self.tls, **address)
        return http.client.HTTPConnection("127.0.0.1", self.port, **address)

    def ask(self, method, path, body=None, headers=None, source="127.0.0.1") -> tuple[int, str, dict[str, str]]:
        connection = self.connection(source)
        try:
            connection.request(method, path, body, headers or {})
            answer = connection.getresponse()
            return answer.status, answer.read().decode(), {name.lower(): value for name, value in answer.getheaders()}
        finally:
            connection.close()

    def answers(self) -> bool:
        try:
            return self.ask("GET", "/sign-in")[0] == 200
        except OSError:
            return False


@contextmanager
def running(*command: str, **environment: str) -> Iterator[None]:
    process = subprocess.Popen(command, env=os.environ | environment, stdin=subprocess.DEVNULL)
    try:
        yield
    finally:
        process.terminate()
        process.wait(60)


def filled_in(example: str, places: dict[str, str]) -> str:
    """The example with what each installation writes into it; each of the places is there."""
    text = (DEPLOY / example).read_text()
    for place, value in places.items():
        assert place in text, place
        text = text.replace(place, value)
    return text


@contextmanager
def nginx(folder: Path, port: int, upstream: int) -> Iterator[ssl.SSLContext]:
    authority = Authority(folder)
    authority.server("localhost")
    pem = str(folder / "an-authority-localhost.pem")
    places = {
        "listen 80;\n    listen [::]:80;": f"listen 127.0.0.1:{free_port()};",
        "listen 443 ssl http2;\n    listen [::]:443 ssl http2;": f"listen 127.0.0.1:{port} ssl http2;",
        "/etc/ssl/waybell/fullchain.pem": pem,
        "/etc/ssl/waybell/privkey.pem": pem,
        "waybell.example.com": "localhost",
        "127.0.0.1:8080": f"127.0.0.1:{upstream}",
    }
    (folder / "site.conf").write_text(filled_in("nginx.conf", places))
    user = "user root;" if os.geteuid() == 0 else ""
    (folder / "nginx.conf").write_text(AROUND_THE_SITE.format(folder=folder, user=user))
    with running("nginx", "-p", str(folder), "-c", str(folder / "nginx.conf")):
        yield ssl.create_default_context(cafile=str(authority.file))


@contextmanager
def caddy(folder: Path, port: int, upstream: int) -> Iterator[None]:
    """Without TLS: with it, Caddy puts an authority of its own into the trust store of the machine."""
    settings = {"SITE": f"http://127.0.0.1:{port}", "UPSTREAM": f"127.0.0.1:{upstream}", "HOME": str(folder)}
    settings |= {f"XDG_{kind}_HOME": str(folder) for kind in ("DATA", "CONFIG")}
    with running("caddy", "run", "--config", str(DEPLOY / "Caddyfile"), "--adapter", "caddyfile", **settings):
        yield None


@pytest.fixture(scope="module", params=[nginx, caddy], ids=["nginx", "caddy"])
def proxied(request, tmp_path_factory) -> Iterator[Proxied]:
    """One server for all tests of a proxy, as its start takes longer than they do."""
    name = request.param.__name__
    if shutil.which(name) is None:
        pytest.skip(f"{name} is not installed")
    tmp_path = tmp_path_factory.mktemp(name)
    port, upstream = free_port(), free_port()
    proxy = tmp_path / "proxy"
    proxy.mkdir()
    with request.param(proxy, port, upstream) as tls:
        url = f"https://localhost:{port}" if tls else f"http://127.0.0.1:{port}"
        settings: dict[str, Any] = {"PORT": str(upstream), "PUBLIC_URL": url, "TRUSTED_PROXIES": "127.0.0.1"}
        program = Program(tmp_path, "web", terminal=True, DATA_DIR=str(tmp_path / "data"), **settings)
        try:
            proxied = Proxied(program, port, tls)
            eventually(lambda: program.status("/healthz") == 200)
            eventually(proxied.answers)
            yield proxied
        finally:
            program.end()


def test_what_asks_for_no_key_stays_inside(proxied):
    for path in ("/metrics", "/readyz", "/healthz"):
        assert proxied.program.status(path) in {200, 503}
        assert proxied.ask("GET", path)[0] == 404


def test_an_open_page_hears_of_a_change_at_once(proxied):
    """The stream never ends, so a proxy that gathers what it passes on would pass on nothing."""
    password = re.search(r"Password\s+(\S+)", proxied.program.printed)
    assert password
    form = urllib.parse.urlencode({"Email": "admin@localhost", "Password": password[1]})
    _, _, headers = proxied.ask("POST", "/sign-in", form, FORM)
    connection = proxied.connection()
    try:
        connection.request("GET", "/live/events", headers={"Cookie": headers["set-cookie"].partition(";")[0]})
        stream = connection.getresponse()
        assert stream.status == 200
        assert next_of(stream, "changed") == "1"
        assert proxied.ask("POST", "/api/Order", json.dumps(an_order()), key_of(proxied))[0] == 201
        assert next_of(stream, "changed") == "2"
    finally:
        connection.close()


def next_of(stream: http.client.HTTPResponse, word: str) -> str:
    """The data of the next event of this name."""
    wanted = f"event: {word}\n".encode()
    while line := stream.readline():
        if line == wanted:
            break
    return stream.readline().decode().strip().removeprefix("data: ")


def key_of(proxied: Proxied) -> dict[str, str]:
    key = re.search(r"\bwb_[\w-]+", proxied.program.printed)
    assert key
    return {"X-API-KEY": key[0], "Content-Type": "application/json"}


def test_as_large_a_bulk_passes_as_waybell_takes(proxied):
    orders = [an_order(f"B-{n}", Note="x" * 90_000) for n in range(100)]
    status, said, _ = proxied.ask("POST", "/api/Order/Bulk", json.dumps(orders), key_of(proxied))
    assert status != 413, said
    assert "nginx" not in said


def test_the_proxy_tells_where_callers_come_from_and_callers_cannot(proxied):
    def sign_in(source: str, forwarded: str) -> int:
        form = urllib.parse.urlencode({"Email": "nobody@example.com", "Password": "wrong"})
        return proxied.ask("POST", "/sign-in", form, FORM | {"X-Forwarded-For": forwarded}, source)[0]

    answers = [sign_in("127.0.0.2", f"203.0.113.{n}") for n in range(12)]  # one more than pass from one place
    assert (answers[0], answers[-1]) == (401, 429)
    assert sign_in("127.0.0.3", "203.0.113.1") == 401
