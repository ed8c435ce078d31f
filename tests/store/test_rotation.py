"""A new secret key takes over: nothing is lost wherever it is stopped, and whoever runs meanwhile can read all."""

import stat
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from sqlalchemy import select, update

from support.endpoints import an_endpoint, tools_of
from support.stored import all_values
from waybell.accounts import audit
from waybell.app import build
from waybell.db.database import Database
from waybell.ground.errors import SetupError
from waybell.installation import key_check, rotation
from waybell.schema.sealed import SEALED
from waybell.vault import Vault, keep_newest, key_file, new_key, put_in_front
from waybell.webhooks.endpoints import actions
from waybell.webhooks.endpoints import store as endpoint_store
from waybell.webhooks.endpoints.tables import endpoint_secrets, endpoints


@pytest.fixture(autouse=True)
def _small_batches(monkeypatch):
    monkeypatch.setattr(rotation, "BATCH", 4)


@pytest.fixture
def file(app):
    return key_file(app.settings)


@pytest.fixture
def made(app, account):
    """Endpoints with sealed headers, some without, one deleted."""
    with app.database.transaction() as tx:
        key_check.remember(tx, app.vault)
    ids = [
        an_endpoint(app, account, schemes=("v1", "v1a"), headers={"Authorization": f"Bearer {n}"} if n % 3 else {})
        for n in range(9)
    ]
    with app.database.transaction() as tx:
        actions.remove(tx, tools_of(app), actor_of(account), ids.pop())
    return ids


def actor_of(account):
    from waybell.accounts.model import Actor  # noqa: PLC0415

    return Actor(account, "tests")


def in_the_clear(database, vault, ids):
    with database.reading() as tx:
        return {one.id: (one.secrets, one.headers) for one in endpoint_store.load_endpoints(tx, vault, ids).values()}


def sealed_values(database) -> list[str]:
    """Whatever looks like a sealed value, wherever in the database it stands."""
    return [value for value in all_values(database) if value.startswith("gAAAA")]


def test_all_that_is_sealed_is_sealed_with_the_new_key_and_says_the_same(app, db, made, file):
    before = in_the_clear(db, app.vault, made)
    old = Vault(file.read_text())
    put_in_front(file, new_key())
    count = len(sealed_values(db))
    assert rotation.count_older(db, app.vault, SEALED) == count == 1 + 8 * 2 + 5
    assert rotation.reseal(db, app.vault, SEALED) == count - 1
    newest = Vault(file.read_text().split()[0])
    assert in_the_clear(db, newest, made) == before
    assert [newest.open(value) for value in sealed_values(db)]
    with pytest.raises(SetupError), db.reading() as tx:
        key_check.verify(tx, old)
    assert rotation.count_older(db, app.vault, SEALED) == 0
    assert rotation.reseal(db, app.vault, SEALED) == 0


def test_it_is_on_record_once(app, db, made, file, account):
    put_in_front(file, new_key())
    for _ in range(2):
        rotation.reseal(db, app.vault, SEALED)
    with db.reading() as tx:
        found = [one.who for one in audit.entries(tx, account) if "secret key" in one.act]
    assert found == ["the terminal of the server"]


def test_retiring_is_on_record_and_is_not_when_it_fails(app, db, file, account, tmp_path):
    put_in_front(file, new_key())
    with pytest.raises(SetupError, match="no folder"):
        rotation.retire(db, tmp_path / "no folder" / "secret.key")
    newest = file.read_text().split()[0]
    rotation.retire(db, file)
    with db.reading() as tx:
        found = [(one.who, one.act) for one in audit.entries(tx, account)]
    assert found == [("the terminal of the server", "retired the old secret keys of this installation")]
    assert file.read_text().split() == [newest]


def test_stopped_before_any_commit_it_loses_nothing_and_goes_on(app, db, made, file):
    """Each round is stopped one transaction later than the one before."""
    before = in_the_clear(db, app.vault, made)
    put_in_front(file, new_key())
    rounds = 0
    while True:
        commits = 0

        def stop_at(_tx, after=rounds):
            nonlocal commits
            commits += 1
            if commits > after:
                raise KeyboardInterrupt

        stopping = Database(app.settings.resolved_database_url, before_commit=stop_at)
        try:
            rotation.reseal(stopping, app.vault, SEALED)
            break
        except KeyboardInterrupt:
            with db.reading() as tx:
                assert not rotation.is_complete(tx, app.vault)
        finally:
            stopping.close()
        assert in_the_clear(db, app.vault, made) == before
        rounds += 1
    assert rounds > 1
    assert rotation.count_older(db, app.vault, SEALED) == 0
    assert in_the_clear(db, app.vault, made) == before


def test_what_a_server_writes_meanwhile_stays(app, db, made, file, account):
    put_in_front(file, new_key())
    column = endpoints.c.headers
    [rows] = [rows for rows in rotation._batches(db, column) if rows][:1]
    changed = rows[0].id
    with db.transaction() as tx:
        actions.change(tx, tools_of(app), actor_of(account), changed, {"headers": {"X-New": "1"}})
        tx.execute(update(endpoints).where(endpoints.c.id == rows[1].id).values(headers=None))
    assert rotation._reseal(db, app.vault, column, rows) == len(rows) - 2
    now = in_the_clear(db, app.vault, [changed, rows[1].id])
    assert now[changed][1] == (("X-New", "1"),)
    assert now[rows[1].id][1] == ()


def test_a_process_that_runs_follows_the_file(app, db, made, file, account):
    """`app` was assembled before the rotation, and `other` is another process in the middle of it."""
    before = in_the_clear(db, app.vault, made)
    other = build(app.settings)
    put_in_front(file, new_key())
    added = an_endpoint(app, account)
    with db.reading() as tx:
        sealed = tx.execute(
            select(endpoint_secrets.c.secret).where(endpoint_secrets.c.endpoint_id == added)
        ).scalar_one()
    assert Vault(file.read_text().split()[0]).open(sealed)
    assert in_the_clear(db, other.vault, [added])[added]
    rotation.reseal(db, other.vault, SEALED)
    keep_newest(file)
    assert in_the_clear(db, app.vault, made) == before
    other.close()


def test_links_of_the_old_key_are_good_until_it_goes(app, db, made, file, clock):
    def is_good(url: str) -> bool:
        parts = urlsplit(url)
        query = parse_qs(parts.query)
        with db.reading() as tx:
            return tx.links.is_good(parts.path, query["until"][0], query["sig"][0], clock.now())

    def link() -> str:
        with db.reading() as tx:
            return tx.links.until(clock.now() + timedelta(days=1), "/picture/pic_1.jpg")

    old = link()
    put_in_front(file, new_key())
    rotation.reseal(db, app.vault, SEALED)
    new = link()
    assert old != new
    assert (is_good(old), is_good(new)) == (True, True)
    keep_newest(file)
    assert (is_good(old), is_good(new)) == (False, True)


def test_a_value_of_an_unknown_key_stops_it_and_nothing_is_dropped(app, db, made, file):
    with db.transaction() as tx:
        sealed = Vault(new_key()).seal("{}")
        tx.execute(update(endpoints).where(endpoints.c.id == made[-1]).values(headers=sealed))
    put_in_front(file, new_key())
    with pytest.raises(SetupError, match="another key"):
        rotation.reseal(db, app.vault, SEALED)
    with db.reading() as tx:
        assert not rotation.is_complete(tx, app.vault)


def test_the_key_file_is_its_owners_alone_and_is_replaced_in_one_step(file, app):
    (old,) = file.read_text().split()
    (file.parent / "secret.key.new").write_text("half a k")  # of one who was killed
    fresh = new_key()
    put_in_front(file, fresh)
    assert file.read_text().split() == [fresh, old]
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    keep_newest(file)
    assert file.read_text().split() == [fresh]
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert not (file.parent / "secret.key.new").exists()


def test_a_key_file_that_somebody_is_editing_does_not_stop_a_process(app, file):
    sealed = app.vault.seal("x")
    whole = file.read_text()
    for text in ("", whole[:10], "not a key"):
        file.write_text(text)
        assert app.vault.open(sealed) == "x"
    file.unlink()
    assert app.vault.open(sealed) == "x"
    file.write_text(f"{new_key()}\n{whole}")
    assert app.vault.key_count == 2
