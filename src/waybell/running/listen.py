"""The receiver of `waybell listen`. It prints what arrives and verifies its signature, as any receiver should."""

import json
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import typer
from standardwebhooks.webhooks import EmptyWebhookSecretError, Webhook, WebhookVerificationError

from waybell.ground.errors import SetupError

_MAX_BODY_BYTES = 10 * 1024 * 1024


class Receiver(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, port: int, secret: str | None, status: int) -> None:
        """Verify signatures with `secret` (whsec_...), and answer every webhook with `status`.

        Raise `SetupError` when the secret or the port is unusable.
        """
        try:
            self.webhook = Webhook(secret) if secret else None
        except (ValueError, EmptyWebhookSecretError):
            raise SetupError(
                "WAYBELL_LISTEN_SECRET (or --secret) takes the endpoint's secret: whsec_ and base64."
            ) from None
        self.status = status
        try:
            super().__init__(("127.0.0.1", port), _Handler)
        except OSError as error:
            raise SetupError(f"Cannot listen on port {port}: {error.strerror}. Choose another with --port.") from None


class _Handler(BaseHTTPRequestHandler):
    server: Receiver
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        length = self.headers.get("Content-Length", "")
        body = self.rfile.read(min(int(length), _MAX_BODY_BYTES)) if length.isdigit() else b""
        typer.echo(describe(dict(self.headers), body, self.server.webhook))
        self.send_response(self.server.status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        """Print nothing: the base class would write an access log, and the webhook was printed already."""


def describe(headers: dict[str, str], body: bytes, webhook: Webhook | None) -> str:
    """Return a webhook as text: the result of its verification, its id, and its body."""
    headers = {name.lower(): value for name, value in headers.items()}
    verdict = "not checked (no WAYBELL_LISTEN_SECRET)"
    if webhook:
        try:
            webhook.verify(body, headers)
            verdict = "good"
        except WebhookVerificationError as error:
            verdict = f"BAD: {error}"
    try:
        shown = json.dumps(json.loads(body), indent=2, ensure_ascii=False)
    except ValueError:
        shown = body.decode("utf-8", "replace")
    return f"-- {headers.get('webhook-id', 'no webhook-id')}, signature {verdict}\n{shown}\n"


def run(port: int, secret: str | None, status: int) -> None:
    with Receiver(port, secret, status) as receiver:
        typer.echo(f"Listening on http://127.0.0.1:{receiver.server_address[1]}/ . Stop with Ctrl-C.\n", err=True)
        try:
            receiver.serve_forever()
        except KeyboardInterrupt:
            typer.echo("Stopped.", err=True)
