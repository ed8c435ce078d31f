"""Verify the signature: code for receivers, ready to paste."""

from fastapi import APIRouter
from fastapi.responses import Response

from waybell.web.ui.endpoint import WEBHOOKS, endpoint_facts
from waybell.web.ui.render import page
from waybell.web.ui.visit import Viewer

router = APIRouter()

# Each reads the secret from WEBHOOK_SECRET, and verifies the bytes that came, not parsed and made again.
SNIPPETS = {
    "Python": """\
# pip install standardwebhooks
import os
from standardwebhooks import Webhook

webhook = Webhook(os.environ["WEBHOOK_SECRET"])

def verified(body: bytes, headers: dict) -> dict:
    return webhook.verify(body, headers)  # raises WebhookVerificationError
""",
    "Node": """\
// npm install standardwebhooks
import { Webhook } from "standardwebhooks";

const webhook = new Webhook(process.env.WEBHOOK_SECRET);

export function verified(body, headers) {
  return webhook.verify(body, headers); // throws WebhookVerificationError
}
""",
    "openssl": """\
# $id, $timestamp and $signature are the webhook-... headers; the body as it came is in the file body.json.
key=$(printf %s "${WEBHOOK_SECRET#whsec_}" | base64 -d | od -An -tx1 | tr -d ' \\n')
mine=$(printf '%s.%s.' "$id" "$timestamp" | cat - body.json |
  openssl dgst -sha256 -mac HMAC -macopt "hexkey:$key" -binary | base64)
case " $signature " in *" v1,$mine "*) echo verified ;; *) echo "not verified"; exit 1 ;; esac
""",
}


@router.get(WEBHOOKS + "/{endpoint_id}/verify")
def show(visit: Viewer, endpoint_id: str) -> Response:
    with visit.look() as tx:
        endpoint = endpoint_facts(tx, visit, endpoint_id)
    return page(visit, "endpoint/verify.html", endpoint=endpoint, tab="verify", snippets=SNIPPETS)
