"""A listener on all addresses of this machine, for tests in which nobody is to come."""

import socket
import threading


class Trap:
    def __init__(self) -> None:
        self._listener = socket.create_server(("::", 0), family=socket.AF_INET6, dualstack_ipv6=True, backlog=128)
        self.port: int = self._listener.getsockname()[1]
        self._callers: list[int] = []  # their ports
        self._heard = threading.Condition()
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        while True:
            try:
                connection, caller = self._listener.accept()
            except OSError:
                return
            with self._heard:
                self._callers.append(caller[1])
                self._heard.notify_all()
            try:
                connection.sendall(b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n")
            except OSError:
                pass  # it did not wait for an answer
            finally:
                connection.close()

    def visits(self) -> int:
        """How many came so far. One of ours comes last, so that nobody before it is missed."""
        with socket.create_connection(("127.0.0.1", self.port)) as own:
            port = own.getsockname()[1]
            with self._heard:
                assert self._heard.wait_for(lambda: port in self._callers, 60)
                self._callers.remove(port)
                return len(self._callers)

    def forget(self) -> None:
        """Those who came so far."""
        self.visits()
        self._callers.clear()

    def close(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
