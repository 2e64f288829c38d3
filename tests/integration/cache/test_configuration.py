"""What `validate` says of caches, and the file that the product promises."""
import json
import pathlib
import tempfile
import time

from support.cache.origin import Origin
from support.case import Case
from support.certificates import self_signed
from support.outrigger import command
from support.tokens import Signer

HEAD = "version: 1\nlisteners: [{address: 127.0.0.1:1, filters: %s, upstream: app}]\nupstreams: {app: 127.0.0.1:2}\n"
PROMISED = """
version: 1
listeners:
  - name: listen
    address: "@listen@"
    tls: {cert: "@cert@", key: "@key@"}
    filters:
      - access_log: {format: json}
      - jwt: {issuer: https://issuer.example, audience: legacy, jwks: "file:@jwks@"}
    routes:
      - match: {path: {prefix: /reports}}
        filters: [{cache: {ttl: 60s, stale_if_error: 10m}}]
        timeouts: {request: 30s, backend_request: 5s}
        upstream: app
      - upstream: app
upstreams:
  app:
    endpoints: ["@app@"]
    filters:
      - retry: {num_retries: 2}
      - circuit_breaker: {failure_rate: 50%, window: 10s, min_requests: 20, open_for: 5s}
"""


class Configuration(Case):
    def validate(self, filters):
        with tempfile.TemporaryDirectory() as directory:
            file = pathlib.Path(directory) / "f.yaml"
            file.write_text(HEAD % filters)
            return command("validate", "-c", file)

    def test_what_is_refused(self):
        for filters, words in (("[{cache: {ttl: 60}}]", "60"), ("[{cache: {max_object: 1GiB}}]", "max_object is larger than max_size"),
                               ("[{cache: {key: {query: {keep: [a], drop: [b]}}}}]", "keep or drop"),
                               ("[{cache: {ttl: {status: {nine: 1s}}}}]", "nine"),
                               ("[{cache: {key: {headers: ['a b']}}}]", "can't be the name of a field"),
                               ("[{fallback: {chain: [{stale: {}, static: {}}]}}]", "one of stale, broader"),
                               ("[{fallback: {chain: [{broader: {path: x}}]}}]", "begin with /")):
            with self.subTest(filters=filters):
                done = self.validate(filters)
                self.assertEqual(done.returncode, 2, done.stderr)
                self.assertIn(words, done.stderr)

    def test_a_warning_for_what_is_not_in_the_key(self):
        rows = (("[{cache: {}}, {access: {rules: [{deny: {path: /a}}]}}]", "put it before the cache"),
                ("[{cache: {}}, {rate_limit: {rate: 5/s}}]", "put it before the cache"),
                ("[{cache: {}}, {headers: {request: {set: {X-U: '${user}'}}}}]", "${user}"),
                ("[{cache: {}}, {headers: {request: {set: {X-U: '${header:X-Tenant}'}}}}]", "${header:X-Tenant}"),
                ("[{cache: {key: {headers: [X-Tenant]}}}, {headers: {request: {set: {X-U: '${header:X-Tenant}'}}}}]", None),
                ("[{access: {rules: [{deny: {path: /a}}]}}, {cache: {}}]", None),
                ("[{cache: {}}, {headers: {request: {set: {X-U: fixed}}}}]", None))
        for filters, words in rows:
            with self.subTest(filters=filters):
                done = self.validate(filters)
                self.assertEqual(done.returncode, 0, done.stderr)
                said = done.stdout + done.stderr
                if words:
                    self.assertIn(words, said)
                else:
                    self.assertNotIn("stands behind cache", said)

    def test_the_promised_file_runs(self):
        directory = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))
        signer = Signer(directory, "RS256", "k")
        (directory / "jwks.json").write_text(json.dumps({"keys": [signer.jwk]}))
        cert, key = self_signed(directory)
        origin = self.start(Origin())
        origin.script("/reports/1", {"fields": ["Cache-Control: public, max-age=60"]})
        proxy = self.proxy(PROMISED, app=origin.address, cert=cert, key=key, jwks=directory / "jwks.json")
        client = self.client(proxy, tls="test")
        self.assertEqual(client.get("/reports/1").status, 401)
        token = signer.token({"iss": "https://issuer.example", "aud": "legacy", "sub": "a", "exp": int(time.time()) + 600})
        for kind in ("fwd=uri-miss", "hit"):
            got = client.get("/reports/1", f"Authorization: Bearer {token}")
            self.assertEqual(got.status, 200)
            self.assertIn(kind, got.get("Cache-Status"))
        self.assertEqual(client.get("/reports/1").status, 401, "what is stored is behind the token too")
