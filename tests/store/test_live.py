"""By what an open page sees that something has changed."""

from datetime import timedelta

from support.endpoints import an_endpoint
from waybell.web.ui.live import KINDS
from waybell.webhooks.endpoints import hourly_counts
from waybell.webhooks.messages import attempts
from waybell.webhooks.model import Answered, Attempt


def test_an_attempt_that_began_before_the_newest_is_seen_when_it_is_recorded(app, db, account, clock):
    """Of several under way at once, the last to be recorded is often not the last that began."""
    endpoint_id = an_endpoint(app, account)

    def recorded(message_id: str, ago: timedelta) -> list:
        attempt = Attempt(clock.now() - ago, (), Answered(204, b"", b""))
        with db.transaction() as tx:
            row = attempts.attempt_row(message_id, 1, account.id, endpoint_id, "automatic", attempt)
            attempts.insert_attempts(tx, [row])
            hourly_counts.count(tx, [(endpoint_id, attempt)])
        with db.reading() as tx:
            return [KINDS["endpoint"](tx, account.id, endpoint_id), KINDS["endpoints"](tx, account.id, "")]

    newest = recorded("msg_1", timedelta())
    late = recorded("msg_2", timedelta(milliseconds=3))
    assert [one == other for one, other in zip(newest, late, strict=True)] == [False, False]
