"""Saved views: the query of a list, with its filters, columns and sort, under a name of the user's own."""

from dataclasses import dataclass

from sqlalchemy import delete, func, select

from waybell.accounts.tables import saved_views
from waybell.db.database import Tx
from waybell.db.inserting import insert_into
from waybell.ground.errors import Invalid

_MOST = 50  # of one user and list
_LONGEST_NAME, _LONGEST_QUERY = 60, 2000  # characters


@dataclass(frozen=True, slots=True)
class SavedView:
    name: str
    query: str  # as in a URL, without the question mark


def list_views(tx: Tx, user_id: str, of_list: str) -> list[SavedView]:
    """Return the views that a user has saved of a list, by their names."""
    query = select(saved_views.c.name, saved_views.c.query).where(
        saved_views.c.user_id == user_id, saved_views.c.list == of_list
    )
    return [SavedView(*row) for row in tx.execute(query.order_by(saved_views.c.name))]


def save(tx: Tx, user_id: str, of_list: str, view: SavedView) -> None:
    """Save a view, also over the one with this name. Raise `Invalid` when it has no name or is too long."""
    if not view.name or len(view.name) > _LONGEST_NAME or not view.name.isprintable():
        raise Invalid(f"A view needs a name of at most {_LONGEST_NAME} characters.")
    if len(view.query) > _LONGEST_QUERY:
        raise Invalid("These filters are too long to be saved.")
    count = select(func.count()).where(
        saved_views.c.user_id == user_id, saved_views.c.list == of_list, saved_views.c.name != view.name
    )
    if (tx.execute(count).scalar() or 0) >= _MOST:
        raise Invalid(f"You have {_MOST} views already. Delete one first.")
    row = {"user_id": user_id, "list": of_list, "name": view.name, "query": view.query, "created_at": tx.now}
    insert = insert_into(saved_views, on_postgres=tx.on_postgres).values(**row)
    tx.execute(insert.on_conflict_do_update(index_elements=["user_id", "list", "name"], set_={"query": view.query}))


def remove(tx: Tx, user_id: str, of_list: str, name: str) -> None:
    """Delete a view; one that is not there is gone already."""
    these = (saved_views.c.user_id == user_id, saved_views.c.list == of_list, saved_views.c.name == name)
    tx.execute(delete(saved_views).where(*these))
