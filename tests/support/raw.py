"""HTTP/1 as bytes on a socket: a client that reads exactly one response at a time, and a scripted peer in place of a service."""
import socket
import ssl
import struct
import threading

from .ports import free_port
from .wait import PATIENCE


class Reader:
    """Reads a socket by lines and by counts; nothing beyond what was asked for is lost."""

    def __init__(self, connection):
        self.connection = connection
        self.buffer = b""

    def _fill(self):
        more = self.connection.recv(65536)
        self.buffer += more
        return bool(more)

    def until(self, mark):
        while mark not in self.buffer:
            if not self._fill():
                raise EOFError(f"closed before {mark!r}, after {self.buffer[:200]!r}")
        found, _, self.buffer = self.buffer.partition(mark)
        return found + mark

    def exactly(self, count):
        parts = [self.buffer[:count]]
        missing = count - len(parts[0])
        self.buffer = self.buffer[count:]
        while missing:
            part = self.connection.recv(min(missing, 1 << 20))
            if not part:
                raise EOFError(f"closed {missing} bytes before the end of {count}")
            parts.append(part)
            missing -= len(part)
        return b"".join(parts)

    def rest(self):
        while self._fill():
            pass
        found, self.buffer = self.buffer, b""
        return found

    def chunked(self):
        """(body, trailer fields)"""
        body = []
        while True:
            size = int(self.until(b"\r\n").split(b";")[0], 16)
            if size == 0:
                break
            body.append(self.exactly(size))
            if self.exactly(2) != b"\r\n":
                raise ValueError("no CRLF behind a chunk")
        trailers = []
        while (line := self.until(b"\r\n")) != b"\r\n":
            trailers.append(_field(line))
        return b"".join(body), trailers


def _field(line):
    name, _, value = line.rstrip(b"\r\n").partition(b":")
    return name.decode("latin-1"), value.strip().decode("latin-1")


class Message:
    """A request or response: `start` line, `fields` in order and case, `body`, `trailers`, and the `head` as it came."""

    def __init__(self, head):
        self.head = head
        lines = head[:-4].split(b"\r\n")
        self.start = lines[0].decode("latin-1")
        self.fields = [_field(line) for line in lines[1:]]
        self.body = b""
        self.trailers = []

    def all(self, name):
        return [value for field, value in self.fields if field.lower() == name.lower()]

    def get(self, name, default=None):
        return ", ".join(self.all(name)) if self.all(name) else default

    @property
    def status(self):
        return int(self.start.split(" ")[1])

    @property
    def names(self):
        return [name for name, _ in self.fields]

    def __repr__(self):
        return f"<{self.start} {self.fields} {len(self.body)} bytes>"


class Client:
    """One client connection. `tls` is a server name or None; `certificate` what we show: (certificate file, key file)."""

    def __init__(self, port, tls=None, timeout=PATIENCE, receive_buffer=None, certificate=None):
        self.socket = socket.socket()
        self.socket.settimeout(timeout)
        if receive_buffer:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self.socket.connect(("127.0.0.1", port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if tls:
            context = ssl.create_default_context()
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
            if certificate:
                context.load_cert_chain(*map(str, certificate))
            self.socket = context.wrap_socket(self.socket, server_hostname=tls)
        self.reader = Reader(self.socket)

    def send(self, data):
        self.socket.sendall(data.encode("latin-1") if isinstance(data, str) else data)
        return self

    def head(self):
        return Message(self.reader.until(b"\r\n\r\n"))

    def response(self, method="GET", interim=False):
        """The next response with its body; 1xx are read over unless `interim`."""
        response = self.head()
        while response.status // 100 == 1 and response.status != 101 and not interim:
            response = self.head()
        if method == "HEAD" or response.status in (204, 304) or response.status // 100 == 1:
            return response
        if (response.get("Transfer-Encoding") or "").lower() == "chunked":
            response.body, response.trailers = self.reader.chunked()
        elif response.get("Content-Length") is not None:
            response.body = self.reader.exactly(int(response.get("Content-Length")))
        else:
            response.body = self.reader.rest()
        return response

    def request(self, data, method=None):
        """Sends, then reads one response; the method is taken from the bytes."""
        text = data.encode("latin-1") if isinstance(data, str) else data
        self.send(text)
        return self.response(method or text.split(b" ", 1)[0].decode("latin-1"))

    def get(self, path="/", *fields):
        lines = "".join(f"{field}\r\n" for field in fields)
        return self.request(f"GET {path} HTTP/1.1\r\nHost: test\r\n{lines}\r\n")

    def is_closed(self):
        """True when the other side closes (or resets) without another byte; waits for it."""
        try:
            return self.reader.buffer == b"" and self.socket.recv(1) == b""
        except ConnectionError:
            return True

    def shutdown(self):
        self.socket.shutdown(socket.SHUT_WR)

    def reset(self):
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.socket.close()

    def close(self):
        self.socket.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


# Steps of a scripted peer. Each takes the conversation; one that returns False ends the connection.

def head():
    """Reads a request head, not its body."""
    return lambda talk: talk.read_head()


def request():
    """Reads a request with its body."""
    return lambda talk: talk.read_request()


def send(data):
    data = data.encode("latin-1") if isinstance(data, str) else data
    return lambda talk: talk.socket.sendall(data)


def answer(body=b"ok", status="200 OK", *fields):
    """A complete response with a Content-Length."""
    body = body.encode() if isinstance(body, str) else body
    lines = "".join(f"{field}\r\n" for field in fields).encode("latin-1")
    return send(b"HTTP/1.1 " + status.encode() + b"\r\nContent-Length: %d\r\n" % len(body) + lines + b"\r\n" + body)


def wait(event):
    """Goes on when the test sets the threading.Event."""
    def step(talk):
        event.wait(PATIENCE)
    return step


def reset():
    def step(talk):
        talk.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        return False
    return step


def close():
    return lambda talk: False


def read_to_end():
    """Waits until the proxy closes; what came is in `Peer.leftovers`."""
    def step(talk):
        try:
            talk.peer.leftovers.append(talk.reader.rest())
        except OSError:
            talk.peer.leftovers.append(b"")
        return False
    return step


hang = read_to_end


class _Talk:
    def __init__(self, peer, connection):
        self.peer = peer
        self.socket = connection
        self.reader = Reader(connection)

    def read_head(self):
        message = Message(self.reader.until(b"\r\n\r\n"))
        self.peer.requests.append(message)
        return message

    def read_request(self):
        message = self.read_head()
        if (message.get("Transfer-Encoding") or "").lower() == "chunked":
            message.body, message.trailers = self.reader.chunked()
        else:
            message.body = self.reader.exactly(int(message.get("Content-Length") or 0))
        message.complete = True


class Peer:
    """A service that follows a script: one list of steps a connection; the last list serves all further connections.

    `requests`, `leftovers` and `connections` say what reached it. With `loop`, a connection's steps start again at their end.
    """

    def __init__(self, *scripts, loop=False, port=None, host="127.0.0.1"):
        self.scripts = [list(script) for script in scripts] or [[]]
        self.loop = loop
        self.requests = []
        self.leftovers = []
        self.connections = 0
        self._open = set()
        self._lock = threading.Lock()
        self._closing = False
        self._listener = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
        self._listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.host = host
        self.port = port or free_port()
        self._listener.bind((host, self.port))
        self._listener.listen(128)
        self._accepting = threading.Thread(target=self._accept, daemon=True)
        self._accepting.start()

    @classmethod
    def answering(cls, *steps, **place):
        """Answers every request of every connection alike; without steps 200 and "ok"."""
        return cls([request(), *(steps or (answer(),))], loop=True, **place)

    @property
    def address(self):
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    @property
    def open(self):
        """How many connections are open on this side."""
        with self._lock:
            return len(self._open)

    def _accept(self):
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            with self._lock:
                if self._closing:
                    connection.close()
                    return
                self._open.add(connection)
                script = self.scripts[min(self.connections, len(self.scripts) - 1)]
                self.connections += 1
            threading.Thread(target=self._serve, args=(connection, script), daemon=True).start()

    def _serve(self, connection, script):
        connection.settimeout(PATIENCE * 2)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        talk = _Talk(self, connection)
        try:
            going = True
            while going:
                for step in script:
                    if step(talk) is False:
                        going = False
                        break
                going = going and self.loop
        except (EOFError, OSError, ValueError):
            pass  # the proxy left; the test judges by what was recorded
        finally:
            connection.close()
            with self._lock:
                self._open.discard(connection)

    def stop(self):
        with self._lock:
            self._closing = True
            for connection in self._open:
                try:
                    connection.shutdown(socket.SHUT_RDWR)
                except OSError:
                    pass
        try:
            self._listener.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self._listener.close()
        self._accepting.join(PATIENCE)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()
