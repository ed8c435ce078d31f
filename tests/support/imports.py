"""Imports without pages and without processes: a file is read here, checked, and carried out slice by slice."""

from typing import Any

from waybell.accounts.model import Actor
from waybell.app import App
from waybell.ground.clock import Moment
from waybell.importing import actions, slices
from waybell.importing.assembling import Columns
from waybell.importing.reading import Reading, Task, checked, looked
from waybell.importing.records import Import
from waybell.importing.values import How


def prepare(app: App, actor: Actor, data: bytes, **wishes: Any) -> str:
    """Upload the file and check it, with these wishes; return the id of the import."""
    import_id = actions.keep(app.database, actor, "orders", data, looked(Task(data, Reading())))
    with app.database.reading() as tx:
        one = actions.find(tx, actor, import_id)
        known = actions.suggested(one.look, None)
    asked = actions.Wishes(**{**{name: getattr(known, name) for name in known.__slots__}, **wishes})
    asked = asked.checked(len(one.look["headers"]))
    columns: Any = Columns(*map(asked.__getattribute__, ("fields", "fixed", "key", "repeated")))
    moment = Moment(app.clock.now(), actor.account.zone)
    how: Any = (asked.decimal, asked.day_order)
    reading = Reading(**one.look["reading"])
    task = Task(data, reading, columns, How(*how), moment.now, moment.zone.key, 1000)
    actions.settle(app.database, actor, import_id, asked, checked(task, columns))
    return import_id


def begin(app: App, actor: Actor, import_id: str, *, all_or_nothing: bool = False, again: bool = False) -> None:
    with app.database.transaction() as tx:
        actions.begin(tx, actor, import_id, all_or_nothing=all_or_nothing, again=again)


def finish(app: App, actor: Actor, import_id: str) -> Import:
    """Carry out what is under way, and return the import as it is then."""
    while slices.run_once(app.database, 1000):
        pass
    return state(app, actor, import_id)


def state(app: App, actor: Actor, import_id: str) -> Import:
    with app.database.reading() as tx:
        return actions.find(tx, actor, import_id)


def done(app: App, actor: Actor, data: bytes, **wishes: Any) -> Import:
    """Import the file."""
    import_id = prepare(app, actor, data, **wishes)
    begin(app, actor, import_id, again=True)
    return finish(app, actor, import_id)


def undone(app: App, actor: Actor, import_id: str) -> Import:
    with app.database.transaction() as tx:
        actions.undo(tx, actor, import_id)
    return finish(app, actor, import_id)
