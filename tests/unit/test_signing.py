"""Signatures by the Standard Webhooks specification, checked with the official libraries."""

import base64
import json
import shutil
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from waybell.webhooks.model import Secret
from waybell.webhooks.signing import hex_hmac, new_secret, public_key, signature_header, verify_v1a

BODY = '{"Metadata":{"Event":"OrderCreated"},"Data":{"Client":"Kohvik Õunapuu"}}'.encode()


def headers(secrets: list[Secret], at: datetime, body: bytes = BODY) -> dict[str, str]:
    return {
        "webhook-id": "evt_1",
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": signature_header(secrets, "evt_1", at, body),
    }


def test_the_official_python_library_verifies_v1():
    secret = new_secret("v1")
    signed = headers([Secret("v1", secret)], datetime.now(UTC))
    assert Webhook(secret).verify(BODY, signed)["Metadata"]["Event"] == "OrderCreated"


def test_during_a_rotation_the_old_and_the_new_secret_both_verify():
    new, old = new_secret("v1"), new_secret("v1")
    signed = headers([Secret("v1", new), Secret("v1", old)], datetime.now(UTC))
    Webhook(new).verify(BODY, signed)
    Webhook(old).verify(BODY, signed)


def test_a_changed_body_or_time_does_not_verify():
    secret, now = new_secret("v1"), datetime.now(UTC)
    signed = headers([Secret("v1", secret)], now)
    with pytest.raises(WebhookVerificationError):
        Webhook(secret).verify(BODY + b" ", signed)
    with pytest.raises(WebhookVerificationError):
        Webhook(secret).verify(BODY, signed | {"webhook-timestamp": str(int(now.timestamp()) + 1)})


def test_v1a_verifies_with_the_public_key_and_only_with_the_right_one():
    secret, now = new_secret("v1a"), datetime.now(UTC)
    signed = headers([Secret("v1a", secret)], now)
    verify_v1a(public_key(secret), BODY, signed, now)
    for wrong in (
        lambda: verify_v1a(public_key(new_secret("v1a")), BODY, signed, now),
        lambda: verify_v1a(public_key(secret), BODY + b" ", signed, now),
        lambda: verify_v1a(public_key(secret), BODY, signed, now + timedelta(minutes=6)),
        lambda: verify_v1a(public_key(secret), BODY, {"webhook-id": "evt_1"}, now),
        lambda: verify_v1a(public_key(secret), BODY, signed | {"webhook-signature": "v1a,!!"}, now),
    ):
        with pytest.raises(WebhookVerificationError):
            wrong()


def test_both_schemes_stand_side_by_side_and_libraries_that_know_one_are_content():
    v1, v1a, now = new_secret("v1"), new_secret("v1a"), datetime.now(UTC)
    signed = headers([Secret("v1", v1), Secret("v1a", v1a)], now)
    Webhook(v1).verify(BODY, signed)
    verify_v1a(public_key(v1a), BODY, signed, now)


def test_secrets_have_the_form_of_the_specification():
    assert len(base64.b64decode(new_secret("v1").removeprefix("whsec_"))) == 32
    assert new_secret("v1a").startswith("whsk_")
    assert len(base64.b64decode(public_key(new_secret("v1a")).removeprefix("whpk_"))) == 32
    assert new_secret("v1") != new_secret("v1")


def test_the_plain_hex_hmac_is_what_openssl_makes_of_it():
    secret = new_secret("v1")
    key = base64.b64decode(secret.removeprefix("whsec_")).hex()
    made = subprocess.run(
        ["openssl", "dgst", "-sha256", "-mac", "HMAC", "-macopt", f"hexkey:{key}"],
        input=BODY,
        capture_output=True,
        check=True,
    )
    assert made.stdout.decode().strip().endswith(hex_hmac(secret, BODY))


NODE = shutil.which("node")


@pytest.mark.skipif(NODE is None, reason="Node is not at hand")
def test_node_verifies_v1a_by_its_own_means(tmp_path: Path):
    secret, now = new_secret("v1a"), datetime.now(UTC)
    signed = headers([Secret("v1a", secret)], now)
    script = """
        const crypto = require("node:crypto");
        const { key, headers, body } = JSON.parse(require("node:fs").readFileSync(0, "utf8"));
        const raw = Buffer.from(key.replace("whpk_", ""), "base64");
        const der = Buffer.concat([Buffer.from("302a300506032b6570032100", "hex"), raw]);
        const publicKey = crypto.createPublicKey({ key: der, format: "der", type: "spki" });
        const signature = Buffer.from(headers["webhook-signature"].split(" ")[0].split(",")[1], "base64");
        const signedContent = `${headers["webhook-id"]}.${headers["webhook-timestamp"]}.${body}`;
        process.exit(crypto.verify(null, Buffer.from(signedContent), publicKey, signature) ? 0 : 1);
    """
    told = json.dumps({"key": public_key(secret), "headers": signed, "body": BODY.decode()})
    assert NODE
    subprocess.run([NODE, "-e", script], input=told.encode(), check=True, timeout=120)
