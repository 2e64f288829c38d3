"""TLS towards clients and towards the service."""
import pathlib
import shutil
import ssl
import subprocess
import tempfile

from support import raw
from support.case import Case
from support.certificates import self_signed
from support.curl import curl
from support.metrics import Metrics
from support.nginx import Nginx
from support.outrigger import command
from support.wait import until

SELF_SIGNED = """
version: 1
listeners: [{address: "@listen@", tls: {self_signed: true}, upstream: app}]
upstreams: {app: {endpoints: ["@app@"]}}
"""
FILES = SELF_SIGNED.replace("{self_signed: true}", '{cert: "@certs@/tls.crt", key: "@certs@/tls.key"}')
TO_TLS = """
version: 1
listeners: [{address: "@listen@", upstream: app}]
upstreams: {app: {endpoints: ["@app@"], filters: [], tls: @tls@}}
"""


class TlsCase(Case):
    def certificates(self, name="localhost"):
        directory = tempfile.mkdtemp(prefix="outrigger-certs-")
        self.addCleanup(shutil.rmtree, directory)
        self_signed(directory, name)
        return directory


class Downstream(TlsCase):
    def test_curl_is_served_with_a_self_signed_certificate(self):
        proxy = self.proxy(SELF_SIGNED, self.start(raw.Peer.answering()))
        answer = curl("-k", "--http1.1", f"https://{proxy.address()}/")
        self.assertEqual((0, 200, b"ok"), (answer.code, answer.status, answer.body))

    def test_curl_verifies_a_certificate_from_files(self):
        certs = self.certificates()
        proxy = self.proxy(FILES, self.start(raw.Peer.answering()), certs=certs)
        answer = curl("--cacert", f"{certs}/tls.crt", f"https://localhost:{proxy.port()}/", "--resolve",
                      f"localhost:{proxy.port()}:127.0.0.1")
        self.assertEqual((0, 200), (answer.code, answer.status), answer.error)

    def test_the_service_hears_that_the_client_came_by_https(self):
        service = self.start(raw.Peer.answering())
        self.client(self.proxy(SELF_SIGNED, service), tls="localhost").get()
        self.assertEqual("https", service.requests[0].get("X-Forwarded-Proto"))

    def test_old_protocol_versions_are_refused(self):
        proxy = self.proxy(SELF_SIGNED, self.start(raw.Peer.answering()))
        for option, good in (("-tls1_1", False), ("-tls1_2", True), ("-tls1_3", True)):
            with self.subTest(option):
                done = subprocess.run(["openssl", "s_client", option, "-cipher", "ALL:@SECLEVEL=0", "-connect", proxy.address()],
                                      input=b"", capture_output=True, check=False, timeout=20)
                self.assertEqual(good, done.returncode == 0)

    def test_ten_mebibytes_pass_through_tls(self):
        from support.services import Echo
        client = self.client(self.proxy(SELF_SIGNED, self.start(Echo())), tls="localhost")
        self.assertEqual(10 << 20, len(client.get(f"/bytes/{10 << 20}").body))

    def test_plain_text_on_the_tls_port_harms_nobody(self):
        proxy = self.proxy(SELF_SIGNED, self.start(raw.Peer.answering()))
        self.client(proxy).send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        self.assertEqual(200, self.client(proxy, tls="localhost").get().status)

    def test_a_new_certificate_is_served_without_a_restart(self):
        certs = self.certificates("old.example")
        proxy = self.proxy(FILES, self.start(raw.Peer.answering()), certs=certs)
        kept = self.client(proxy, tls="x")
        self.assertEqual(200, kept.get().status)
        old = ssl.get_server_certificate(("127.0.0.1", proxy.port()))
        fresh = pathlib.Path(self.certificates("new.example"))
        for name in ("tls.crt", "tls.key"):
            shutil.copy(fresh / name, certs)
        until(lambda: ssl.get_server_certificate(("127.0.0.1", proxy.port())) != old, "the new certificate")
        self.assertEqual(200, kept.get().status)


    def test_a_pair_that_does_not_fit_leaves_the_one_before(self):
        certs = self.certificates("old.example")
        proxy = self.proxy(FILES, self.start(raw.Peer.answering()), certs=certs)
        old = ssl.get_server_certificate(("127.0.0.1", proxy.port()))
        for name, content in (("tls.key", (pathlib.Path(self.certificates("other.example")) / "tls.key").read_text()),
                              ("tls.crt", "no certificate")):
            (pathlib.Path(certs) / name).write_text(content)
            until(lambda: ("does not match" if name == "tls.key" else "holds no certificate") in proxy.stderr(), "the complaint")
            self.assertEqual(old, ssl.get_server_certificate(("127.0.0.1", proxy.port())))
            self.assertEqual(200, self.client(proxy, tls="x").get().status)


class Upstream(TlsCase):
    def nginx(self):
        self.certs = self.certificates()
        return self.start(Nginx(listen="ssl", server=f"ssl_certificate {self.certs}/tls.crt; ssl_certificate_key {self.certs}/tls.key;"))

    def test_a_certificate_that_nobody_vouches_for_is_502(self):
        response = self.client(self.proxy(TO_TLS, self.nginx(), tls="{}")).get()
        self.assertEqual(502, response.status)
        self.assertIn("tls_certificate_error", response.get("Proxy-Status"))

    def test_a_certificate_of_the_given_ca_is_accepted(self):
        nginx = self.nginx()
        response = self.client(self.proxy(TO_TLS, nginx, tls=f"{{ca: {self.certs}/tls.crt, server_name: localhost}}")).get()
        self.assertEqual((200, b"hello from nginx\n"), (response.status, response.body))

    def test_a_certificate_for_another_name_is_502(self):
        nginx = self.nginx()
        response = self.client(self.proxy(TO_TLS, nginx, tls=f"{{ca: {self.certs}/tls.crt, server_name: other.example}}")).get()
        self.assertEqual(502, response.status)

    def test_verification_can_be_switched_off(self):
        response = self.client(self.proxy(TO_TLS, self.nginx(), tls="{insecure_skip_verify: true}")).get()
        self.assertEqual(200, response.status)

    def test_a_service_that_speaks_no_tls_is_502(self):
        response = self.client(self.proxy(TO_TLS, self.start(Nginx()), tls="{}")).get()
        self.assertEqual(502, response.status)

    def test_the_log_says_why_a_certificate_was_not_accepted(self):
        nginx = self.nginx()
        for tls, why in (("{}", "self-signed certificate"),
                         (f"{{ca: {self.certs}/tls.crt, server_name: other.example}}", "it is not for other.example")):
            with self.subTest(why):
                proxy = self.proxy(TO_TLS.replace("upstream: app", "filters: [{access_log: {}}], upstream: app"), nginx, tls=tls)
                self.client(proxy).get()
                line = proxy.log()[0]
                self.assertEqual("upstream_certificate", line["failure"])
                self.assertIn(why, line["why"])

    def test_the_name_to_check_is_the_endpoints_unless_another_is_given(self):
        nginx = self.nginx()
        for endpoint, tls in ((f"localhost:{nginx.port}", ""), (nginx.address, ""), (nginx.address, ", server_name: localhost")):
            with self.subTest(endpoint=endpoint, tls=tls):
                proxy = self.proxy(TO_TLS, app=endpoint, tls=f"{{ca: {self.certs}/tls.crt{tls}}}")
                self.assertEqual(200, self.client(proxy).get().status)

    def test_a_second_connection_takes_up_the_session_of_the_first(self):
        certs = self.certificates()
        nginx = self.start(Nginx(listen="ssl", server=f"keepalive_timeout 0; ssl_certificate {certs}/tls.crt; ssl_certificate_key {certs}/tls.key;"))
        proxy = self.proxy(TO_TLS + 'status: {address: "@status@"}\n', nginx, tls=f"{{ca: {certs}/tls.crt}}",
                           wait_for=("listen", "status"))
        client = self.client(proxy)
        for resumed in range(5):
            self.assertEqual(200, client.get().status)
            self.assertEqual(resumed, Metrics(proxy.address("status")).value("outrigger_upstream_tls_resumed_total", upstream="app"))

    def test_a_changed_ca_decides_about_the_next_connection(self):
        nginx = self.nginx()
        trusted = pathlib.Path(self.certificates("ours")) / "ca.pem"
        shutil.copy(f"{self.certs}/tls.crt", trusted)
        proxy = self.proxy(TO_TLS, nginx, tls=f"{{ca: {trusted}, server_name: localhost}}")
        client = self.client(proxy)
        self.assertEqual(200, client.get().status)
        shutil.copy(trusted.parent / "tls.crt", trusted)  # trusts somebody else now
        until(lambda: client.get().status == 502, "the new CA to refuse")
        shutil.copy(f"{self.certs}/tls.crt", trusted)
        until(lambda: client.get().status == 200, "the old CA to accept again")

    def test_a_ca_that_cannot_be_used_stops_the_start(self):
        folder = pathlib.Path(self.certificates())
        (folder / "junk.pem").write_text("hello")
        config = folder / "outrigger.yaml"
        config.write_text("version: 1\nlisteners: [{address: \"127.0.0.1:0\", upstream: app}]\n"
                          f"upstreams: {{app: {{endpoints: [\"127.0.0.1:1\"], tls: {{ca: {folder}/junk.pem}}}}}}\n")
        done = command("run", "-c", str(config))
        self.assertEqual(2, done.returncode)
        self.assertIn("holds no certificate in PEM form", done.stderr)
