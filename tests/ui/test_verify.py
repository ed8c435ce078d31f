"""The code that the page offers to receivers verifies what we send."""

import subprocess
from datetime import UTC, datetime

import pytest
from standardwebhooks import WebhookVerificationError

from ui.test_endpoints import WEBHOOKS, add
from waybell.web.ui.verify import SNIPPETS
from waybell.webhooks.model import Secret
from waybell.webhooks.signing import new_secret, signature_header

BODY = b'{"Metadata": {}, "Data": {"Number": "1001"}}'


@pytest.fixture(scope="module")
def secrets() -> list[str]:
    return [new_secret("v1"), new_secret("v1")]


@pytest.fixture(scope="module")
def headers(secrets) -> dict[str, str]:
    """As during a rotation: both secrets sign."""
    now = datetime.now(UTC)
    signature = signature_header([Secret("v1", one) for one in secrets], "evt_1", now, BODY)
    return {"webhook-id": "evt_1", "webhook-timestamp": str(int(now.timestamp())), "webhook-signature": signature}


def test_the_page_names_the_headers_and_shows_all_code_and_no_secret(ui):
    text = ui.get(f"{WEBHOOKS}/{add(ui)}/verify").text
    assert all(language in text for language in SNIPPETS)
    assert "webhook-signature" in text


def test_the_python_code_verifies_with_each_secret_and_refuses_a_changed_body(monkeypatch, secrets, headers):
    for secret in secrets:
        monkeypatch.setenv("WEBHOOK_SECRET", secret)
        names: dict = {}
        exec(SNIPPETS["Python"], names)  # the very text of the page
        assert names["verified"](BODY, headers)["Data"] == {"Number": "1001"}
        with pytest.raises(WebhookVerificationError):
            names["verified"](BODY + b" ", headers)


def test_the_openssl_code_verifies_with_each_secret_and_refuses_a_changed_body(tmp_path, secrets, headers):
    (tmp_path / "verify.sh").write_text(SNIPPETS["openssl"])
    for secret in secrets:
        for body, said in ((BODY, "verified"), (BODY + b" ", "not verified")):
            (tmp_path / "body.json").write_bytes(body)
            environment = {"PATH": "/usr/bin:/bin", "WEBHOOK_SECRET": secret, "id": headers["webhook-id"]}
            environment |= {"timestamp": headers["webhook-timestamp"], "signature": headers["webhook-signature"]}
            done = subprocess.run(
                ["bash", "verify.sh"], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
            )
            assert done.stdout.strip() == said, done.stderr
