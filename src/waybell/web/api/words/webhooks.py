"""What the members of endpoints, messages, attempts, retry jobs and events mean."""

_PAGES = " ".join(
    f"PageOf{one}"
    for one in ("Attempt", "Endpoint", "EventType", "Exception", "Job", "Key", "ListedAttempt", "Message")
)

WORDS = {
    f"FeedPage {_PAGES}": {
        "Items": "One page of the list.",
        "Cursor": "Sent as After it leads to the next page; null at the end of the list.",
    },
    "FeedPage": {"Cursor": "Send it as After, to get what comes next; there always is one."},
    "Endpoint EndpointRequest AlertUrlRequest": {
        "Id": "Our id of the endpoint, `ep_...`.",
        "Url": "Where its messages are posted: HTTPS, unless the operator allows plain HTTP.",
        "Description": "What it is for, in your words.",
        "EventTypes": "The event types that it gets; an empty list stands for all but those that are opt-in.",
        "Headers": "Headers of your own that every message carries, by their names. Here the values are null: the"
        " Secret operation shows them.",
        "Ordered": "Whether events about one object are sent one at a time, in their order.",
        "Concurrency": "How many messages are on their way to it at once, at most.",
        "RateLimit": "Messages a second, at most; null for no limit.",
        "Schemes": "How messages are signed: `v1` is HMAC-SHA256, `v1a` ed25519.",
        "HexHeader": "The name of a header with a plain hex HMAC-SHA256 of the body; null for none. It may be none that"
        " Waybell sets itself.",
        "State": "`enabled` or `disabled`. A parked endpoint is enabled.",
        "DisabledReason": "Why it is disabled; null while it is enabled.",
        "ParkedAt": "Since when its messages wait because it is down as a whole (UTC); null when it is not.",
        "ParkedReason": "What the last attempt before that came to, such as `timeout` or `http_status 503`, or"
        " `connection 503` when that answer was cut.",
        "NextProbeAt": "When a parked endpoint is tried again (UTC).",
        "PausedUntil": "Until when nothing is sent, because the receiver asked for it with `Retry-After` (UTC).",
        "Waiting": "How many messages are not finished yet, counted up to 10,000.",
        "Alerts": "Whether it is the alert URL of the account, which gets operational events alone.",
        "CreatedAt": "When it was added (UTC).",
        "ChangedAt": "When its settings were changed last (UTC).",
    },
    "EndpointRequest": {
        "Headers": "Headers of your own for every message: name and value, null to keep the value. An `Accept` replaces"
        " ours; other headers that Waybell sets are refused.",
    },
    "DisabledEndpoint EndpointDown": {
        "Id": "The id of the endpoint.",
        "Url": "Where its messages are posted.",
        "Description": "What it is for.",
        "Reason": "Why it was disabled.",
        "ParkedAt": "Since when it is down (UTC).",
        "DisabledAt": "When it was disabled (UTC).",
    },
    "EndpointDown": {
        "Reason": "What the last attempt came to, such as `refused` or `http_status 503`.",
        "DisabledAt": "When it will be disabled, if it stays down (UTC).",
    },
    "Secrets": {
        "Items": "The secrets in force, newest first.",
        "Headers": "The values of the endpoint's own headers, in the clear.",
    },
    "Secret": {
        "Scheme": "What it signs with: `v1` is HMAC-SHA256, `v1a` ed25519.",
        "Secret": "`whsec_` or `whsk_` and the secret in base64.",
        "PublicKey": "What receivers verify `v1a` with, `whpk_...`; null for `v1`.",
        "CreatedAt": "Since when it signs (UTC).",
        "ExpiresAt": "Until when it signs beside its successor (UTC); null for the current one.",
    },
    "RotateRequest": {
        "OverlapHours": "How long the old secret signs too, in hours; 0 ends it now. By default 24.",
        "Scheme": "Of which scheme there is to be a new secret; of all when it is not sent.",
    },
    "TestRequest": {"EventType": "Of which event type a sample is sent."},
    "RetryRequest CancelRequest": {
        "MessageIds": "These messages.",
        "FailedSince": "All that have failed since this moment; UTC when it names no zone.",
        "MissedSince": "All that the endpoint did not get since this moment, those that somebody canceled too; UTC when"
        " it names no zone.",
        "WaitingSince": "All that wait and were made since this moment; UTC when it names no zone.",
        "Until": "Only up to this moment; UTC when it names no zone.",
        "Event": "Only those of this event type; not with MissedSince.",
        "Subject": "Only those about this subject, such as `order:` and its TrackId; not with MissedSince.",
        "Outcome": "Only those whose last attempt came to this: `2xx`, `3xx`, `4xx`, `5xx` or an error word; not with"
        " MissedSince.",
    },
    "RetryRequest": {
        "WaitingSince": "All retries that wait for their time, of messages made since this moment: they are sent now."
        " UTC when it names no zone.",
    },
    "Message MessageWithBody Attempt ListedAttempt": {
        "Id": "Our id of the message, `msg_...`.",
        "MessageId": "The message that was sent.",
        "EndpointId": "The endpoint that it is for.",
        "EventId": "The event that it tells of: its `webhook-id`.",
        "Event": "The type of the event.",
        "Subject": "What the event is about, such as `order:` and its TrackId.",
        "Version": "Counts the changes of that object, from 1.",
        "State": "`waiting`, `sending`, `succeeded`, `failed` (given up) or `canceled` (somebody canceled it, or its"
        " endpoint was deleted).",
        "DueAt": "When it is sent (UTC); null while it waits behind another, and when it is finished.",
        "Attempts": "How often it was sent.",
        "Failures": "Failed attempts of this round that count; those during an outage do not.",
        "Manual": "Whether somebody asked for this round.",
        "WaitsFor": "The message about the same object that is sent before it; null when there is none.",
        "Behind": "How many messages about the same object wait for it, counted up to 1,000.",
        "Body": "The document as it is sent; null once it is pruned.",
        "Number": "Which attempt at the message it was, from 1.",
        "Kind": "Why it was made: `automatic`, `manual`, `probe` (is a parked endpoint back?) or `test`.",
        "Succeeded": "Whether the receiver answered 2xx in time, in full or more than we read.",
        "Status": "The HTTP status of the last answer, also of one that was cut; null when there was none.",
        "Error": "Why the last attempt failed: `http_status`, `timeout`, `dns`, `refused`, `tls`, `forbidden_address`,"
        " `connection` or `internal`.",
        "Detail": "More about the failure, in words.",
        "StartedAt": "When it began (UTC).",
        "DnsMs": "Milliseconds to look up the name; 0 when that was known.",
        "ConnectMs": "Milliseconds to connect; 0 over a connection that was there.",
        "TlsMs": "Milliseconds to agree on TLS; 0 over a connection that was there.",
        "WaitMs": "Milliseconds from the request to the first byte of the answer.",
        "TotalMs": "Milliseconds of all of it.",
        "RequestHeaders": "The headers that were sent, a line each.",
        "ResponseHeaders": "Status line and headers of the answer, a line each; of one that was cut those that came.",
        "ResponseBody": "The first 16 KiB of the answer; bytes that are no UTF-8 as U+FFFD.",
        "CreatedAt": "When it was made (UTC).",
        "FinishedAt": "When it succeeded or was given up (UTC); null before.",
    },
    "Attempt ListedAttempt": {
        "Status": "The HTTP status of the answer, also of one that was cut: then Error tells by what. Null when there"
        " was none.",
        "Error": "Why it failed: `http_status`, `timeout`, `dns`, `refused`, `tls`, `forbidden_address`,"
        " `connection` or `internal`; null when it did not.",
    },
    "Job": {
        "Id": "Our id of the job.",
        "EndpointId": "Whose messages they are.",
        "Act": "`retry` or `cancel`.",
        "What": "`failed`, `missed`, `waiting` or `selected` messages.",
        "Since": "From which moment on (UTC).",
        "Until": "Up to which moment (UTC).",
        "State": "`running`, `succeeded` or `canceled`.",
        "Total": "How many there are to look at.",
        "Done": "How many were looked at.",
        "Retried": "How many of these were set to be sent.",
        "Canceled": "How many of these were canceled.",
        "CreatedAt": "When it began (UTC).",
        "FinishedAt": "When it ended (UTC); null before.",
    },
    "Event": {"Metadata": "What happened, and when.", "Data": "What it happened to, as it was then; no null members."},
    "EventMetadata": {
        "Event": "The event type.",
        "Date": "When it happened (UTC).",
        "Id": "The id of the event, the same for every endpoint and on every attempt.",
        "Version": "Counts the changes of the object that the event is about: what is older can be dropped.",
    },
    "PublishRequest Published": {
        "Id": "The id of the event.",
        "Event": "An event type of your own.",
        "Subject": "What the event is about: events about one subject are sent in order. By default the event itself.",
        "Data": "What is sent as the Data of the event.",
        "Date": "When it was stored (UTC).",
        "Key": "Your own id of the event. Sent again, it stores nothing and answers the first result.",
        "Status": "201 stored now, 200 its Key was there already.",
    },
    "EventType EventTypeRequest": {
        "Name": "The name of the event type, such as `invoice.paid`.",
        "Meaning": "When such an event happens: `an invoice was paid`.",
        "Schema": "The JSON Schema of its Data.",
        "CheckData": "Whether events are refused whose Data do not fit the Schema (draft 2020-12): true for a new type "
        "unless you say otherwise, false for types from before this was checked.",
        "Sample": "Data as an example, for test sends.",
        "Custom": "Whether it is one of yours.",
        "OptIn": "Whether only an endpoint or a reader of the feed that names it gets it.",
    },
}
