"""Content negotiation: what a caller prefers, from headers such as `application/xml, application/json;q=0.5`."""

JSON = ("application/json", "text/json")
XML = ("application/xml", "text/xml")


def weights(header: str) -> dict[str, float]:
    """Return the entries of the header in its order, each with its weight from 0 (refused) to 1."""
    found = {}
    for entry in header.lower().split(","):
        name, *parameters = (part.strip() for part in entry.split(";"))
        given = [part.removeprefix("q=") for part in parameters if part.startswith("q=")]
        found[name] = _weight(given[0]) if given else 1.0
    return found


def _weight(text: str) -> float:
    try:
        return min(float(text), 1.0)
    except ValueError:
        return 0.0


def media_type(accept: str, default: str = JSON[0]) -> str:
    """Return the media type to answer in: the preferred one of JSON and XML, as the caller names it.

    Among equals the first counts. A caller that accepts anything, says nothing or accepts neither gets `default`.
    """
    wanted_most_first = sorted(weights(accept).items(), key=lambda entry: -entry[1])
    for wanted, weight in wanted_most_first:
        if weight <= 0:
            break
        if wanted in JSON + XML:
            return wanted
        if wanted in {"*/*", default, f"{default.partition('/')[0]}/*"}:
            break
    return default
