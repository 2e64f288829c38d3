"""A service that is told, by path, what to answer; and rows that say what must come of it."""
import email.utils
import socket
import socketserver
import struct
import threading
import time

from support.raw import Reader, Message


def date(offset=0):
    """An HTTP-date `offset` seconds from now."""
    return email.utils.formatdate(time.time() + offset, usegmt=True)


class Origin:
    """Answers each path by its own list of answers, the last one again and again; remembers what it was asked.

    An answer is a dict: status, fields (list of lines), body (bytes; default says which answer it is), raw (bytes sent as they
    are, then the connection ends, with `reset` by one), wait (an Event before the answer), or validates=True: 304 when If-None-Match or
    If-Modified-Since match the fields.
    """

    def __init__(self):
        self.scripts = {}
        self.asked = {}
        self._lock = threading.Lock()
        self._open = set()
        outer = self

        class Handler(socketserver.BaseRequestHandler):
            def handle(self):
                outer._serve(self.request)

        class Server(socketserver.ThreadingTCPServer):
            daemon_threads = True
            allow_reuse_address = True
            request_queue_size = 1024

        self._server = Server(("127.0.0.1", 0), Handler)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    @property
    def address(self):
        return "127.0.0.1:%d" % self._server.server_address[1]

    def script(self, path, *answers):
        self.scripts[path] = list(answers) or [{}]
        self.asked[path] = []

    def count(self, path):
        with self._lock:
            return len(self.asked.get(path, []))

    def _serve(self, connection):
        reader = Reader(connection)
        with self._lock:
            self._open.add(connection)
        try:
            while self._answer(connection, reader):
                pass
        except (EOFError, OSError, ValueError):
            pass
        finally:
            with self._lock:
                self._open.discard(connection)
            connection.close()

    def _answer(self, connection, reader):
        message = Message(reader.until(b"\r\n\r\n"))
        if message.get("Content-Length"):
            message.body = reader.exactly(int(message.get("Content-Length")))
        method, target, _ = message.start.split(" ")
        path = target.split("?")[0]
        with self._lock:
            asked = self.asked.setdefault(path, [])
            asked.append(message)
            number = len(asked)
            script = self.scripts.get(path, [{}])
            answer = script[min(number, len(script)) - 1]
        if answer.get("wait"):
            answer["wait"].wait(30)
        if "raw" in answer:
            connection.sendall(answer["raw"])
            if answer.get("reset"):
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            return False
        return self._send(connection, method, message, answer, number)

    def _send(self, connection, method, message, answer, number):
        fields = [line for line in answer.get("fields", [])]
        names = {line.split(":")[0].lower() for line in fields}
        status = answer.get("status", 200)
        body = answer.get("body", b"answer %d" % number)
        if answer.get("validates") and self._is_unchanged(message, fields):
            status, body = 304, b""
            fields = answer.get("fields_304", fields)
        if "date" not in names and not answer.get("no_date"):
            fields = [f"Date: {date()}"] + fields
        head = f"HTTP/1.1 {status} Whatever\r\n" + "".join(f"{line}\r\n" for line in fields)
        if status in (204, 304):
            body = b""
        elif answer.get("chunked"):
            head += "Transfer-Encoding: chunked\r\n"
            body = b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in (body[:3], body[3:]) if part) + \
                b"0\r\n" + answer.get("trailers", b"") + b"\r\n"
        else:
            head += f"Content-Length: {len(body)}\r\n"
        if method == "HEAD":
            body = b""
        connection.sendall(head.encode("latin-1") + b"\r\n" + body)
        return True

    @staticmethod
    def _is_unchanged(message, fields):
        values = {line.split(":")[0].lower(): line.split(":", 1)[1].strip() for line in fields}
        if message.get("If-None-Match"):
            return values.get("etag") in [tag.strip() for tag in message.get("If-None-Match").split(",")]
        return message.get("If-Modified-Since") is not None and \
            message.get("If-Modified-Since") == values.get("last-modified")

    def kill(self):
        """From now on nobody is there: connections are refused."""
        self._server.shutdown()
        self._server.server_close()
        with self._lock:
            for connection in self._open:
                try:
                    connection.close()
                except OSError:
                    pass

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.kill()
