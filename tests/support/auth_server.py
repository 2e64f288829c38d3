"""An authorisation server, as `ext_auth` asks one."""
import http.server
import threading


class AuthServer:
    """Answers by `decide(question)`: a status, or (status, [(field, value)]). `questions`: the fields of each GET, path in `path`.

    The default lets in who shows "Bearer good", tells who that is, and asks all others for a token.
    """

    def __init__(self, decide=None):
        self.decide = decide or self.by_token
        self.questions = []
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_):
                pass

            def do_GET(self):
                self.headers.path = self.path
                outer.questions.append(self.headers)
                decided = outer.decide(self.headers)
                status, fields = decided if isinstance(decided, tuple) else (decided, [])
                self.send_response(status)
                for name, value in fields:
                    self.send_header(name, value)
                content = b"" if status in (204, 304) else b"a page of the authorisation server"
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._server.handle_error = lambda *_: None  # who asked has left: a question that was given up
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    @staticmethod
    def by_token(question):
        if question.get("Authorization") == "Bearer good":
            return 200, [("X-User", "alice"), ("X-Groups", "staff"), ("X-Groups", "admins"), ("X-Secret", "inner")]
        return 401, [("WWW-Authenticate", 'Bearer realm="shop"'), ("X-Secret", "inner")]

    @property
    def address(self):
        return f"127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._server.shutdown()
        self._server.server_close()
