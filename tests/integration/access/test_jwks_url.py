"""Keys for tokens that are fetched from a URL, through the real binary."""
import http.server
import json
import ssl
import tempfile
import threading
import time

from support import raw
from support.case import Case
from support.certificates import Authority
from support.metrics import Metrics
from support.ports import free_port
from support.tokens import Signer
from support.wait import until

CONFIG = """
version: 1
listeners: [{address: "@listen@", filters: [{access_log: {}}, {jwt: {issuer: joe, jwks: "@jwks@"%s}}], upstream: app}]
upstreams: {app: {endpoints: ["@app@"], filters: []}}
status: "@status@"
"""


class KeyServer:
    """Serves `keys` as a JWK set, or `status`; `fetches` counts."""

    def __init__(self, keys, port=None, tls=None):
        self.keys, self.status, self.fetches = keys, 200, 0
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def log_message(self, *_):
                pass

            def do_GET(self):
                outer.fetches += 1
                content = outer.keys if isinstance(outer.keys, bytes) else json.dumps({"keys": outer.keys}).encode()
                self.send_response(outer.status)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", port or 0), Handler)
        if tls:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*map(str, tls))
            self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        self.port = self._server.server_address[1]
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._server.shutdown()
        self._server.server_close()


class JwksByUrl(Case):
    def setUp(self):
        self.directory = self.enterContext(tempfile.TemporaryDirectory())
        self.old, self.new = (Signer(self.directory, "ES256", kid) for kid in ("old", "new"))

    def guarded(self, url, options=""):
        self.service = self.start(raw.Peer.answering())
        return self.proxy(CONFIG % options, self.service, jwks=url, wait_for=("listen", "status"))

    def ask(self, proxy, signer):
        claims = {"iss": "joe", "exp": int(time.time()) + 600}
        return self.client(proxy).get("/", f"Authorization: Bearer {signer.token(claims)}").status

    def ready(self, proxy):
        answer = self.enterContext(raw.Client(proxy.port("status"))).get("/readyz")
        return answer.status, answer.body.decode()

    def test_keys_come_from_a_url_and_are_fetched_once(self):
        server = self.start(KeyServer([self.old.jwk]))
        proxy = self.guarded(f"http://127.0.0.1:{server.port}/keys")
        self.assertEqual([200, 401, 200], [self.ask(proxy, who) for who in (self.old, self.new, self.old)])
        self.assertEqual((200, "ready\n"), self.ready(proxy))
        self.assertEqual(server.fetches, Metrics(proxy.address("status")).value("outrigger_remote_fetches_total", result="good"))
        self.assertLess(server.fetches, 3)
        self.assertIn("fetched without TLS", proxy.stderr())

    def test_a_rotated_set_is_taken_at_the_refresh(self):
        server = self.start(KeyServer([self.old.jwk]))
        proxy = self.guarded(f"http://127.0.0.1:{server.port}/", ", jwks_refresh: 1s")
        self.assertEqual(200, self.ask(proxy, self.old))
        server.keys = [self.new.jwk]
        until(lambda: self.ask(proxy, self.new) == 200, "the new key")
        self.assertEqual(401, self.ask(proxy, self.old))

    def test_the_last_good_set_stands_while_none_can_be_had_and_up_to_its_limit(self):
        server = self.start(KeyServer([self.old.jwk]))
        proxy = self.guarded(f"http://127.0.0.1:{server.port}/", ", jwks_refresh: 1s")
        self.assertEqual(200, self.ask(proxy, self.old))
        for status, keys, problem in ((500, b"", "it answered 500"), (200, b"<html>", "is no JWK set"),
                                      (200, b'{"keys": []}', "has no usable key")):
            with self.subTest(problem):
                server.status, server.keys = status, keys
                until(lambda: problem in proxy.stderr(), problem)
                self.assertEqual(200, self.ask(proxy, self.old))
        self.assertEqual(200, self.ready(proxy)[0])
        self.assertGreater(Metrics(proxy.address("status")).value("outrigger_remote_fetches_total", result="failed"), 2)

    def test_a_set_that_became_too_old_is_no_more(self):
        server = self.start(KeyServer([self.old.jwk]))
        proxy = self.guarded(f"http://127.0.0.1:{server.port}/", ", jwks_refresh: 1s, jwks_keep: 1s")
        self.assertEqual(200, self.ask(proxy, self.old))
        server.status = 503
        until(lambda: self.ask(proxy, self.old) == 503, "the end of the old set")
        status, text = self.ready(proxy)
        self.assertEqual(200, status)
        self.assertIn("ready, but requests are refused without\nhttp://127.0.0.1", text)
        self.assertIn("it answered 503", text)

    def test_without_any_keys_the_listener_starts_and_refuses(self):
        port = free_port()
        proxy = self.guarded(f"http://127.0.0.1:{port}/keys")
        self.assertEqual(503, self.ask(proxy, self.old))
        self.assertEqual(401, self.client(proxy).get("/").status)
        line = proxy.log(1)[0]
        self.assertEqual("auth_unavailable", line["failure"])
        self.assertIn(f"there are no keys: http://127.0.0.1:{port}/keys: 127.0.0.1:{port}: Connection refused", line["why"])
        status, text = self.ready(proxy)
        self.assertEqual(503, status)
        self.assertIn(f"not ready: requests are refused without\nhttp://127.0.0.1:{port}/keys: ", text)
        self.start(KeyServer([self.old.jwk], port))
        until(lambda: self.ask(proxy, self.old) == 200, "the first keys")
        self.assertEqual((200, "ready\n"), self.ready(proxy))

    def test_keys_outlive_a_reload(self):
        server = self.start(KeyServer([self.old.jwk]))
        proxy = self.guarded(f"http://127.0.0.1:{server.port}/")
        self.assertEqual(200, self.ask(proxy, self.old))
        server.status = 500
        proxy.write(CONFIG.replace("issuer: joe", "issuer: [joe, jim]") % "")
        until(lambda: "reloaded" in proxy.stderr(), "the reload")
        self.assertEqual(200, self.ask(proxy, self.old))
        self.assertEqual(1, server.fetches)

    def test_https_is_verified_by_the_given_authority(self):
        authority = Authority(self.directory + "/ca")
        server = self.start(KeyServer([self.old.jwk], tls=authority.issue("keys", "/CN=keys", "DNS:localhost")))
        url = f"https://localhost:{server.port}/keys"
        trusting = self.guarded(url, f', jwks_ca: "{authority.cert}"')
        self.assertEqual(200, self.ask(trusting, self.old))
        careful = self.guarded(url)
        self.assertEqual(503, self.ask(careful, self.old))
        self.assertIn("certificate", careful.log(1)[0]["why"])
