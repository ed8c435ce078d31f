"""Sent forms. Each form carries a token, so that a double click creates a single object."""

from datetime import timedelta

from sqlalchemy import delete, select

from waybell.accounts.tables import sent_forms
from waybell.db.database import Tx

_REMEMBERED = timedelta(days=1)  # a form that is sent again after this time creates another object


def made_by(tx: Tx, account_id: str, token: str) -> str | None:
    """Return the id of the object that the form with this token created, or None for a new form."""
    query = select(sent_forms.c.made).where(sent_forms.c.account_id == account_id, sent_forms.c.token == token)
    made: str | None = tx.execute(query).scalar()
    return made


def note(tx: Tx, account_id: str, token: str, made: str) -> None:
    """Store the id of the object that a form created, and delete the entries of old forms."""
    old = (sent_forms.c.account_id == account_id) & (sent_forms.c.created_at < tx.now - _REMEMBERED)
    tx.execute(delete(sent_forms).where(old))
    row = {"account_id": account_id, "token": token, "made": made, "created_at": tx.now}
    tx.execute(sent_forms.insert(), row)
