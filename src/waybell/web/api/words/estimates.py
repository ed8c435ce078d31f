"""What the members of the events of estimates mean; their keys are described with orders and routes."""

WORDS = {
    "OrderEtaChanged RouteDelayed RouteProgress": {
        "ReceivedDate": "When the server learned of it (UTC).",
        "LateBy": "By how many minutes it comes after its time slot; 0 when it is in time.",
        "Cause": "What moved the estimate, such as `Start`, `Departure`, `Outcome`, `Sequence`, `Position` or `Time`.",
        "RoadEngine": "How the way was measured: `line` for straight lines times a factor.",
    },
    "OrderEtaChanged": {
        "EtaPlan": "When the driver was to come, as planned (local).",
        "EtaBefore": "When the driver was to come by the last event of this type (local); null in the first.",
        "Eta": "When the driver is expected now (local).",
        "StopsBefore": "How many stops the driver has to make before.",
    },
    "RouteDelayed RouteProgress": {
        "LateOrders": "How many orders are expected after their time slots.",
        "BehindBy": "By how many minutes the end of the route is behind its plan.",
        "StopsDone": "How many stops are done.",
        "StopsTotal": "How many stops the route has.",
        "NextEta": "When the driver is expected at the next stop (local).",
        "FinishTime": "When the route is expected to end (local).",
        "LocationLat": "The latitude of the vehicle, in degrees.",
        "LocationLon": "The longitude of the vehicle, in degrees.",
        "LocationDate": "When the vehicle was there (local).",
    },
    "RouteDelayed": {"LateBy": "By how many minutes the latest of these orders comes after its time slot."},
}
