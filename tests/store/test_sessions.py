"""Sessions and the links that open them."""

from datetime import timedelta

import pytest

from waybell.accounts import actions, sessions
from waybell.accounts.passwords import hashed
from waybell.accounts.tables import sessions as table
from waybell.ground.errors import Unauthorized

WEEK = timedelta(days=7)


@pytest.fixture
def user_id(db, account) -> str:
    with db.transaction() as tx:
        return actions.create_user(
            tx, account, email="dana@example.com", name="Dana", role="dispatcher", password=hashed("long enough")
        )


def test_a_session_tells_who_it_is_and_where(db, account, user_id):
    with db.transaction() as tx:
        token = sessions.begin(tx, user_id, WEEK)
    with db.reading() as tx:
        found = sessions.find(tx, token, WEEK)
    assert (found.user.id, found.user.role, found.account) == (user_id, "dispatcher", account)


def test_the_token_itself_is_not_stored(db, user_id):
    with db.transaction() as tx:
        token = sessions.begin(tx, user_id, WEEK)
        assert token not in str(tx.execute(table.select()).all())


def test_a_session_lasts_as_long_as_it_is_used(db, clock, user_id):
    with db.transaction() as tx:
        token = sessions.begin(tx, user_id, WEEK)
    for _ in range(3):
        clock.move_to(clock.now() + timedelta(days=6))
        with db.transaction() as tx:
            assert sessions.find(tx, token, WEEK).stale
            sessions.note_use(tx, token)
    clock.move_to(clock.now() + timedelta(days=8))
    with db.reading() as tx:
        assert sessions.find(tx, token, WEEK) is None


def test_an_ended_session_and_made_up_tokens_are_nobodys(db, user_id):
    with db.transaction() as tx:
        token = sessions.begin(tx, user_id, WEEK)
        sessions.end(tx, token)
        assert sessions.find(tx, token, WEEK) is None
        assert sessions.find(tx, "made up", WEEK) is None


def test_all_sessions_but_one_can_be_ended(db, user_id):
    with db.transaction() as tx:
        mine, other = sessions.begin(tx, user_id, WEEK), sessions.begin(tx, user_id, WEEK)
        link = sessions.make_link(tx, user_id)
        sessions.end_all(tx, user_id, but=mine)
        assert sessions.find(tx, mine, WEEK)
        assert sessions.find(tx, other, WEEK) is None
        with pytest.raises(Unauthorized):
            sessions.use_link(tx, link)


def test_a_link_signs_in_once_and_not_for_long(db, clock, user_id):
    with db.transaction() as tx:
        link, late = sessions.make_link(tx, user_id), sessions.make_link(tx, user_id)
        assert sessions.use_link(tx, link) == user_id
        with pytest.raises(Unauthorized, match="used already"):
            sessions.use_link(tx, link)
    clock.move_to(clock.now() + sessions.LINK_LIFETIME)
    with db.transaction() as tx, pytest.raises(Unauthorized):
        sessions.use_link(tx, late)


def test_the_password_is_checked_without_telling_which_half_was_wrong(db, user_id):
    assert actions.check_password(db, " Dana@Example.com ", "long enough") == user_id
    assert actions.check_password(db, "dana@example.com", "wrong") is None
    assert actions.check_password(db, "nobody@example.com", "long enough") is None
