"""The forms that were sent: each carries a token, so that a double click makes one thing and not two."""

from datetime import timedelta

from sqlalchemy import delete, select

from waybell.accounts.tables import sent_forms
from waybell.db.database import Tx

_REMEMBERED = timedelta(days=1)  # a form that is sent again later than that is meant


def made_by(tx: Tx, account_id: str, token: str) -> str | None:
    """Return the id of what the form with this token has made; None when it was not sent before."""
    query = select(sent_forms.c.made).where(sent_forms.c.account_id == account_id, sent_forms.c.token == token)
    made: str | None = tx.execute(query).scalar()
    return made


def note(tx: Tx, account_id: str, token: str, made: str) -> None:
    """Remember what a form has made, and forget the forms of days ago."""
    old = (sent_forms.c.account_id == account_id) & (sent_forms.c.created_at < tx.now - _REMEMBERED)
    tx.execute(delete(sent_forms).where(old))
    row = {"account_id": account_id, "token": token, "made": made, "created_at": tx.now}
    tx.execute(sent_forms.insert(), row)
