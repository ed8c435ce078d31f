"""`waybell listen`: what arrives is shown, and its signature judged."""

import threading
import urllib.request
from datetime import UTC, datetime

import pytest
from standardwebhooks import Webhook

from waybell.ground.errors import SetupError
from waybell.running.listen import Receiver, describe

SECRET = "whsec_" + "A" * 32
BODY = b'{"Metadata":{"Event":"OrderUpdated"}}'


def signed(body: bytes) -> dict[str, str]:
    now = datetime.now(UTC)
    return {
        "Webhook-Id": "evt_1",
        "Webhook-Timestamp": str(int(now.timestamp())),
        "Webhook-Signature": Webhook(SECRET).sign("evt_1", now, body.decode()),
    }


def test_a_good_signature_is_called_good():
    assert "signature good" in describe(signed(BODY), BODY, Webhook(SECRET))


def test_a_changed_body_is_called_bad():
    assert "signature BAD" in describe(signed(BODY), BODY + b" ", Webhook(SECRET))


def test_without_a_secret_nothing_is_claimed():
    assert "not checked" in describe({}, b"not json", None)


def test_a_secret_that_is_none_is_refused():
    with pytest.raises(SetupError, match="whsec_"):
        Receiver(0, "whsec_!!!", 200)


def test_what_arrives_is_answered_and_printed(capsys):
    with Receiver(0, SECRET, 202) as receiver:
        thread = threading.Thread(target=receiver.serve_forever)
        thread.start()
        request = urllib.request.Request(
            f"http://127.0.0.1:{receiver.server_address[1]}/", data=BODY, headers=signed(BODY), method="POST"
        )
        with urllib.request.urlopen(request, timeout=60) as answer:
            assert answer.status == 202
        receiver.shutdown()
        thread.join()
    assert "evt_1, signature good" in capsys.readouterr().out
