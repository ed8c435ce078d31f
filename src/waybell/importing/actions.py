"""What a person can do with imports: upload a file, say what its columns are, look at it, import, cancel, undo."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from waybell.accounts import audit
from waybell.accounts.model import Actor
from waybell.db.advisory_locks import take_lock
from waybell.db.database import Database, Tx
from waybell.db.failures import ALREADY_THERE
from waybell.directory import entry_store
from waybell.directory.entry_kinds import CUSTOM_FIELD
from waybell.ground.clock import Moment
from waybell.ground.errors import Conflict, Invalid, NotFound
from waybell.ground.ids import new_id
from waybell.importing import reading_process, store
from waybell.importing.assembling import Columns
from waybell.importing.fields import FIELDS, KEYS, field_of, signature
from waybell.importing.matching import match
from waybell.importing.parts import packed, unpacked
from waybell.importing.reading import Checked, Look, Reading
from waybell.importing.records import UNDO_WITHIN, Import
from waybell.importing.values import How
from waybell.importing.writing import counted

_PIECE = 1024 * 1024
_LISTED = 50
_CUSTOM_FIELDS = 200
ENDED = "This import has begun already. Upload the file again to import it in another way."


@dataclass(frozen=True, slots=True)
class Wishes:
    """The wishes of a person: what the columns of a file are, and what is done with orders that are there already."""

    fields: Sequence[str]
    fixed: Mapping[str, str]
    key: str = "Number"  # of KEYS, or empty: each order is new
    existing: str = "skip"  # or update
    missing: str = "create"  # or refuse
    repeated: str = "refuse"  # lines, orders or refuse
    decimal: str = ""
    day_order: str = ""

    def checked(self, width: int) -> "Wishes":
        """Return the wishes if they can be carried out.

        Raise `Invalid` otherwise: a form can send anything.
        """
        if len(self.fields) != width or not all(not name or field_of(name) for name in [*self.fields, *self.fixed]):
            raise Invalid("The columns are not those of this file. Open the page anew.")
        allowed = {
            "key": (*KEYS, ""),
            "existing": ("skip", "update"),
            "missing": ("create", "refuse"),
            "repeated": ("lines", "orders", "refuse"),
            "decimal": (".", ",", ""),
            "day_order": ("dmy", "mdy", ""),
        }
        for name, values in allowed.items():
            if getattr(self, name) not in values:
                raise Invalid("The form holds a choice that does not exist. Open the page anew.")
        twice = next((name for at, name in enumerate(self.fields) if name and _is_twice(self.fields, at)), None)
        if twice:
            found = field_of(twice)
            assert found
            raise Invalid(f"{found.label}: two columns are mapped to it. Leave one of them out.")
        if self.key and self.repeated == "orders":
            raise Invalid(
                "Rows with the same number are to be orders of their own, so orders cannot be recognised by it. Choose "
                "that they are recognised by nothing."
            )
        if not any(self.fields):
            raise Invalid("No column is mapped yet. Say at least what the number, the client and the address are.")
        for member in filter(None, self.key.split("+")):
            if member not in self.fields and member not in self.fixed:
                raise Invalid(f"Orders are to be recognised by {member}, but no column is mapped to it.")
        return self


def _is_twice(fields: Sequence[str], at: int) -> bool:
    name = fields[at]
    found = field_of(name)
    return name in fields[:at] and not (found and found.joins)


def suggested(look: Mapping[str, Any], known: Mapping[str, Any] | None) -> Wishes:
    """Return the wishes that are likely: those that were last made for the same columns, else by the headers."""
    if known:
        return Wishes(**{**known, "decimal": "", "day_order": ""})
    guesses = look["guesses"]
    has_goods = any(name in FIELDS and FIELDS[name].is_goods for name in guesses)
    key = next((name for name in ("TrackId", "Number", "Id") if name in guesses), "")
    existing = "update" if key == "TrackId" else "skip"
    return Wishes(guesses, {}, key, existing, repeated="lines" if has_goods else "refuse")


def receive(database: Database, actor: Actor, file_name: str, data: bytes) -> str:
    """Store an uploaded file after a first look at it; return the id of the import.

    Raise `Invalid` for a file that is no table.
    """
    if not data:
        raise Invalid("File: choose a file first.")
    return keep(database, actor, file_name, data, reading_process.look(data, Reading()))


def keep(database: Database, actor: Actor, file_name: str, data: bytes, look: Look) -> str:
    """Store a file with the first look at it, piece by piece; return the id of the import."""
    import_id = new_id("imp")
    row = {
        "id": import_id,
        "account_id": actor.account.id,
        "user_id": actor.id,
        "who": actor.name,
        "scope": asdict(actor.scope),
        "file_name": file_name.replace("\\", "/").rpartition("/")[2].strip()[:200] or "file",
        "file_size": len(data),
        "file_hash": hashlib.sha256(data).hexdigest(),
        "look": asdict(look),
        "state": "uploaded",
    }
    with database.transaction() as tx:
        store.insert(tx, row)
    for number, start in enumerate(range(0, len(data), _PIECE)):
        with database.transaction() as tx:
            store.add_piece(tx, import_id, number, data[start : start + _PIECE])
    return import_id


def find(tx: Tx, actor: Actor, import_id: str, *, lock: bool = False) -> Import:
    """Return an import that the actor may see.

    Raise `NotFound` when there is none. Somebody with a restricted scope sees only own imports, made in this scope.
    """
    found = store.find(tx, actor.account.id, import_id, lock=lock)
    if found is None or not _may_see(actor, found):
        raise NotFound("There is no such import in this account.")
    return found


def list_newest(tx: Tx, actor: Actor) -> list[Import]:
    found = store.newest(tx, actor.account.id, None if actor.scope.is_all else actor.id, _LISTED)
    return [one for one in found if _may_see(actor, one)]


def _may_see(actor: Actor, one: Import) -> bool:
    return actor.scope.is_all or (one.user_id == actor.id and one.limits == actor.scope)


def same_file(tx: Tx, actor: Actor, one: Import) -> Import | None:
    """Return another import of the same bytes that wrote something and was not undone, if the actor may see it."""
    found = store.with_hash(tx, one.account_id, one.file_hash, other_than=one.id)
    return found if found and _may_see(actor, found) else None


def custom_fields(tx: Tx, actor: Actor) -> list[str]:
    """Return the ids of the custom fields that the account has defined."""
    listed = entry_store.listed(tx, actor.account.id, CUSTOM_FIELD, "", _CUSTOM_FIELDS)
    return [entry.id for entry in listed if entry.id]


def wishes_of(tx: Tx, one: Import) -> Wishes:
    """Return what was said about the columns of this file, or what is likely."""
    if one.columns:
        return Wishes(**one.columns)
    known = store.remembered(tx, one.account_id, _digest(one.look["headers"]))
    if known and len(known["fields"]) != len(one.look["headers"]):
        known = None
    return suggested(one.look, known)


def _digest(headers: list[str]) -> str:
    return hashlib.sha256(signature(headers).encode()).hexdigest()


def look_again(database: Database, actor: Actor, import_id: str, reading: Reading) -> None:
    """Read the file in another way; what was said about its columns is forgotten.

    Raise `Invalid` when it cannot be read in this way.
    """
    _, data = _open(database, actor, import_id)
    look = reading_process.look(data, reading)
    with database.transaction() as tx:
        _check_open(find(tx, actor, import_id, lock=True))
        store.remove_parts(tx, import_id)
        store.change(tx, import_id, look=asdict(look), columns=None, found=None, state="uploaded", parts=0)


def _open(database: Database, actor: Actor, import_id: str) -> tuple[Import, bytes]:
    with database.reading() as tx:
        one = find(tx, actor, import_id)
        _check_open(one)
        data = store.file_of(tx, import_id)
    if len(data) != one.file_size:
        raise Invalid("The upload was cut off. Upload the file again.")
    return one, data


def _check_open(one: Import) -> None:
    if one.state not in ("uploaded", "checked"):
        raise Conflict(ENDED)


def check(database: Database, actor: Actor, import_id: str, wishes: Wishes, max_lines: int) -> None:
    """Make orders of the rows, and find out what would be done with each; nothing of it is done yet.

    Raise `Invalid` for wishes that cannot be carried out.
    """
    one, data = _open(database, actor, import_id)
    wishes = wishes.checked(len(one.look["headers"]))
    moment = Moment(database.clock.now(), actor.account.zone)
    columns = Columns(wishes.fields, wishes.fixed, wishes.key, wishes.repeated)  # type: ignore[arg-type]
    how = How(wishes.decimal, wishes.day_order)  # type: ignore[arg-type]
    checked = reading_process.check(data, Reading(**one.look["reading"]), columns, how, moment, max_lines)
    settle(database, actor, import_id, wishes, checked)


def settle(database: Database, actor: Actor, import_id: str, wishes: Wishes, checked: Checked) -> None:
    """Store the orders of a file with what would be done with each.

    Raise `Conflict` when the import has begun, or when somebody else checks the same file at this moment.
    """
    try:
        _settle(database, actor, import_id, wishes, checked)
    except ALREADY_THERE:
        raise Conflict("Somebody else checks this file at this moment. Load the page again.") from None


def _settle(database: Database, actor: Actor, import_id: str, wishes: Wishes, checked: Checked) -> None:
    with database.transaction() as tx:
        _check_open(find(tx, actor, import_id, lock=True))
        store.remove_parts(tx, import_id)
        store.change(tx, import_id, state="uploaded", parts=0)
    counts = _store_parts(database, actor, import_id, wishes, checked)
    with database.transaction() as tx:
        one = find(tx, actor, import_id, lock=True)
        _check_open(one)
        found = {
            "decimal": checked.how.decimal,
            "day_order": checked.how.day_order,
            "decimal_two_ways": checked.number_two_ways,
            "day_order_two_ways": checked.date_two_ways,
        }
        store.change(
            tx,
            import_id,
            state="checked",
            columns=asdict(wishes),
            found=found,
            rows=checked.rows,
            orders=checked.orders,
            parts=len(checked.parts),
            **counts,
        )
        store.remember(tx, one.account_id, _digest(one.look["headers"]), asdict(wishes))


def _store_parts(database: Database, actor: Actor, import_id: str, wishes: Wishes, checked: Checked) -> dict[str, int]:
    counts = {"created": 0, "updated": 0, "skipped": 0, "refused": 0, "warned": 0}
    by = asdict(wishes)
    for number, body in enumerate(checked.parts):
        part = unpacked(body)
        with database.reading(scope=actor.scope) as tx:
            match(tx, actor, by, part)
        of_part = {**counted(part), "warned": sum(bool(order.problems) and not order.is_wrong for order in part)}
        counts = {name: count + of_part[name] for name, count in counts.items()}
        with database.transaction(durable=False) as tx:
            store.add_part(tx, import_id, number, packed(part), of_part["refused"], of_part["warned"])
    return counts


def begin(tx: Tx, actor: Actor, import_id: str, *, all_or_nothing: bool, again: bool) -> None:
    """Begin to write the orders; `slices.run_once` goes on.

    `again` says that the same file may be imported once more. Raise `Conflict` when something speaks against it.
    """
    take_lock(tx, "import", actor.account.id)
    one = find(tx, actor, import_id, lock=True)
    if one.state in ("running", "succeeded"):  # a double click
        return
    if one.state != "checked":
        raise Conflict("Say first what the columns of the file are." if one.state == "uploaded" else ENDED)
    if one.questions:
        raise Conflict("Some values can be read two ways. Answer the question first.")
    if all_or_nothing and one.refused:
        raise Conflict(f"{one.refused} orders of the file cannot be imported, so nothing is.")
    if not one.created + one.updated:
        raise Conflict("There is nothing to import in this file.")
    before = same_file(tx, actor, one)
    if before and not again:
        raise Conflict("The same file was imported before. Confirm that it is to be imported once more.")
    store.change(
        tx,
        import_id,
        state="running",
        begun_at=tx.now,
        all_or_nothing=all_or_nothing,
        scope=asdict(actor.scope),
        user_id=actor.id,
        who=actor.name,
    )
    audit.record(tx, actor, "began an import", import_id, f"{one.file_name}, {one.orders:,} orders")


def cancel(tx: Tx, actor: Actor, import_id: str) -> None:
    """Stop an import under way; what it has written stays, and can be undone."""
    one = find(tx, actor, import_id, lock=True)
    if one.state == "running":
        store.change(tx, import_id, state="canceled", finished_at=tx.now)
        audit.record(tx, actor, "canceled an import", import_id, one.file_name)


def undo(tx: Tx, actor: Actor, import_id: str) -> None:
    """Begin to take back what an import has changed.

    Raise `Conflict` when it is too late for that, or when there is nothing to take back.
    """
    one = find(tx, actor, import_id, lock=True)
    if one.state in ("undoing", "undone"):
        return
    if not one.may_be_undone(tx.now):
        hours = int(UNDO_WITHIN.total_seconds() // 3600)
        raise Conflict(f"This import cannot be undone: that goes for {hours} hours after it has ended.")
    store.change(tx, import_id, state="undoing")
    audit.record(tx, actor, "undid an import", import_id, one.file_name)


def discard(tx: Tx, actor: Actor, import_id: str) -> None:
    """Delete an import that has not begun.

    Raise `Conflict` for another one.
    """
    one = find(tx, actor, import_id, lock=True)
    _check_open(one)
    store.remove(tx, import_id)
