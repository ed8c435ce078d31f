"""`/api/Webhook`: endpoints, their secrets, the messages sent to them, and sending these again."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Annotated, Any

from fastapi import Query, Request, Response
from pydantic_core import to_json

from waybell.db.database import Tx
from waybell.ground.clock import utc_text
from waybell.ground.errors import Invalid, NotFound
from waybell.web.api.answers import ApiResponse, JsonAnswer, done
from waybell.web.api.door import Call, Caller
from waybell.web.api.routing import Key, router
from waybell.web.api.webhook_models import (
    AlertUrlRequest,
    AttemptModel,
    AttemptQuery,
    CancelRequest,
    EndpointModel,
    EndpointRequest,
    JobModel,
    ListedAttempt,
    MessageModel,
    MessageQuery,
    MessageWithBody,
    PageOf,
    PageQuery,
    RetryRequest,
    RotateRequest,
    SecretModel,
    SecretsModel,
    TestRequest,
    text_or_none,
)
from waybell.webhooks.endpoints import actions, alerts, secrets, store
from waybell.webhooks.endpoints.records import StoredEndpoint
from waybell.webhooks.endpoints.secrets import RevealedSecret
from waybell.webhooks.endpoints.tools import WebhookTools
from waybell.webhooks.history import attempt_search, jobs, lane_positions, message_log, resend, test_send
from waybell.webhooks.history.cancel_message import cancel_one
from waybell.webhooks.history.causes import timing
from waybell.webhooks.jobs.records import StoredJob
from waybell.webhooks.messages import records
from waybell.webhooks.messages.records import StoredAttempt, StoredMessage
from waybell.webhooks.model import Narrowed

api = router("Webhook")

_NO_ALERT_URL: dict[int | str, dict[str, Any]] = {
    404: {"model": ApiResponse, "description": "This account has no alert URL."}
}


# Operations on messages come first: otherwise their paths would name an endpoint with the id "Message".


@api.get("/Webhook/Message/{message_id}", operation_id="GetWebhookMessage", response_model=MessageWithBody)
def get_message(call: Caller, message_id: Key) -> Response:
    """Return one message and, as `Body`, the document that it carries."""
    with call.read() as tx:
        row = message_log.message(tx, call.account.id, message_id)
        first, behind = lane_positions.head(tx, row), lane_positions.behind(tx, row)
    around = {"WaitsFor": first and first.id, "Behind": behind}
    # The document consists of the stored bytes, as they were signed and sent.
    head = to_json(message_model(row).as_answer() | around).removesuffix(b"}")
    return JsonAnswer(head + b',"Body":' + (row.body or b"null") + b"}")


@api.get(
    "/Webhook/Message/{message_id}/Attempt",
    operation_id="GetWebhookMessageAttempts",
    response_model=PageOf[AttemptModel],
)
def get_message_attempts(call: Caller, message_id: Key) -> Response:
    """Return all kept attempts of a message, oldest first, with the request and the answer of each."""
    with call.read() as tx:
        message_log.message(tx, call.account.id, message_id)
        rows = message_log.attempts_of(tx, message_id)
    return _items([attempt_model(row) for row in rows], None)


@api.post(
    "/Webhook/Message/{message_id}/Retry",
    operation_id="RetryWebhookMessage",
    status_code=202,
    response_model=ApiResponse,
)
def retry_message(request: Request, call: Caller, message_id: Key) -> Response:
    """Send this message again now, with a new round of automatic retries."""
    with call.change() as tx:
        resend.retry_one(tx, _tools(request).hint, call.account.id, message_id)
    return done(202, f"Message {message_id} is sent again.")


@api.post("/Webhook/Message/{message_id}/Cancel", operation_id="CancelWebhookMessage", response_model=ApiResponse)
def cancel_message(request: Request, call: Caller, message_id: Key) -> Response:
    """Cancel a waiting message; messages behind it go on. 409 for a message that is being sent.

    A canceled message can be sent later by Retry.
    """
    with call.change() as tx:
        behind = cancel_one(tx, _tools(request).hint, call.actor, message_id)
    return done(200, f"Message {message_id} is canceled; {lane_positions.go_on(behind)}.")


@api.get("/Webhook", operation_id="GetWebhooks", response_model=PageOf[EndpointModel])
def list_endpoints(request: Request, call: Caller, query: Annotated[PageQuery, Query()]) -> Response:
    """Return the endpoints, oldest first."""
    with call.read() as tx:
        page = store.list_endpoints(tx, call.account.id, query.after, query.limit)
        items = [endpoint_model(tx, _tools(request), row) for row in page.rows]
    return _items(items, page.cursor)


@api.post("/Webhook", operation_id="AddWebhook", status_code=201, response_model=EndpointModel)
def add_endpoint(request: Request, call: Caller, wanted: EndpointRequest) -> Response:
    """Add an endpoint. Its secret is at `/api/Webhook/{id}/Secret`."""
    tools = _tools(request)
    with call.change() as tx:
        endpoint_id = actions.add(tx, tools, call.actor, wanted.wanted())
        document = endpoint_model(tx, tools, store.find(tx, call.account.id, endpoint_id))
    headers = {"Location": f"/api/Webhook/{endpoint_id}"}
    return JsonAnswer(document.as_answer(), status_code=201, headers=headers)


@api.get(
    "/Webhook/AlertUrl",
    operation_id="GetWebhookAlertUrl",
    response_model=EndpointModel,
    responses=_NO_ALERT_URL,
)
def get_alert_url(request: Request, call: Caller) -> Response:
    """Return the alert URL as an endpoint. It gets `EndpointDown` and `EndpointDisabled` of all endpoints."""
    with call.read() as tx:
        row = store.find_alert_url(tx, call.account.id)
        if row is None:
            raise NotFound("This account has no alert URL. PUT /api/Webhook/AlertUrl sets one.")
        document = endpoint_model(tx, _tools(request), row)
    return JsonAnswer(document.as_answer())


@api.put("/Webhook/AlertUrl", operation_id="SetWebhookAlertUrl", status_code=202, response_model=EndpointModel)
def set_alert_url(request: Request, call: Caller, wanted: AlertUrlRequest) -> Response:
    """Set the alert URL: an endpoint that gets only the events about other endpoints that go down."""
    tools = _tools(request)
    with call.change() as tx:
        endpoint_id = alerts.set_url(tx, tools, call.actor, wanted.url)
        document = endpoint_model(tx, tools, store.find(tx, call.account.id, endpoint_id))
    return JsonAnswer(document.as_answer(), status_code=202)


@api.delete(
    "/Webhook/AlertUrl", operation_id="DeleteWebhookAlertUrl", response_model=ApiResponse, responses=_NO_ALERT_URL
)
def delete_alert_url(request: Request, call: Caller) -> Response:
    """Remove the alert URL. Only the other endpoints then hear of one that goes down."""
    with call.change() as tx:
        alerts.remove(tx, _tools(request), call.actor)
    return done(200, "The alert URL is removed.")


@api.get("/Webhook/{endpoint_id}", operation_id="GetWebhook", response_model=EndpointModel)
def get_endpoint(request: Request, call: Caller, endpoint_id: Key) -> Response:
    """Return one endpoint, without its secrets."""
    with call.read() as tx:
        document = endpoint_model(tx, _tools(request), store.find(tx, call.account.id, endpoint_id))
    return JsonAnswer(document.as_answer())


@api.put("/Webhook/{endpoint_id}", operation_id="UpdateWebhook", status_code=202, response_model=EndpointModel)
def change_endpoint(request: Request, call: Caller, endpoint_id: Key, wanted: EndpointRequest) -> Response:
    """Change the sent members of an endpoint. Omitted members stay."""
    tools = _tools(request)
    with call.change() as tx:
        actions.change(tx, tools, call.actor, endpoint_id, wanted.wanted())
        document = endpoint_model(tx, tools, store.find(tx, call.account.id, endpoint_id))
    return JsonAnswer(document.as_answer(), status_code=202)


@api.delete("/Webhook/{endpoint_id}", operation_id="DeleteWebhook", response_model=ApiResponse)
def delete_endpoint(request: Request, call: Caller, endpoint_id: Key) -> Response:
    """Delete an endpoint. Its waiting messages are canceled."""
    with call.change() as tx:
        actions.remove(tx, _tools(request), call.actor, endpoint_id)
    return done(200, f"Endpoint {endpoint_id} is deleted.")


@api.put("/Webhook/{endpoint_id}/Enable", operation_id="EnableWebhook", status_code=202, response_model=ApiResponse)
def enable_endpoint(request: Request, call: Caller, endpoint_id: Key) -> Response:
    """Enable an endpoint. To send the events that it missed while disabled: POST .../Retry with MissedSince."""
    with call.change() as tx:
        actions.enable(tx, _tools(request), call.actor, endpoint_id)
    return done(202, f"Endpoint {endpoint_id} is enabled.")


@api.put("/Webhook/{endpoint_id}/Disable", operation_id="DisableWebhook", status_code=202, response_model=ApiResponse)
def disable_endpoint(request: Request, call: Caller, endpoint_id: Key) -> Response:
    """Disable an endpoint. Waiting messages are kept; new events make no messages."""
    with call.change() as tx:
        actions.disable(tx, _tools(request), call.actor, endpoint_id)
    return done(202, f"Endpoint {endpoint_id} is disabled.")


@api.get("/Webhook/{endpoint_id}/Secret", operation_id="RevealWebhookSecret", response_model=SecretsModel)
def reveal_secret(request: Request, call: Caller, endpoint_id: Key) -> Response:
    """Return the present secrets and the values of custom headers, for keys that permit POST or PUT."""
    tools = _tools(request)
    with call.change() as tx:  # the audit trail records that they were seen
        headers = actions.settings_of(tools, store.find(tx, call.account.id, endpoint_id)).headers
        revealed = secrets.reveal(tx, tools, call.actor, endpoint_id)
    return _secrets(revealed, dict(headers), 200)


@api.post(
    "/Webhook/{endpoint_id}/Secret", operation_id="RotateWebhookSecret", status_code=201, response_model=SecretsModel
)
def rotate_secret(request: Request, call: Caller, endpoint_id: Key, wanted: RotateRequest | None = None) -> Response:
    """Make a new secret for all schemes or for one. The old one also signs for OverlapHours (by default 24)."""
    tools = _tools(request)
    wanted = wanted or RotateRequest()
    overlap = None if wanted.overlap_hours is None else timedelta(hours=wanted.overlap_hours)
    with call.change() as tx:
        rotated = secrets.rotate(tx, tools, call.actor, endpoint_id, wanted.scheme, overlap)
        headers = actions.settings_of(tools, store.find(tx, call.account.id, endpoint_id)).headers
    return _secrets(rotated, dict(headers), 201)


@api.post("/Webhook/{endpoint_id}/Test", operation_id="TestWebhook", response_model=AttemptModel)
def send_test(request: Request, call: Caller, endpoint_id: Key, wanted: TestRequest) -> Response:
    """Send a sample of this event type now, and return the attempt: 200 also when the receiver failed."""
    row = test_send.send_test(
        call.database,
        call.change,
        _tools(request),
        request.app.state.sender,
        call.account.id,
        endpoint_id,
        wanted.event_type,
    )
    return JsonAnswer(attempt_model(row).as_answer())


@api.get("/Webhook/{endpoint_id}/Message", operation_id="GetWebhookMessages", response_model=PageOf[MessageModel])
def list_messages(call: Caller, endpoint_id: Key, query: Annotated[MessageQuery, Query()]) -> Response:
    """Return the messages of an endpoint, newest first. `Since` and `Until` refer to when they were made."""
    with call.read() as tx:
        store.find(tx, call.account.id, endpoint_id)
        page = message_log.list_messages(tx, endpoint_id, _filter(tx, query), query.after, query.limit)
    return _items([message_model(row) for row in page.rows], page.cursor)


@api.get("/Webhook/{endpoint_id}/Attempt", operation_id="GetWebhookAttempts", response_model=PageOf[ListedAttempt])
def list_attempts(call: Caller, endpoint_id: Key, query: Annotated[AttemptQuery, Query()]) -> Response:
    """Return the attempts at an endpoint, newest first. `Since` and `Until` refer to when they began."""
    with call.read() as tx:
        store.find(tx, call.account.id, endpoint_id)
        page = message_log.list_attempts(tx, endpoint_id, _filter(tx, query), query.after, query.limit)
    return _items([listed_attempt(row) for row in page.rows], page.cursor)


@api.post("/Webhook/{endpoint_id}/Retry", operation_id="RetryWebhook", status_code=202, response_model=JobModel)
def begin_retry(call: Caller, endpoint_id: Key, wanted: RetryRequest) -> Response:
    """Send again a selection, all failed or missed messages since a time, or waiting retries now.

    A job does this in the background; `Location` shows its progress.
    """
    return _begin(call, endpoint_id, wanted, "retry")


@api.get("/Webhook/{endpoint_id}/Retry", operation_id="GetWebhookRetries", response_model=PageOf[JobModel])
def list_retries(call: Caller, endpoint_id: Key, query: Annotated[PageQuery, Query()]) -> Response:
    """Return the retry jobs of an endpoint, newest first."""
    return _list_jobs(call, endpoint_id, query, "retry")


@api.get("/Webhook/{endpoint_id}/Retry/{job_id}", operation_id="GetWebhookRetry", response_model=JobModel)
def get_retry(call: Caller, endpoint_id: Key, job_id: Key) -> Response:
    """Return a retry job with its progress."""
    return _get_job(call, endpoint_id, job_id, "retry")


@api.delete("/Webhook/{endpoint_id}/Retry/{job_id}", operation_id="CancelWebhookRetry", response_model=ApiResponse)
def stop_retry(call: Caller, endpoint_id: Key, job_id: Key) -> Response:
    """Stop a retry job. Messages that it has released already are sent."""
    return _stop_job(call, endpoint_id, job_id, "retry")


@api.post("/Webhook/{endpoint_id}/Cancel", operation_id="CancelWebhook", status_code=202, response_model=JobModel)
def begin_cancel(call: Caller, endpoint_id: Key, wanted: CancelRequest) -> Response:
    """Cancel a selection of waiting messages, or all that match; messages behind them go on.

    A message that is being sent is canceled if its attempt fails. `Location` shows the progress of the job.
    """
    return _begin(call, endpoint_id, wanted, "cancel")


@api.get("/Webhook/{endpoint_id}/Cancel", operation_id="GetWebhookCancels", response_model=PageOf[JobModel])
def list_cancels(call: Caller, endpoint_id: Key, query: Annotated[PageQuery, Query()]) -> Response:
    """Return the cancel jobs of an endpoint, newest first."""
    return _list_jobs(call, endpoint_id, query, "cancel")


@api.get("/Webhook/{endpoint_id}/Cancel/{job_id}", operation_id="GetWebhookCancel", response_model=JobModel)
def get_cancel(call: Caller, endpoint_id: Key, job_id: Key) -> Response:
    """Return a cancel job with its progress."""
    return _get_job(call, endpoint_id, job_id, "cancel")


@api.delete("/Webhook/{endpoint_id}/Cancel/{job_id}", operation_id="StopWebhookCancel", response_model=ApiResponse)
def stop_cancel(call: Caller, endpoint_id: Key, job_id: Key) -> Response:
    """Stop a cancel job. Messages that it has canceled stay canceled."""
    return _stop_job(call, endpoint_id, job_id, "cancel")


def _begin(call: Call, endpoint_id: str, wanted: CancelRequest, act: jobs.Act) -> Response:
    with call.read() as tx:  # counting takes a while, so it holds no lock
        plan = _plan(tx, call, endpoint_id, wanted, act)
    with call.change() as tx:
        job_id = jobs.begin(tx, plan, call.actor)
        row = jobs.find(tx, call.account.id, endpoint_id, job_id, act)
    headers = {"Location": f"/api/Webhook/{endpoint_id}/{act.title()}/{job_id}"}
    return JsonAnswer(job_model(row).as_answer(), status_code=202, headers=headers)


def _list_jobs(call: Call, endpoint_id: str, query: PageQuery, act: jobs.Act) -> Response:
    with call.read() as tx:
        store.find(tx, call.account.id, endpoint_id)
        page = jobs.list_jobs(tx, endpoint_id, query.after, query.limit, act)
    return _items([job_model(row) for row in page.rows], page.cursor)


def _get_job(call: Call, endpoint_id: str, job_id: str, act: jobs.Act) -> Response:
    with call.read() as tx:
        row = jobs.find(tx, call.account.id, endpoint_id, job_id, act)
    return JsonAnswer(job_model(row).as_answer())


def _stop_job(call: Call, endpoint_id: str, job_id: str, act: jobs.Act) -> Response:
    with call.change() as tx:
        jobs.find(tx, call.account.id, endpoint_id, job_id, act)
        jobs.cancel(tx, call.account.id, endpoint_id, job_id)
    return done(200, f"{act.title()} job {job_id} does nothing more.")


def endpoint_model(tx: Tx, tools: WebhookTools, row: StoredEndpoint) -> EndpointModel:
    settings = actions.settings_of(tools, row)
    return EndpointModel(
        id=row.id,
        url=settings.url,
        description=settings.description,
        event_types=list(settings.event_types),
        headers=dict.fromkeys(settings.headers),
        ordered=settings.ordered,
        concurrency=settings.concurrency,
        rate_limit=settings.rate_limit,
        schemes=list(settings.schemes),
        hex_header=settings.hex_header,
        state=row.state,
        disabled_reason=row.disabled_reason,
        parked_at=text_or_none(row.parked_at),
        parked_reason=row.parked_reason,
        next_probe_at=text_or_none(row.probe_at),
        paused_until=text_or_none(row.paused_until),
        waiting=attempt_search.count_waiting(tx, row.id),
        alerts=row.alerts,
        created_at=utc_text(row.created_at),
        changed_at=utc_text(row.changed_at),
    )


def message_model(row: StoredMessage) -> MessageModel:
    return MessageModel(
        id=row.id,
        endpoint_id=row.endpoint_id,
        event_id=row.event_id,
        event=row.event_type.called,
        subject=row.subject,
        version=row.version,
        state=row.state,
        due_at=text_or_none(row.due_at),
        attempts=row.attempt,
        failures=row.failures,
        manual=row.manual,
        error=row.error,
        status=row.status,
        created_at=utc_text(row.created_at),
        finished_at=text_or_none(row.finished_at),
    )


def attempt_model(row: StoredAttempt) -> AttemptModel:
    return AttemptModel(
        **_exchange(row),
        request_headers=row.request_headers.splitlines(),
        response_headers=(row.response_headers or b"").decode("latin-1").rstrip().splitlines(),
        response_body=None if row.response_body is None else row.response_body.decode("utf-8", "replace"),
    )


def listed_attempt(row: records.ListedAttempt) -> ListedAttempt:
    return ListedAttempt(**_exchange(row), event_id=row.event_id, event=row.event_type.called, subject=row.subject)


def job_model(row: StoredJob) -> JobModel:
    return JobModel(
        id=row.id,
        endpoint_id=row.endpoint_id,
        act=row.act,
        what=row.what,
        since=text_or_none(row.since),
        until=text_or_none(row.until),
        state=row.state,
        total=row.total,
        done=row.done,
        retried=row.retried if row.act == "retry" else 0,
        canceled=row.retried if row.act == "cancel" else 0,
        created_at=utc_text(row.created_at),
        finished_at=text_or_none(row.finished_at),
    )


def _exchange(row: records.TimedAttempt) -> dict[str, Any]:
    took = timing(row)
    times = {f"{part}_ms": getattr(took, f"{part}_us") / 1000 for part in ("dns", "connect", "tls", "wait", "total")}
    return times | {
        "message_id": row.message_id,
        "endpoint_id": row.endpoint_id,
        "number": row.number,
        "kind": row.kind,
        "succeeded": row.error is None,
        "status": row.status,
        "error": row.error,
        "detail": row.detail,
        "started_at": utc_text(row.started_at),
    }


def _plan(tx: Tx, call: Call, endpoint_id: str, wanted: CancelRequest, act: jobs.Act) -> jobs.Plan:
    where = (tx, call.account.id, endpoint_id)
    chosen = wanted.model_dump(include=set(_CHOICES[act]), exclude_none=True)
    narrowed = _narrowed(tx, wanted)
    match chosen:
        case {"message_ids": ids, **others} if not (others or narrowed or wanted.until):
            return jobs.plan_selected(*where, ids, act)
        case {"failed_since": since, **others} if not others:
            return jobs.plan_since(*where, "failed", since, wanted.until, narrowed)
        case {"missed_since": since, **others} if not (others or narrowed):
            return jobs.plan_since(*where, "missed", since, wanted.until)
        case {"waiting_since": since, **others} if not others:
            return jobs.plan_waiting(*where, act, since, wanted.until, narrowed)
    store.find(*where)
    raise Invalid(_ONE_OF[act])


_CHOICES: dict[jobs.Act, Sequence[str]] = {
    "retry": ("message_ids", "failed_since", "missed_since", "waiting_since"),
    "cancel": ("message_ids", "waiting_since"),
}
_ONE_OF: dict[jobs.Act, str] = {
    "retry": "Send exactly one of MessageIds, FailedSince, MissedSince and WaitingSince; Until goes with the last"
    " three; Event, Subject and Outcome go with FailedSince and WaitingSince.",
    "cancel": "Send exactly one of MessageIds and WaitingSince; Until, Event, Subject and Outcome go with the latter.",
}


def _narrowed(tx: Tx, wanted: CancelRequest) -> Narrowed | None:
    narrowed: Narrowed = {}
    if wanted.event:
        narrowed["event_type"] = tx.names.typed(wanted.event).own
    if wanted.subject:
        narrowed["subjects"] = [wanted.subject]
    if wanted.outcome:
        if wanted.outcome not in attempt_search.OUTCOMES:
            raise Invalid(f"Outcome: {wanted.outcome!r} is none. Choose of {', '.join(attempt_search.OUTCOMES)}.")
        narrowed["outcome"] = wanted.outcome
    return narrowed or None


def _filter(tx: Tx, query: MessageQuery) -> message_log.Filter:
    return message_log.Filter(
        query.state, list(map(tx.names.typed, query.event)), query.subject, query.since, query.until
    )


def _secrets(revealed: list[RevealedSecret], headers: dict[str, str], status: int) -> Response:
    items = [
        SecretModel(
            scheme=one.scheme,
            secret=one.value,
            public_key=one.public_key,
            created_at=utc_text(one.created_at),
            expires_at=text_or_none(one.expires_at),
        )
        for one in revealed
    ]
    answer = SecretsModel(items=items, headers=headers).as_answer()
    return JsonAnswer(answer, status_code=status, is_secret=True)


def _items(found: list[Any], cursor: str | None) -> JsonAnswer:
    return JsonAnswer({"Items": [one.as_answer() for one in found], "Cursor": cursor})


def _tools(request: Request) -> WebhookTools:
    tools: WebhookTools = request.app.state.tools
    return tools
