"""A publisher that goes on whatever happens to the server, and knows what was accepted."""

import http.client
import json
import threading

from support.waiting import wait_for

SUBJECTS = 8


class Publisher:
    """Publishes one event after another, remembers those that were accepted, and does not mind a server that dies."""

    def __init__(self, port: int, key: str) -> None:
        self.accepted: list[str] = []
        self._port, self._key = port, key
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _run(self) -> None:
        number = 0
        while not self._ended.is_set():
            number += 1
            event = {"Event": "Load.Changed", "Subject": f"load:{number % SUBJECTS}", "Data": {"Number": number}}
            try:
                status, answer = post(self._port, self._key, "/api/Event", event)
            except (OSError, http.client.HTTPException):
                continue  # not answered: it may be sent or not
            assert status in (201, 503), answer
            if status == 201:
                self.accepted.append(answer["Id"])

    def more(self, count: int) -> None:
        """Wait until so many more were accepted."""
        enough = len(self.accepted) + count
        wait_for(lambda: len(self.accepted) >= enough, 60)

    def end(self) -> None:
        self._ended.set()
        self._thread.join(30)


def post(port: int, key: str, path: str, body: object) -> tuple[int, dict]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    try:
        connection.request("POST", path, json.dumps(body), {"X-API-KEY": key, "Content-Type": "application/json"})
        answer = connection.getresponse()
        return answer.status, json.loads(answer.read())
    finally:
        connection.close()
