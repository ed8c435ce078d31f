"""Conditions on messages, spelled as the partial indexes spell them, so that both databases choose those indexes."""

from typing import Literal

from sqlalchemy import ColumnElement, Text, and_, literal_column

from waybell.webhooks.messages.tables import messages

# Statements hold these states as literals, because a database matches a partial index by the text of its condition.
WAITING, SENDING, FAILED = (literal_column(f"'{state}'", Text) for state in ("waiting", "sending", "failed"))

Part = Literal["behind", "heads"]
# The two parts of the unfinished messages. Each part has an index of its own.
PARTS: dict[Part, ColumnElement[bool]] = {
    "behind": and_(messages.c.due_at.is_(None), messages.c.finished_at.is_(None)),
    "heads": and_(messages.c.due_at.is_not(None), messages.c.finished_at.is_(None)),
}
