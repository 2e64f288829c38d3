"""Steady traffic from a few kept connections, with every outcome counted."""
import collections
import threading

from .raw import Client


class Load:
    """Sends `GET path` from `clients` connections until the `with` block ends.

    `outcomes` counts statuses and the names of exceptions, and "wrong body" where a 200 did not have `body`. A connection that the proxy closed between two responses
    (announced by `Connection: close`) is opened again and no error.
    """

    def __init__(self, port, clients=4, path="/", tls=None, body=None):
        self.port, self.path, self.tls, self.body = port, path, tls, body
        self.outcomes = collections.Counter()
        self._ending = threading.Event()
        self._lock = threading.Lock()
        self._threads = [threading.Thread(target=self._run, daemon=True) for _ in range(clients)]

    def _run(self):
        client = None
        while not self._ending.is_set():
            try:
                client = client or Client(self.port, tls=self.tls)
                response = client.get(self.path)
                outcome = response.status
                if outcome == 200 and self.body not in (None, response.body):
                    outcome = "wrong body"
                if (response.get("Connection") or "").lower() == "close":
                    client.close()
                    client = None
            except (OSError, EOFError) as error:
                outcome = type(error).__name__
                if client:
                    client.close()
                client = None
            with self._lock:
                self.outcomes[outcome] += 1
        if client:
            client.close()

    def count(self, outcome):
        with self._lock:
            return self.outcomes[outcome]

    def total(self):
        with self._lock:
            return sum(self.outcomes.values())

    def __enter__(self):
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self._ending.set()
        for thread in self._threads:
            thread.join()
