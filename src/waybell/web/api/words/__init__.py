"""What the members of the API's documents mean. A meaning that several schemas share is written once.

The tables have one shape: names of schemas, and what their members mean. What a table says later holds. How a member
is to be written (its type, its limits, the forms of a time) is said by its type.
"""

from collections.abc import Mapping

from waybell.web.api.words import directory, keys, orders, routes, webhooks

Table = Mapping[str, Mapping[str, str]]

TABLES: tuple[Table, ...] = (orders.WORDS, routes.WORDS, directory.WORDS, webhooks.WORDS, keys.WORDS)


def _by_schema(tables: tuple[Table, ...]) -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = {}
    for table in tables:
        for schemas, members in table.items():
            for schema in schemas.split():
                found.setdefault(schema, {}).update(members)
    return found


_WORDS = _by_schema(TABLES)


def meaning(schema: str, member: str) -> str | None:
    """What this member of the schema means; None when no table has it."""
    return _WORDS.get(schema, {}).get(member)
