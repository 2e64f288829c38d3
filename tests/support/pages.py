"""A small HTTP service inside the test: pages by path, and what was posted to it.

    with Pages() as pages:
        pages.set("/status", '{"q": {"len": 3}}', type="application/json")
        pages.received("/hook")     # bodies of POST and PUT so far
"""
import http.server
import threading


class Pages:
    def __init__(self):
        self._pages, self._received, self._lock = {}, {}, threading.Lock()
        self.asked = []  # (path, headers) of every GET
        pages = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                with pages._lock:
                    pages.asked.append((self.path, dict(self.headers)))
                    status, kind, body = pages._pages.get(self.path, (404, "text/plain", b"no such page"))
                self._answer(status, kind, body)

            def _take(self):
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                with pages._lock:
                    pages._received.setdefault(self.path, []).append((dict(self.headers), body))
                    status = pages._pages.get(self.path, (200, "", b""))[0]
                self._answer(status, "text/plain", b"")

            do_POST = do_PUT = _take

            def _answer(self, status, kind, body):
                self.send_response(status)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                try:
                    self.wfile.write(body)
                except (BrokenPipeError, ConnectionResetError):
                    pass

            def log_message(self, *_):
                pass

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.address = f"127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)

    def url(self, path):
        return f"http://{self.address}{path}"

    def set(self, path, body, type="text/plain", status=200):
        with self._lock:
            self._pages[path] = (status, type, body.encode() if isinstance(body, str) else body)

    def received(self, path):
        with self._lock:
            return list(self._received.get(path, []))

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
