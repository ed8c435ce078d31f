"""What the members of exceptions mean."""

WORDS = {
    "Exception": {
        "Id": "Our id of the exception, `e...`; the same trouble later has another one.",
        "Kind": "What is the matter, such as `late`, `failed` or `no-position`; docs/dispatch.md lists all kinds.",
        "Severity": "3 cannot wait, 2 is to be looked at today, 1 is good to know.",
        "Since": "Since when it has been so (UTC).",
        "ClearedAt": "Until when it was so (UTC); null while it is open.",
        "Text": "What is the matter, for people.",
        "Advice": "What people can do about it.",
        "TrackId": "The TrackId of the order; null when it is about a route as a whole.",
        "Number": "The Number of the order.",
        "OrderId": "The Id of the order, your own.",
        "RouteCode": "The Code of the route, or of the route that the order is on.",
        "RouteId": "The Id of that route, your own.",
    },
}
