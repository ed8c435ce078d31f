"""The days after the story, without end: a simulated day of ten drivers, for those who look at the pages.

The morning of a day passes in seconds, so that the board is full of drivers on the road, and then the day goes on much
faster than life. Now and then the receiver is down, for so long that its endpoint is parked and can be seen parked.
"""

import time
from collections.abc import Callable
from datetime import datetime
from itertools import count
from zoneinfo import ZoneInfo

from waybell.simulating.day import HOUR, Wanted, plan
from waybell.simulating.driving import Drive, Manner
from waybell.simulating.inbox import Inbox, ReceiverFailed
from waybell.simulating.ledger import Ledger
from waybell.simulating.server import ZONE, Server

_DRIVERS, _ORDERS = 10, 120
_SPEED = 60.0  # a minute passes in a second
_BEGINS_TO_BE_SEEN = 9 * HOUR + HOUR // 2
_UP_SECONDS, _DOWN_SECONDS = 75.0, 15.0


class MovingDays:
    def __init__(self, server: Server, inbox: Inbox, say: Callable[[str], None]) -> None:
        self._server = server
        self._inbox = inbox
        self._say = say
        self._receiver_is_up = True
        self._turns_at = time.monotonic() + _UP_SECONDS

    def play(self, seen: Callable[[], None]) -> None:
        """Play day after day until Ctrl-C, or until the server has ended. Call `seen` when there is much to look at."""
        for number in count(1):
            today = datetime.now(ZoneInfo(ZONE)).date().isoformat()
            acts = plan(Wanted(today, number, _DRIVERS, _ORDERS, f"D{number}-", offline=True)).acts
            manner = Manner(self._server.url, self._server.account.key_text, today, connections=4, seed=number)
            early = [act for act in acts if act.at < _BEGINS_TO_BE_SEEN]
            self._carry_out(Drive(early, manner, Ledger()))
            seen()
            late = acts[len(early) :]
            paced = Manner(manner.url, manner.key, today, _SPEED, manner.connections, seed=number)
            self._carry_out(Drive(late, paced, Ledger()))
            if not self._server.is_running:
                return

    def _carry_out(self, drive: Drive) -> None:
        """Carry the acts out, and go on after errors: visitors may delete orders or kill processes."""
        drive.start()
        try:
            while drive.is_running and self._server.is_running:
                time.sleep(0.1)
                self._turn_receiver()
        finally:
            drive.stop()
            drive.join()

    def _turn_receiver(self) -> None:
        if time.monotonic() < self._turns_at:
            return
        self._receiver_is_up = not self._receiver_is_up
        try:
            self._inbox.tell("up" if self._receiver_is_up else "down")
        except ReceiverFailed as error:
            self._say(str(error))
        self._say("The receiver is back" if self._receiver_is_up else "The receiver is down: webhooks wait for it")
        self._turns_at = time.monotonic() + (_UP_SECONDS if self._receiver_is_up else _DOWN_SECONDS)
