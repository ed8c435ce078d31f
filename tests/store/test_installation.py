"""The installation's own rows, on both databases: the key check and the life signs."""

from datetime import timedelta

import pytest

from waybell.ground.errors import SetupError
from waybell.installation import heartbeats, key_check
from waybell.vault import Vault

OTHER_KEY = "A" * 43 + "="


def test_the_right_key_passes_and_another_is_refused(app, db):
    with db.transaction() as tx:
        key_check.remember(tx, app.vault)
    with db.reading() as tx:
        key_check.verify(tx, app.vault)
        with pytest.raises(SetupError, match="WAYBELL_SECRET_KEY"):
            key_check.verify(tx, Vault(OTHER_KEY))


def test_the_first_key_is_remembered_and_a_second_is_refused(app, db):
    with db.transaction() as tx:
        key_check.remember(tx, app.vault)
    with pytest.raises(SetupError), db.transaction() as tx:
        key_check.remember(tx, Vault(OTHER_KEY))


def test_a_new_key_in_front_of_the_old_one_passes(app, db, tmp_path):
    with db.transaction() as tx:
        key_check.remember(tx, app.vault)
    old = (tmp_path / "secret.key").read_text()
    with db.reading() as tx:
        key_check.verify(tx, Vault(f"{OTHER_KEY},{old}"))


def test_nothing_is_remembered_before_the_first_start(db):
    with db.reading() as tx:
        assert not key_check.is_remembered(tx)


def test_a_beat_is_seen_and_replaced_by_the_next(db, clock):
    with db.reading() as tx:
        assert heartbeats.last_beat(tx, "dispatcher") is None
    for _ in range(2):
        clock.move_to(clock.now() + timedelta(seconds=5))
        with db.transaction() as tx:
            heartbeats.beat(tx, "dispatcher")
    with db.reading() as tx:
        last = heartbeats.last_beat(tx, "dispatcher")
    assert last
    assert last.at == clock.now()


def test_a_beat_is_fresh_for_a_while_only(db, clock):
    with db.transaction() as tx:
        heartbeats.beat(tx, "dispatcher")
        last = heartbeats.last_beat(tx, "dispatcher")
    assert heartbeats.is_fresh(last, clock.now() + heartbeats.STALE_AFTER)
    assert not heartbeats.is_fresh(last, clock.now() + heartbeats.STALE_AFTER + timedelta(seconds=1))
    assert not heartbeats.is_fresh(None, clock.now())
