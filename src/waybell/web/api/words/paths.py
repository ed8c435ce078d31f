"""The meanings of parameters in paths, by operation, by noun, or by the parameter alone."""

_KEY = "A slash in it is written `%2F`; blanks around it do not count."
_DAY = "The day, `yyyy-MM-dd` (local); a time behind it does not count."

_PARAMETERS = {
    "number": f"The Number of the order. {_KEY}",
    "trackId": "The TrackId of the order (UUID).",
    "orderId": f"The Id of the order, your own. {_KEY}",
    "code": f"The Code of the route. {_KEY}",
    "username": f"The Username of the driver, in any letter case. {_KEY}",
    "id": f"The Id of the entry, your own. {_KEY}",
    "Order.id": f"The Id of the order, your own. {_KEY}",
    "Route.id": f"The Id of the route, your own. {_KEY}",
    "Driver.id": "Our id of the driver (UUID).",
    "Vehicle.id": "Our id of the vehicle, a whole number.",
    "VehicleCheck.number": f"The Number of the vehicle, in any letter case. {_KEY}",
    "date": _DAY,
    "GetOrderByStatusDate.date": "The moment, `yyyy-MM-ddTHH:mm:ss`, in UTC unless it names a zone.",
    "endpointId": "The id of the endpoint, `ep_...`.",
    "messageId": "The id of the message, `msg_...`.",
    "jobId": "The id of the job, as `Location` named it when it began.",
    "keyId": "The id of the key; not its text.",
    "name": f"The name of the event type. {_KEY}",
}


def parameter(operation_id: str, noun: str, name: str) -> str:
    """Return the meaning of a parameter of a path. Raise `KeyError` when there is none."""
    ways = (f"{operation_id}.{name}", f"{noun}.{name}", name)
    return _PARAMETERS[next((way for way in ways if way in _PARAMETERS), name)]
