"""The meanings of the members of the API. A meaning that several schemas share is written once.

Each table maps names of schemas to the meanings of their members; a later entry wins. The type of a member says how
it is written (its limits, the forms of a time).
"""

from collections.abc import Mapping

from waybell.web.api.words import directory, estimates, exceptions, keys, orders, routes, webhooks

Table = Mapping[str, Mapping[str, str]]

TABLES: tuple[Table, ...] = (
    orders.WORDS,
    routes.WORDS,
    estimates.WORDS,
    exceptions.WORDS,
    directory.WORDS,
    webhooks.WORDS,
    keys.WORDS,
)


def _by_schema(tables: tuple[Table, ...]) -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = {}
    for table in tables:
        for schemas, members in table.items():
            for schema in schemas.split():
                found.setdefault(schema, {}).update(members)
    return found


_WORDS = _by_schema(TABLES)


def meaning(schema: str, member: str) -> str | None:
    """Return the meaning of a member of a schema; None when no table has it."""
    return _WORDS.get(schema, {}).get(member)
