"""Claim messages that may go out now, within the slots of the dispatcher and the limits of each endpoint."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import timedelta

from waybell.db.database import Tx
from waybell.settings import Settings
from waybell.vault import Vault
from waybell.webhooks.endpoints import parking, store
from waybell.webhooks.messages import claims
from waybell.webhooks.model import Claim
from waybell.webhooks.sending.agenda import Agenda
from waybell.webhooks.sending.conduct import Conduct
from waybell.webhooks.sending.endpoint_pace import EndpointPaces
from waybell.webhooks.sending.shards import Shards
from waybell.webhooks.sending.slots import Slots

# An expired secret signs for this long at most, and a secret that could not be decrypted is not tried again before.
_RELOAD = timedelta(seconds=30)
# Few endpoints that claim several messages each cost less than many that claim one: an endpoint is read and counted
# once for all its messages.
_LEAST_SHARE = 4
# A turn claims for this many endpoints of each conduct other than QUICK, and for more when many are QUICK. To start an
# attempt on a new connection takes 0.2 ms, in which no answer is read.
_OTHERS_AT_ONCE = 8


class Claiming:
    def __init__(
        self, settings: Settings, vault: Vault, shards: Shards, agenda: Agenda, paces: EndpointPaces, slots: Slots
    ) -> None:
        self._batch = settings.batch
        self._lease = settings.lease
        self._vault = vault
        self._shards = shards
        self._agenda = agenda
        self._paces = paces
        self._slots = slots

    def may_claim(self, *, others: bool) -> bool:
        """Return whether an endpoint is ready that may take a slot: a QUICK one, or with `others` any."""
        conducts = Conduct if others else (Conduct.QUICK,)
        return any(self._agenda.has(conduct, self._slots.may_take) for conduct in conducts)

    def claim(self, tx: Tx, *, others: bool) -> list[Claim]:
        """Claim messages of the endpoints that are ready, and take slots for them. QUICK endpoints come first.

        Claims are made in rounds until most of the free slots are taken. In a round each endpoint gets a share large
        enough to be worth a claim; endpoints with little to send leave the rest of their share to the next round. No
        endpoint is claimed for twice in a turn. With `others`, claim also for some endpoints that are not QUICK.
        """
        of_others = self._claim_of_others(tx) if others else []
        most = min(self._slots.free_for(Conduct.QUICK), self._batch - len(of_others))
        queue = self._next_ready(Conduct.QUICK, most)
        claims: list[Claim] = []
        while queue and len(claims) * 4 <= most * 3:
            free = most - len(claims)
            # The free slots are shared equally, so that the last endpoint of the queue finds some too.
            share = max(min(_LEAST_SHARE, free), free // len(queue))
            some, queue = queue[: free // share], queue[free // share :]
            claims += self._round(tx, some, share)
        return claims + of_others

    def _claim_of_others(self, tx: Tx) -> list[Claim]:
        most = min(self._slots.free, self._batch)
        some = [*self._next_ready(Conduct.UNSURE, most), *self._next_ready(Conduct.FAILING, most)]
        return self._round(tx, some, max(1, min(_LEAST_SHARE, most // len(some)))) if some else []

    def _next_ready(self, conduct: Conduct, most: int) -> list[str]:
        """Return the next endpoints that may take a slot. Others leave the queue, and return when an attempt ends."""
        if conduct is not Conduct.QUICK:
            others = max(_OTHERS_AT_ONCE, self._agenda.count(Conduct.QUICK) // 2)
            most = min(most, others, self._slots.free_for(conduct))
        chosen: list[str] = []
        for endpoint_id in self._agenda.first(conduct, most, self._slots.may_take):
            if self._shards.serves(endpoint_id) and self._paces[endpoint_id].room() > 0:
                chosen.append(endpoint_id)
            else:
                self._agenda.remove(endpoint_id)
        return chosen

    def _round(self, tx: Tx, endpoint_ids: Sequence[str], share: int) -> list[Claim]:
        """Claim up to `share` messages for each of these endpoints, within its own limits."""
        statuses = self._prepare(tx, endpoint_ids)
        probing: list[str] = []
        shares: dict[str, int] = {}
        for endpoint_id in endpoint_ids:
            self._agenda.remove(endpoint_id)
            status, pace = statuses.get(endpoint_id), self._paces[endpoint_id]
            if status is None or not status.enabled or pace.endpoint is None:
                continue
            if self._has_to_wait(tx, endpoint_id, status):
                continue
            if status.probe_at is not None:
                probing.append(endpoint_id)
                self._slots.take(pace, 1)
                continue
            most = min(self._most(tx, endpoint_id), share)
            if most > 0:
                shares[endpoint_id] = most
                self._slots.take(pace, most)
        taken = claims.claim(tx, shares, tx.now + self._lease)
        self._note(shares, Counter(claim.endpoint_id for claim in taken))
        return taken + self._probe(tx, probing)

    def _has_to_wait(self, tx: Tx, endpoint_id: str, status: store.EndpointStatus) -> bool:
        """Return whether the endpoint must wait. If so, put it on the agenda for the time until which it waits."""
        pace = self._paces[endpoint_id]
        if status.probe_at is not None and status.probe_at > tx.now:
            self._agenda.expect(endpoint_id, status.probe_at, tx.now)
        elif status.paused_until is not None and status.paused_until > tx.now:
            pace.hold(status.paused_until)
            self._agenda.expect(endpoint_id, status.paused_until, tx.now)
        elif not self._slots.may_take(pace.conduct, pace.account_id):
            self._agenda.add([endpoint_id])  # it waits until its account or its conduct holds fewer slots
        else:
            return False
        return True

    def _most(self, tx: Tx, endpoint_id: str) -> int:
        """Return how many messages may go to the endpoint now, by the slots and by its own limits."""
        pace = self._paces[endpoint_id]
        most, allowance = min(pace.room(), self._slots.share(pace)), pace.allowance(tx.now)
        if allowance is None or allowance >= most:
            return most
        self._agenda.wake(endpoint_id, pace.next_allowed(tx.now))
        return allowance

    def _note(self, shares: Mapping[str, int], claimed: Mapping[str, int]) -> None:
        """Give back slots that were not used. An endpoint that used its whole share may have more to send."""
        for endpoint_id, most in shares.items():
            pace, count = self._paces[endpoint_id], claimed.get(endpoint_id, 0)
            if count < most:
                self._slots.give_back(pace, most - count)
            if count:
                pace.spend(count)
            if count == most < pace.room():
                self._agenda.add([endpoint_id])  # to the end of its queue

    def _probe(self, tx: Tx, endpoint_ids: list[str]) -> list[Claim]:
        """Claim a message of each of these parked endpoints as its probe, which is due."""
        lease_until = tx.now + self._lease
        ours = parking.take_probes(tx, endpoint_ids, lease_until)
        taken = claims.claim_probes(tx, sorted(ours), lease_until)
        for endpoint_id in set(endpoint_ids) - {claim.endpoint_id for claim in taken}:
            self._slots.give_back(self._paces[endpoint_id])
        for endpoint_id in ours - {claim.endpoint_id for claim in taken}:
            parking.set_probe(tx, endpoint_id, tx.now)  # no message waits: the next one will be the probe
        return taken

    def _prepare(self, tx: Tx, endpoint_ids: Sequence[str]) -> dict[str, store.EndpointStatus]:
        """Return the states of these endpoints. Endpoints that have changed, or were read long ago, are read again."""
        statuses = store.statuses(tx, endpoint_ids)
        stale = []
        for endpoint_id, status in statuses.items():
            pace = self._paces[endpoint_id]
            pace.note_status(status, tx.now)
            if pace.is_stale(status.revision, tx.now - _RELOAD):
                stale.append(endpoint_id)
        loaded = store.load_endpoints(tx, self._vault, stale)
        for endpoint_id in stale:
            self._paces[endpoint_id].was_read(loaded.get(endpoint_id), tx.now)
        return statuses
