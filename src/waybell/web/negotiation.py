"""What a caller wants, read from headers such as `application/xml, application/json;q=0.5`."""

JSON = ("application/json", "text/json")
XML = ("application/xml", "text/xml")


def weights(header: str) -> dict[str, float]:
    """The entries of the header, in its order, and how much each is wanted: from 0, not at all, to 1."""
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
    """The type to answer in: the one of JSON and XML that is wanted most, as the caller names it.

    Among equals the first counts. Who takes anything, says nothing or wants none of ours gets `default`.
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
