"""The code that the page offers to receivers, run as they would: what we send verifies, and nothing else does."""

import base64
import hmac
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from ui.test_endpoints import WEBHOOKS, add
from waybell.web.ui.verify import LANGUAGES, snippets
from waybell.webhooks.endpoints.settings import EndpointSettings
from waybell.webhooks.model import Scheme, Secret
from waybell.webhooks.signing import PUBLIC, hex_hmac, new_secret, public_key, signature_header

BODY = '{"Metadata": {"Event": "OrderCreated"}, "Data": {"Client": "Kohvik Õunapuu"}}\n'.encode()
CACHE = Path(__file__).parents[2] / ".cache"
NODE_PACKAGES = CACHE / "node" / "node_modules"
V1A = ["python", "node", "php", "go", "java", "terminal"]
V1 = ["python, package", "node, package", "csharp", *V1A]


@dataclass(frozen=True)
class Sent:
    """What a receiver is given."""

    id: str
    timestamp: str
    signature: str
    body: bytes = BODY

    @property
    def arguments(self) -> list[str]:
        return [self.id, self.timestamp, self.signature]


def sign(*secrets: str, scheme: Scheme = "v1", at: datetime | None = None) -> Sent:
    at = at or datetime.now(UTC)
    signature = signature_header([Secret(scheme, one) for one in secrets], "evt_1", at, BODY)
    return Sent("evt_1", str(int(at.timestamp())), signature)


def settings(*schemes: Scheme, hex_header: str | None = None) -> EndpointSettings:
    return EndpointSettings("https://example.com/", "", (), {}, True, 8, None, schemes, hex_header)


def text_of(language: str, wanted: EndpointSettings, which: int = -1) -> str:
    text = list(snippets(LANGUAGES[language], wanted))[which].text
    assert text
    return text


def runtime(name: str) -> str:
    found = shutil.which(name)
    if found is None:
        pytest.skip(f"{name} is not at hand")
    return found


# How each language runs a file: what comes before its arguments.
def _python(folder: Path) -> list[str]:
    return [sys.executable, str(folder / "verify.py")]


def _node(folder: Path) -> list[str]:
    node = runtime("node")
    version = subprocess.run([node, "--version"], capture_output=True, text=True, check=True).stdout
    if tuple(map(int, version.removeprefix("v").strip().split(".")))[:2] < (20, 11):
        pytest.skip(f"node is {version.strip()}, which is older than 20.11")
    return [node, str(folder / "verify.mjs")]


def _php(folder: Path) -> list[str]:
    return [runtime("php"), str(folder / "verify.php")]


def _csharp(folder: Path) -> list[str]:
    return [runtime("dotnet"), "run", str(folder / "Verify.cs"), "--"]


def _go(folder: Path) -> list[str]:
    go = runtime("go")
    environment = os.environ | {"GOCACHE": str(CACHE / "go"), "GOTOOLCHAIN": "local", "GOFLAGS": "-mod=mod"}
    subprocess.run([go, "vet", "verify.go"], cwd=folder, env=environment, check=True)
    subprocess.run([go, "build", "-o", "verify", "verify.go"], cwd=folder, env=environment, check=True)
    return [str(folder / "verify")]


def _java(folder: Path) -> list[str]:
    # Compiled once, where `java Verify.java` does it on every start.
    subprocess.run([runtime("javac"), "-Xlint:all", "-Werror", "Verify.java"], cwd=folder, check=True)
    return [runtime("java"), "-XX:TieredStopAtLevel=1", "-cp", str(folder), "Verify"]


def _terminal(folder: Path) -> list[str]:
    runtime("openssl")
    return [runtime("bash"), str(folder / "verify.sh")]


_RUNS = {
    "python": ("verify.py", _python),
    "node": ("verify.mjs", _node),
    "php": ("verify.php", _php),
    "csharp": ("Verify.cs", _csharp),
    "go": ("verify.go", _go),
    "java": ("Verify.java", _java),
    "terminal": ("verify.sh", _terminal),
}

# Gives the program the secret or public key, its arguments and the body; answers whether it verified.
Program = Callable[[str, list[str], bytes], bool]


def program(folder: Path, language: str, text: str, variable: str) -> Program:
    file, prepare = _RUNS[language]
    (folder / file).write_text(text)
    command = prepare(folder)

    def run(key: str, arguments: list[str], body: bytes) -> bool:
        done = subprocess.run(
            [*command, *arguments],
            env={"PATH": os.environ["PATH"], "HOME": str(folder), variable: key},
            input=body,
            capture_output=True,
            timeout=100,
            check=False,
        )
        said = done.stdout.decode().strip()
        assert (done.returncode == 0) == (said == "verified"), done.stderr.decode()
        # A program that broke has refused nothing: but for a key that is none it has to say so.
        assert said in {"verified", "not verified"} or b"not verified" in done.stderr or len(key) < 10, done.stderr
        return done.returncode == 0

    return run


@pytest.fixture(scope="module", params=V1)
def v1(request, tmp_path_factory) -> Program:
    language, _, package = request.param.partition(", ")
    folder = tmp_path_factory.mktemp(language)
    if package and language == "node":
        if not (NODE_PACKAGES / "standardwebhooks").exists():
            pytest.skip("npm's package standardwebhooks is not at hand")
        (folder / "node_modules").symlink_to(NODE_PACKAGES)
    return program(folder, language, text_of(language, settings("v1"), 0 if package else -1), "WEBHOOK_SECRET")


@pytest.fixture(scope="module", params=V1A)
def v1a(request, tmp_path_factory) -> Program:
    folder = tmp_path_factory.mktemp(request.param)
    return program(folder, request.param, text_of(request.param, settings("v1a")), "WEBHOOK_PUBLIC_KEY")


@pytest.fixture(scope="module", params=list(LANGUAGES))
def plain_hex(request, tmp_path_factory) -> Program:
    folder, wanted = tmp_path_factory.mktemp(request.param), settings("v1", hex_header="X-Signature")
    return program(folder, request.param, text_of(request.param, wanted), "WEBHOOK_SECRET")


def forged(genuine: Sent) -> dict[str, Sent]:
    return {
        "another body": replace(genuine, body=genuine.body + b" "),
        "another id": replace(genuine, id="evt_2"),
        "another time": replace(genuine, timestamp=str(int(genuine.timestamp) + 1)),
        "no time": replace(genuine, timestamp=""),
        "a time that is none": replace(genuine, timestamp="soon"),
        "a time beyond all calendars": replace(genuine, timestamp="9" * 30),
        "no signature": replace(genuine, signature=""),
        "a signature that is none": replace(genuine, signature="v1,x v1a,! v1 ,"),
        "another scheme": replace(genuine, signature="v2," + genuine.signature.partition(",")[2]),
    }


def test_v1_verifies_what_is_genuine(v1):
    secret = new_secret("v1")
    sent = sign(secret)
    assert v1(secret, sent.arguments, BODY)


def test_v1_verifies_with_either_secret_during_a_rotation(v1):
    new, old = new_secret("v1"), new_secret("v1")
    sent = sign(new, old)
    assert v1(new, sent.arguments, BODY)
    assert v1(old, sent.arguments, BODY)


def test_v1_refuses_all_else(v1):
    secret = new_secret("v1")
    genuine = sign(secret)
    for what, sent in forged(genuine).items():
        assert not v1(secret, sent.arguments, sent.body), what
    assert not v1(new_secret("v1"), genuine.arguments, BODY), "a wrong secret"
    for minutes in (-6, 6):
        sent = sign(secret, at=datetime.now(UTC) + timedelta(minutes=minutes))
        assert not v1(secret, sent.arguments, BODY), "too old or too new"


@pytest.mark.parametrize("secret", ["", "whsec_"])
def test_v1_without_a_secret_trusts_nobody_even_who_signs_with_none(v1, secret):
    timestamp = str(int(datetime.now(UTC).timestamp()))
    made = hmac.digest(b"", f"evt_1.{timestamp}.".encode() + BODY, "sha256")
    assert not v1(secret, ["evt_1", timestamp, "v1," + base64.b64encode(made).decode()], BODY)


def test_v1a_verifies_what_is_genuine_also_beside_v1_and_during_a_rotation(v1a):
    new, old = new_secret("v1a"), new_secret("v1a")
    sent = sign(new, old, scheme="v1a")
    beside = replace(sent, signature=f"{sign(new_secret('v1')).signature} {sent.signature}")
    assert v1a(public_key(new), sent.arguments, BODY)
    assert v1a(public_key(old), beside.arguments, BODY)


def test_v1a_refuses_all_else(v1a):
    secret = new_secret("v1a")
    genuine, key = sign(secret, scheme="v1a"), public_key(secret)
    for what, sent in forged(genuine).items():
        assert not v1a(key, sent.arguments, sent.body), what
    assert not v1a(public_key(new_secret("v1a")), genuine.arguments, BODY), "a wrong key"
    for minutes in (-6, 6):
        sent = sign(secret, scheme="v1a", at=datetime.now(UTC) + timedelta(minutes=minutes))
        assert not v1a(key, sent.arguments, BODY), "too old or too new"
    assert not v1a(PUBLIC, genuine.arguments, BODY), "no key at all"


def test_the_hex_header_verifies_the_body_and_nothing_else(plain_hex):
    secret = new_secret("v1")
    signature = hex_hmac(secret, BODY)
    assert plain_hex(secret, [signature], BODY)
    assert not plain_hex(secret, [signature], BODY + b" ")
    assert not plain_hex(secret, [""], BODY)
    assert not plain_hex(new_secret("v1"), [signature], BODY)
    assert not plain_hex("", [hex_hmac("whsec_", BODY)], BODY)


def test_the_page_shows_the_code_of_every_language_and_no_secret(ui):
    path = f"{WEBHOOKS}/{add(ui)}"
    secret = re.search(r"whsec_[\w+/=]{40,}", ui.post(f"{path}/secret").text)[0]
    text = ui.get(f"{path}/verify").text
    for language in LANGUAGES.values():
        assert f">{language.name}</a>" in text
    assert secret not in text
    assert secret.replace("=", "&#x3D;") not in text
    assert "webhook-signature" in text
    assert "v1a" not in text  # which this endpoint does not sign with


def test_the_page_follows_the_schemes_and_headers_of_the_endpoint(ui, api):
    settings = {"Url": "https://example.com/", "EventTypes": [], "Schemes": ["v1", "v1a"], "HexHeader": "X-Own-Hmac"}
    made = api.post("/api/Webhook", json=settings)
    assert made.status_code == 201, made.text
    text = ui.get(f"{WEBHOOKS}/{made.json()['Id']}/verify").text
    assert "v1a, with the public key" in text
    assert "<code>whpk_" in text
    assert "the header X-Own-Hmac" in text
    assert "HEX_HEADER" not in text
    assert "C# has no ed25519" in text
    assert "whsk_" not in text


def test_the_page_opens_with_the_language_of_its_link(ui):
    path = f"{WEBHOOKS}/{add(ui)}/verify"
    assert 'class="nav-link active" id="tab-go"' in ui.get(f"{path}?language=go").text
    for odd in ("", "cobol", "%00", "%3Cscript%3E"):
        assert 'class="nav-link active" id="tab-python"' in ui.get(f"{path}?language={odd}").text


def test_everybody_of_the_account_sees_it_and_nobody_else(ui, ui_as, other_ui, stranger):
    path = f"{WEBHOOKS}/{add(ui)}/verify"
    assert ui_as("viewer").get(path).status_code == 200
    assert other_ui.get(path).status_code == 404
    assert stranger.get(path).status_code == 303
