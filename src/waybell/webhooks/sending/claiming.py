"""Claim: which messages may go out now, within the slots of the dispatcher and the limits of each endpoint."""

from collections import Counter
from datetime import timedelta

from waybell.db.database import Tx
from waybell.settings import Settings
from waybell.vault import Vault
from waybell.webhooks.endpoints import store as endpoint_store
from waybell.webhooks.model import Claim
from waybell.webhooks.sending import outage, store
from waybell.webhooks.sending.agenda import Agenda
from waybell.webhooks.sending.line import Line
from waybell.webhooks.sending.shards import Shards

# A secret that has expired signs no longer than this, and one that could not be opened is not tried again before.
_RELOAD = timedelta(seconds=30)
# Few endpoints that claim some messages each cost less than many that claim one: what is read and counted of an
# endpoint serves them all.
_LEAST_SHARE = 4


class Claiming:
    def __init__(
        self, settings: Settings, vault: Vault, shards: Shards, agenda: Agenda, lines: dict[str, Line]
    ) -> None:
        self._settings = settings
        self._vault = vault
        self._shards = shards
        self._agenda = agenda
        self._lines = lines

    def claim(self, tx: Tx, in_flight: int) -> list[Claim]:
        """Claim for the endpoints that are ready, in rounds, until most of what may start now is claimed.

        In a round each endpoint gets a share that is worth the asking. Many endpoints with little to send leave most of
        theirs to the next round; none is asked twice in a turn.
        """
        slots = self._settings.max_in_flight - in_flight
        most = min(slots, self._settings.batch)
        queue = self._whose_turn(most)
        claims: list[Claim] = []
        while queue and len(claims) * 4 <= most * 3:
            free = most - len(claims)
            share = max(min(_LEAST_SHARE, free), free // len(queue))  # so that whoever comes last finds slots too
            turn, queue = queue[: free // share], queue[free // share :]
            claims += self._round(tx, turn, share, slots - len(claims))
        return claims

    def _whose_turn(self, most: int) -> list[str]:
        """The next endpoints of ours that have a slot free. One that has none is ready when an attempt of its ends."""
        turn: list[str] = []
        for endpoint_id in self._agenda:
            if len(turn) >= most:
                break
            if self._shards.serves(endpoint_id) and self._lines.setdefault(endpoint_id, Line()).room() > 0:
                turn.append(endpoint_id)
            else:
                self._agenda.remove(endpoint_id)
        return turn

    def _round(self, tx: Tx, turn: list[str], share: int, slots: int) -> list[Claim]:
        """Claim for each of these endpoints up to its share, as its own limits allow."""
        standings = self._prepare(tx, turn)
        probing: list[str] = []
        shares: dict[str, int] = {}
        for endpoint_id in turn:
            self._agenda.remove(endpoint_id)
            standing, line = standings.get(endpoint_id), self._lines[endpoint_id]
            if standing is None or not standing.enabled or line.endpoint is None:
                continue
            if standing.probe_at is not None and standing.probe_at > tx.now:
                self._agenda.expect(endpoint_id, standing.probe_at, tx.now)
                continue
            if standing.probe_at is not None:
                probing.append(endpoint_id)
                continue
            if standing.paused_until is not None and standing.paused_until > tx.now:
                line.hold(standing.paused_until)
                self._agenda.expect(endpoint_id, standing.paused_until, tx.now)
                continue
            most = min(line.room(), share, outage.fair_share(slots, line.in_flight))
            allowance = line.allowance(tx.now)
            if allowance is not None and allowance < most:
                most = allowance
                self._agenda.wake(endpoint_id, line.next_allowed(tx.now))
            if most > 0:
                shares[endpoint_id] = most
                slots -= most
        claims = store.claim(tx, shares, tx.now + self._settings.lease)
        for endpoint_id, count in Counter(claim.endpoint_id for claim in claims).items():
            line = self._lines[endpoint_id]
            line.spend(count)
            if count == shares[endpoint_id] < line.room():
                self._agenda.add([endpoint_id])  # there may be more: at the end of the queue again
        return claims + self._probe(tx, probing)

    def _probe(self, tx: Tx, endpoint_ids: list[str]) -> list[Claim]:
        """The one attempt that each of these parked endpoints gets now that its time has come."""
        lease_until = tx.now + self._settings.lease
        ours = endpoint_store.take_probes(tx, endpoint_ids, lease_until)
        claims = store.claim_probes(tx, sorted(ours), lease_until)
        for endpoint_id in ours - {claim.endpoint_id for claim in claims}:
            endpoint_store.set_probe(tx, endpoint_id, tx.now)  # nothing waits: the next message is the probe
        return claims

    def _prepare(self, tx: Tx, endpoint_ids: list[str]) -> dict[str, endpoint_store.Standing]:
        """How these endpoints stand now; those that have changed, or were not looked at for long, are read anew."""
        standings = endpoint_store.standings(tx, endpoint_ids)
        stale = []
        for endpoint_id, standing in standings.items():
            line = self._lines[endpoint_id]
            if line.parked and standing.parked_at is None:
                line.was_resumed()  # by somebody who enabled it anew, or by whoever served it before us
            line.parked, line.probes = standing.parked_at is not None, standing.probes
            if line.endpoint and line.endpoint.revision != standing.revision:
                line.hold(tx.now)  # it may have been disabled until now
            if line.is_stale(standing.revision, tx.now - _RELOAD):
                stale.append(endpoint_id)
        loaded = endpoint_store.load_endpoints(tx, self._vault, stale)
        for endpoint_id in stale:
            line = self._lines[endpoint_id]
            line.endpoint, line.loaded_at = loaded.get(endpoint_id), tx.now
        return standings
