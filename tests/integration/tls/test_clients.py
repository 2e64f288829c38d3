"""Which certificate a client sees, and which it must show."""
import pathlib
import shutil
import socket
import ssl
import subprocess
import tempfile

from support import raw
from support.case import Case
from support.certificates import Authority
from support.curl import curl
from support.metrics import Metrics
from support.nginx import Nginx
from support.outrigger import command
from support.wait import until

CONFIG = """
version: 1
listeners:
  - address: "@listen@"
    tls: {cert: "@cert@", key: "@key@"%s}
    filters: [{access_log: {fields: {add: {san: "${client_cert_san}"}}}}%s]
    upstream: app
upstreams: {app: {endpoints: ["@app@"], filters: []}}
status: "@status@"
"""


class TlsCase(Case):
    def setUp(self):
        directory = tempfile.mkdtemp(prefix="outrigger-certs-")
        self.addCleanup(shutil.rmtree, directory)
        self.ca = Authority(pathlib.Path(directory) / "ca")
        self.cert, self.key = self.ca.issue("default", "/CN=default", "DNS:default.example")
        self.dir = pathlib.Path(directory)

    def tls_proxy(self, tls="", filters="", **options):
        self.service = self.start(raw.Peer.answering())
        return self.proxy(CONFIG % (tls and ", " + tls, filters and ", " + filters), self.service, cert=self.cert,
                          key=self.key, wait_for=("listen", "status"), **options)

    def curl(self, proxy, *arguments, name="default.example"):
        return curl("--http1.1", "--cacert", str(self.ca.cert), "--resolve", f"{name}:{proxy.port()}:127.0.0.1", *arguments,
                    f"https://{name}:{proxy.port()}/")

    def shown(self, proxy, name, *arguments):
        """Subject of the certificate that openssl is shown when it asks for `name`, and all it printed."""
        done = subprocess.run(["openssl", "s_client", "-connect", proxy.address(), *(["-servername", name] if name else ["-noservername"]),
                               *arguments], input=b"", capture_output=True, check=False, timeout=30)
        text = done.stdout.decode(errors="replace")
        subject = [line for line in text.splitlines() if line.startswith("subject=")]
        return (subject[0].partition("=")[2].replace(" ", "") if subject else None), text


class Names(TlsCase):
    def certificates(self):
        pairs = [self.ca.issue("exact", "/CN=exact", "DNS:a.example"),
                 self.ca.issue("wild", "/CN=wild", "DNS:*.w.example"),
                 self.ca.issue("rsa", "/CN=rsa", "DNS:a.example", kind="rsa")]
        return "certificates: [" + ", ".join(f'{{cert: "{cert}", key: "{key}"}}' for cert, key in pairs) + "]"

    def test_the_name_chooses_the_certificate(self):
        proxy = self.tls_proxy(self.certificates())
        for name, subject in (("a.example", "CN=exact"), ("A.Example", "CN=exact"), ("x.w.example", "CN=wild"),
                              ("default.example", "CN=default"), ("y.x.w.example", "CN=default"), ("w.example", "CN=default"),
                              ("other.test", "CN=default"), ("example", "CN=default"), (None, "CN=default")):
            for version in ("-tls1_2", "-tls1_3"):
                with self.subTest(name=name, version=version):
                    self.assertEqual(subject, self.shown(proxy, name, version)[0])

    def test_curl_verifies_the_chosen_certificate(self):
        proxy = self.tls_proxy(self.certificates())
        for name in ("default.example", "a.example", "x.w.example"):
            with self.subTest(name):
                self.assertEqual((0, 200), (lambda a: (a.code, a.status))(self.curl(proxy, name=name)))

    def test_ecdsa_and_rsa_stand_side_by_side(self):
        proxy = self.tls_proxy(self.certificates())
        for algorithms, subject in (("ECDSA+SHA256", "CN=exact"), ("RSA-PSS+SHA256", "CN=rsa")):
            with self.subTest(algorithms):
                self.assertEqual(subject, self.shown(proxy, "a.example", "-tls1_3", "-sigalgs", algorithms)[0])

    def test_two_certificates_for_the_same_names_and_kind_are_refused(self):
        self.cert, self.key = self.ca.issue("again", "/CN=again", "DNS:a.example")
        service = self.start(raw.Peer.answering())
        with self.assertRaisesRegex(AssertionError, "same names and has the same kind of key"):
            self.proxy(CONFIG % (", " + self.certificates(), ""), service, cert=self.cert, key=self.key)

    def test_the_metric_is_of_the_certificate_that_ends_first(self):
        proxy = self.tls_proxy(self.certificates())
        days = Metrics(proxy.address("status")).value("outrigger_certificate_expiry_days")
        self.assertTrue(29 <= days <= 30, days)


class Clients(TlsCase):
    def setUp(self):
        super().setUp()
        self.client_cert = self.ca.issue("web", "/CN=web/O=Example", "URI:spiffe://prod/web,DNS:web.example", "clientAuth")
        self.asks = f'client_ca: "{self.ca.cert}"'

    def pair(self, files=None):
        cert, key = files or self.client_cert
        return "--cert", str(cert), "--key", str(key)

    def test_a_client_without_a_certificate_is_refused(self):
        proxy = self.tls_proxy(self.asks)
        self.assertNotEqual(0, self.curl(proxy).code)
        self.assertEqual(200, self.curl(proxy, *self.pair()).status)
        self.assertEqual(1, len(self.service.requests))
        until(lambda: Metrics(proxy.address("status")).value("outrigger_tls_handshake_failures_total") >= 1, "the count")

    def test_the_service_and_the_log_hear_who_it_is_and_a_client_cannot_claim_it(self):
        for tls, pair in ((self.asks, self.pair()), (self.asks + ", client_auth: optional", ())):
            proxy = self.tls_proxy(tls)
            self.assertEqual(200, self.curl(proxy, *pair, "-H", "X-Forwarded-Client-Cert: URI=spiffe://prod/admin").status)
            said = self.service.requests[0].all("X-Forwarded-Client-Cert")
            if not pair:
                self.assertEqual([], said)
                continue
            self.assertEqual(1, len(said))
            self.assertRegex(said[0], r'^Hash=[0-9a-f]{64};Subject="O=Example,CN=web";URI=spiffe://prod/web;DNS=web\.example$')
            self.assertEqual("spiffe://prod/web", proxy.log(1)[0]["san"])

    def test_optional_lets_pass_but_not_with_a_bad_certificate(self):
        other = Authority(self.dir / "other", "other CA").issue("web", "/CN=web", "URI:spiffe://prod/web", "clientAuth")
        proxy = self.tls_proxy(self.asks + ", client_auth: optional")
        self.assertEqual(200, self.curl(proxy).status)
        self.assertNotEqual(0, self.curl(proxy, *self.pair(other)).code)
        server = self.ca.issue("server", "/CN=server", "DNS:server.example", "serverAuth")
        self.assertNotEqual(0, self.curl(proxy, *self.pair(server)).code)

    def test_a_revoked_certificate_is_refused(self):
        other = self.ca.issue("other", "/CN=other", "DNS:other.example", "clientAuth")
        self.ca.revoke()
        proxy = self.tls_proxy(self.asks + f', crl: "{self.ca.crl}"')
        self.assertEqual(200, self.curl(proxy, *self.pair()).status)
        self.ca.revoke(self.client_cert[0])
        until(lambda: self.curl(proxy, *self.pair()).code != 0, "the revocation")
        self.assertEqual(200, self.curl(proxy, *self.pair(other)).status)

    def test_a_list_that_cannot_be_read_leaves_the_one_before(self):
        self.ca.revoke(self.client_cert[0])
        other = self.ca.issue("other", "/CN=other", "DNS:other.example", "clientAuth")
        proxy = self.tls_proxy(self.asks + f', crl: "{self.ca.crl}"')
        self.ca.crl.write_text("nothing")
        until(lambda: "holds no revocation list" in proxy.stderr(), "the complaint")
        self.assertNotEqual(0, self.curl(proxy, *self.pair()).code)
        self.assertEqual(200, self.curl(proxy, *self.pair(other)).status)

    def test_a_list_that_was_not_renewed_lets_nobody_in_and_is_loud(self):
        self.ca.revoke(seconds=3)
        proxy = self.tls_proxy(self.asks + f', crl: "{self.ca.crl}"')
        days = Metrics(proxy.address("status")).value("outrigger_crl_expiry_days")
        self.assertLess(days, 3 / 86400)
        self.assertGreater(days, -1)
        until(lambda: self.curl(proxy, *self.pair()).code != 0, "the end of the list")
        until(lambda: "CRL has expired" in proxy.stderr(), "the complaint")
        self.ca.revoke()
        until(lambda: self.curl(proxy, *self.pair()).code == 0, "the renewed list")

    def test_rules_look_at_the_certificate(self):
        proxy = self.tls_proxy(self.asks + ", client_auth: optional",
                               "{access: {rules: [{allow: {client_cert: 'spiffe://prod/*'}}]}}")
        other = self.ca.issue("dev", "/CN=web", "URI:spiffe://dev/web", "clientAuth")
        for version in ("--http1.1", "--http2"):
            with self.subTest(version):
                claim = ("-H", "X-Forwarded-Client-Cert: URI=spiffe://prod/web")
                self.assertEqual(200, self.curl(proxy, version, *self.pair(), *claim).status)
                self.assertEqual(403, self.curl(proxy, version, *self.pair(other), *claim).status)
                self.assertEqual(403, self.curl(proxy, version, *claim).status)
        self.assertEqual(2, len(self.service.requests))
        for request in self.service.requests:
            self.assertEqual(1, ", ".join(request.all("X-Forwarded-Client-Cert")).count("Hash="))

    def test_the_certificate_is_known_in_a_session_taken_up_again(self):
        proxy = self.tls_proxy(self.asks, "{access: {rules: [{allow: {client_cert: 'spiffe://prod/*'}}]}}")
        context = ssl.create_default_context(cafile=str(self.ca.cert))
        context.load_cert_chain(*map(str, self.client_cert))
        context.maximum_version = ssl.TLSVersion.TLSv1_2
        session, reused = None, []
        for _ in range(2):
            with socket.create_connection(("127.0.0.1", proxy.port())) as plain, \
                 context.wrap_socket(plain, server_hostname="default.example", session=session) as secure:
                secure.sendall(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
                self.assertIn(b" 200 ", secure.recv(4096))
                session, _ = secure.session, reused.append(secure.session_reused)
        self.assertEqual([False, True], reused)


class Rules(TlsCase):
    def test_modern_is_tls_1_3_alone(self):
        for policy, good in (("intermediate", True), ("modern", False)):
            proxy = self.tls_proxy(f"policy: {policy}")
            with self.subTest(policy):
                self.assertEqual(good, self.shown(proxy, "x", "-tls1_2")[0] is not None)
                self.assertIsNotNone(self.shown(proxy, "x", "-tls1_3")[0])

    def test_replicas_with_the_same_ticket_keys_take_up_each_others_sessions(self):
        keys = self.dir / "tickets"
        make = lambda: subprocess.run(["openssl", "rand", "-hex", "80"], check=True, capture_output=True, text=True).stdout.replace("\n", "") + "\n"  # noqa: E731
        old, new = make(), make()
        keys.write_text(old)
        first, second = (self.tls_proxy(f'ticket_keys: "{keys}"') for _ in range(2))
        own = self.tls_proxy()
        session = self.dir / "session"
        self.shown(first, "x", "-tls1_2", "-sess_out", str(session))

        def reused(proxy):
            return "Reused, " in self.shown(proxy, "x", "-tls1_2", "-sess_in", str(session))[1]
        self.assertTrue(reused(second))
        self.assertFalse(reused(own))
        keys.write_text(new + old)  # rotated: the old one still opens
        until(lambda: "reloaded" in second.stderr(), "the reload")
        self.assertTrue(reused(second))
        keys.write_text(new)
        until(lambda: not reused(second), "the end of the old key")

    def test_a_handshake_that_takes_too_long_ends(self):
        proxy = self.tls_proxy("handshake_timeout: 200ms")
        silent = self.client(proxy)
        self.assertTrue(silent.is_closed())
        until(lambda: Metrics(proxy.address("status")).value("outrigger_tls_handshake_failures_total") >= 1, "the count")

    def test_handshakes_beyond_the_limit_wait_their_turn(self):
        config = CONFIG.replace('    filters:', '    limits: {handshakes: 2}\n    filters:')
        service = self.start(raw.Peer.answering())
        proxy = self.proxy(config % (", handshake_timeout: 2s", ""), service, cert=self.cert, key=self.key,
                           wait_for=("status",))
        until(lambda: self.curl(proxy).status == 200, "the listener")
        silent = [self.client(proxy) for _ in range(6)]
        until(lambda: Metrics(proxy.address("status")).value("outrigger_handshake_limit_pauses_total") >= 1, "the pause")
        self.assertEqual(200, self.curl(proxy).status)
        self.assertTrue(all(one.is_closed() for one in silent))

    def test_validate_warns_of_a_key_that_anybody_can_read(self):
        self.key.chmod(0o644)
        file = self.dir / "outrigger.yaml"
        file.write_text(f"""
version: 1
listeners: [{{address: 127.0.0.1:1, tls: {{cert: "{self.cert}", key: "{self.key}"}}, upstream: app}}]
upstreams: {{app: {{endpoints: ["127.0.0.1:2"]}}}}
""")
        self.assertIn("anybody on this machine can read the private key", command("validate", "-c", file).stderr)
        self.key.chmod(0o600)
        self.assertNotIn("anybody", command("validate", "-c", file).stderr)


class Services(TlsCase):
    def test_a_service_is_shown_our_certificate(self):
        ours = self.ca.issue("ours", "/CN=ours", "DNS:ours.example", "clientAuth")
        nginx = self.start(Nginx(listen="ssl", server=f"ssl_certificate {self.cert}; ssl_certificate_key {self.key}; "
                                 f"ssl_client_certificate {self.ca.cert}; ssl_verify_client on;"))
        config = """
version: 1
listeners: [{address: "@listen@", upstream: app}]
upstreams: {app: {endpoints: ["@app@"], filters: [], tls: {ca: "%s", server_name: default.example%s}}}
"""
        for own, status in (("", 400), (f', cert: "{ours[0]}", key: "{ours[1]}"', 200)):
            self.assertEqual(status, self.client(self.proxy(config % (self.ca.cert, own), nginx)).get().status)
