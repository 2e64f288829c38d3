"""Passwords and tokens, through the real binary."""
import base64
import json
import pathlib
import subprocess
import tempfile
import time

from support import raw
from support.case import Case
from support.curl import curl
from support.tokens import Signer
from support.wait import until

ALGORITHMS = ("RS256", "RS512", "PS256", "PS384", "ES256", "ES384", "ES512", "EdDSA")
# "correct horse", by Python's crypt.
BCRYPT = "$2b$04$abcdefghijklmnopqrstuujydOTSfIH/d5oUHpsygqV5X9xJLQc6e"
CHAIN = """
version: 1
listeners: [{address: "@listen@", filters: [{access_log: {}}, %s], upstream: app}]
upstreams: {app: {endpoints: ["@app@"], filters: []}}
status: "@status@"
admin: "@admin@"
"""
ROUTED = """
version: 1
listeners:
  - address: "@listen@"
    filters: [{access_log: {}}]
    routes: [{match: {path: {prefix: /in}}, filters: [{api_key: {keys: "file:@keys@", in: {query: k}}}], upstream: app}]
upstreams: {app: {endpoints: ["@app@"], filters: []}}
"""


def basic(user, password):
    return "Authorization: Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


class Credentials(Case):
    def guarded(self, filters, files, **options):
        """A proxy with `filters`; `files`: content by name, the path is @name@."""
        self.dir = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))
        for name, content in files.items():
            (self.dir / name).write_text(content)
        self.service = self.start(raw.Peer.answering())
        paths = {name: self.dir / name for name in files}
        return self.proxy(CHAIN % filters, self.service, wait_for=("listen", "status", "admin"), **paths, **options)

    def test_a_password_is_asked_for_and_checked(self):
        sha512 = subprocess.run(["openssl", "passwd", "-6", "swordfish"], check=True, capture_output=True,
                                text=True).stdout.strip()
        proxy = self.guarded('{basic_auth: {users: "file:@users@", realm: inner}}',
                             {"users": f"alice:{BCRYPT}\nbob:{sha512}\n"})
        client = self.client(proxy)
        asked = client.get("/")
        self.assertEqual((401, 'Basic realm="inner", charset="UTF-8"'), (asked.status, asked.get("WWW-Authenticate")))
        for user, password, status in (("alice", "correct horse", 200), ("bob", "swordfish", 200),
                                       ("alice", "swordfish", 401), ("eve", "correct horse", 401), ("alice", "", 401)):
            with self.subTest(user=user, password=password):
                self.assertEqual(status, client.get("/", basic(user, password)).status)
        self.assertEqual(2, len(self.service.requests))
        for request in self.service.requests:
            self.assertNotIn("Authorization", request.names)

    def test_curl_sends_a_password(self):
        proxy = self.guarded('{basic_auth: {users: "file:@users@"}}', {"users": f"alice:{BCRYPT}\n"})
        done = subprocess.run(["curl", "-s", "-o", "/dev/null", "-w", "%{http_code}", "-u", "alice:correct horse",
                               f"http://127.0.0.1:{proxy.port()}/"], check=True, capture_output=True, text=True)
        self.assertEqual("200", done.stdout)

    def test_credentials_are_hashed_once(self):
        proxy = self.guarded('{basic_auth: {users: "file:@users@"}}', {"users": f"alice:{BCRYPT}\n"})
        for _ in range(20):
            self.assertEqual(200, self.client(proxy).get("/", basic("alice", "correct horse")).status)
        metrics = self.enterContext(raw.Client(proxy.port("status"))).get("/metrics").body.decode()
        self.assertRegex(metrics, r"outrigger_password_checks_total\{[^}]*\} 1\n")

    def test_tokens_of_every_algorithm(self):
        keys = self.enterContext(tempfile.TemporaryDirectory())
        signers = [Signer(keys, algorithm, algorithm) for algorithm in ALGORITHMS]
        jwks = json.dumps({"keys": [signer.jwk for signer in signers]})
        proxy = self.guarded('{jwt: {issuer: joe, audience: shop, jwks: "file:@jwks@", '
                             'claims_to_headers: {X-User: sub}}}', {"jwks": jwks})
        claims = {"iss": "joe", "aud": "shop", "sub": "alice", "exp": int(time.time()) + 600}
        client = self.client(proxy)
        for signer, other in zip(signers, signers[1:] + signers[:1]):
            with self.subTest(signer.algorithm):
                good = signer.token(claims)
                self.assertEqual(200, client.get("/", f"Authorization: Bearer {good}", "X-User: admin",
                                                 "X_User: admin", "Connection: X-User").status)
                seen = self.service.requests[-1]
                self.assertEqual(["alice"], seen.all("X-User"))
                self.assertNotIn("X_User", seen.names)
                for what, bad in (("another key's name", signer.token(claims, kid=other.kid)),
                                  ("another algorithm's name", signer.token(claims, alg=other.algorithm)),
                                  ("expired", signer.token({**claims, "exp": int(time.time()) - 600})),
                                  ("cut", good[:-8])):
                    with self.subTest(what):
                        refused = self.client(proxy).get("/", f"Authorization: Bearer {bad}")
                        self.assertEqual((401, 'Bearer error="invalid_token"'),
                                         (refused.status, refused.get("WWW-Authenticate")))
        self.assertEqual(len(signers), len(self.service.requests))

    def test_a_rotated_key_set_is_taken_and_a_bad_one_changes_nothing(self):
        keys = self.enterContext(tempfile.TemporaryDirectory())
        old, new = (Signer(keys, "ES256", kid) for kid in ("old", "new"))
        proxy = self.guarded('{jwt: {issuer: joe, jwks: "file:@jwks@"}}', {"jwks": json.dumps({"keys": [old.jwk]})})
        claims = {"iss": "joe", "exp": int(time.time()) + 600}

        def status(signer):
            return self.client(proxy).get("/", f"Authorization: Bearer {signer.token(claims)}").status
        self.assertEqual((200, 401), (status(old), status(new)))
        (self.dir / "jwks").write_text(json.dumps({"keys": [new.jwk]}))
        until(lambda: status(new) == 200, "the new key")
        self.assertEqual(401, status(old))
        (self.dir / "jwks").write_text('{"keys": []}')
        until(lambda: "has no usable key" in proxy.stderr(), "the complaint")
        self.assertEqual(200, status(new))

    def test_a_key_in_the_query_is_not_in_the_log(self):
        proxy = self.guarded('{api_key: {keys: "file:@keys@", in: {query: k}}}', {"keys": "0" * 64})
        self.assertEqual(401, self.client(proxy).get("/?a=1&k=key-4711").status)
        self.assertEqual("a=1&k=[redacted]", proxy.log(1)[0]["query"])

    def test_a_key_in_the_query_is_shown_nowhere_whoever_answers(self):
        proxy = self.guarded('{access: {rules: [{deny: {path: /no}}, {allow: {}}]}}, '
                             '{api_key: {keys: "file:@keys@", in: {query: k}}}', {"keys": "0" * 64})
        head = "GET /%s?a=1&k=key-4711 HTTP/1.1\r\nHost: test\r\n%s\r\n"
        asked = (("", "", 401), ("no", "", 403), ("bad", "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n", 400))
        for path, fields, status in asked:
            self.assertEqual(status, self.client(proxy).request(head % (path, fields)).status, path)
        for line in proxy.log(3):
            self.assertEqual("a=1&k=[redacted]", line["query"], line)
        found = curl(f"http://{proxy.address('admin')}/api/requests?limit=10").body.decode()
        self.assertEqual(3, found.count("k=[redacted]"), found)
        self.assertNotIn("4711", found + proxy.stdout() + proxy.stderr())

    def test_the_key_of_a_route_is_hidden_where_no_route_is_found(self):
        self.dir = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))
        (self.dir / "keys").write_text("0" * 64)
        proxy = self.proxy(ROUTED, self.start(raw.Peer.answering()), keys=self.dir / "keys")
        self.assertEqual(404, self.client(proxy).get("/other?k=key-4711&a").status)
        self.assertEqual("k=[redacted]&a", proxy.log(1)[0]["query"])

    def test_credentials_are_in_no_log_page_or_dump(self):
        proxy = self.guarded('{api_key: {keys: "file:@keys@", in: {header: X-Key}, mode: report}}, '
                             '{basic_auth: {users: "file:@users@", mode: report}}',
                             {"keys": "0" * 64 + " nobody\n", "users": f"alice:{BCRYPT}\n"})
        secrets = ("key-4711", base64.b64encode(b"alice:pass-4711").decode(), "pass-4711", BCRYPT, "0" * 64)
        self.assertEqual(200, self.client(proxy).get("/", "X-Key: key-4711", basic("alice", "pass-4711")).status)
        proxy.log(1)
        pages = [proxy.stderr(), (proxy.dir / "stdout").read_text()]
        for name, path in (("status", "/metrics"), ("status", "/readyz"), ("admin", "/api/config"), ("admin", "/")):
            page = curl(f"http://{proxy.address(name)}{path}")
            self.assertEqual(200, page.status, path)
            pages.append(page.body.decode())
        for page in pages:
            for secret in secrets:
                self.assertNotIn(secret, page)
