"""Free TCP ports on 127.0.0.1, never the same one in two test processes at a time."""
import fcntl
import os
import random
import socket
import tempfile

_held = []
_random = random.Random(os.urandom(8))


def free_port():
    """A port below the ephemeral range, where no outgoing connection can take it, locked until this process ends."""
    locks = os.path.join(tempfile.gettempdir(), f"outrigger-test-ports-{os.getuid()}")
    os.makedirs(locks, exist_ok=True)
    for _ in range(1000):
        port = _random.randrange(12000, 32000)
        lock = open(os.path.join(locks, str(port)), "w")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            with socket.socket() as probe:
                probe.bind(("127.0.0.1", port))
        except OSError:
            lock.close()
            continue
        _held.append(lock)
        return port
    raise RuntimeError("no free port on 127.0.0.1")
