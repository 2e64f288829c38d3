"""Requests over HTTP/2: what reaches an HTTP/1 service, and what comes back."""
import subprocess
import tempfile
import threading

from support import raw
from support.case import BARE, LOGGED, Case
from support.curl import curl
from support.http2 import CANCEL, INTERNAL_ERROR, NO_ERROR, PROTOCOL_ERROR, Http2Client
from support.wait import until

TLS = """
version: 1
listeners: [{address: "@listen@", tls: {self_signed: true}, filters: [{access_log: {}}], upstream: app}]
upstreams: {app: {endpoints: ["@app@"], filters: []}}
"""


class Http2(Case):
    def open(self, proxy, **options):
        return self.start(Http2Client(proxy.port(), **options))

    def test_curl_by_alpn_and_by_prior_knowledge(self):
        service = self.start(raw.Peer.answering())
        for config, scheme, option in ((TLS, "https", "--http2"), (LOGGED, "http", "--http2-prior-knowledge")):
            with self.subTest(option):
                proxy = self.proxy(config, service)
                answer = curl("-k", option, f"{scheme}://127.0.0.1:{proxy.port()}/a?b=c")
                self.assertEqual((200, b"ok"), (answer.status, answer.body))
                self.assertEqual("HTTP/2", proxy.log()[0]["protocol"])
                self.assertEqual("GET /a?b=c HTTP/1.1", service.requests[-1].start)
                self.assertEqual("2 outrigger", service.requests[-1].get("Via"))
                self.assertEqual(scheme, service.requests[-1].get("X-Forwarded-Proto"))

    def test_a_tls_client_without_h2_gets_http_1(self):
        proxy = self.proxy(TLS, self.start(raw.Peer.answering()))
        answer = curl("-k", "--http1.1", f"https://127.0.0.1:{proxy.port()}/")
        self.assertEqual("HTTP/1.1 200 OK", answer.head.start)
        self.assertEqual("HTTP/1.1", proxy.log()[0]["protocol"])

    def test_nghttp_and_h2load(self):
        proxy = self.proxy(BARE, self.start(raw.Peer.answering()))
        url = f"http://127.0.0.1:{proxy.port()}/"
        run = dict(capture_output=True, text=True, timeout=60, check=True)
        self.assertIn(":status: 200", subprocess.run(["nghttp", "-nv", url], **run).stdout)
        done = subprocess.run(["h2load", "-n", "500", "-c", "4", "-m", "10", url], **run).stdout
        self.assertIn("500 succeeded, 0 failed", done)

    def test_content_of_known_and_of_unknown_length_both_ways(self):
        body = bytes(range(256)) * 800
        service = self.start(raw.Peer.answering(raw.answer(body)))
        client = self.open(self.proxy(BARE, service))
        known = client.request("POST", fields=[("content-length", "6")], body=b"abcdef")
        self.assertEqual(body, client.answer(known).body)
        unknown = client.request("POST", body=b"abc", ends=False)
        client.data(unknown, b"def", ends=True)
        self.assertEqual(body, client.answer(unknown).body)
        self.assertEqual([b"abcdef", b"abcdef"], [request.body for request in service.requests])
        self.assertEqual("6", service.requests[0].get("Content-Length"))
        self.assertEqual("chunked", service.requests[1].get("Transfer-Encoding"))

    def test_large_content_both_ways(self):
        size = 8 << 20
        content = bytes(range(251)) * (size // 251)
        service = self.start(raw.Peer.answering(raw.answer(content)))
        for config, scheme, option in ((TLS, "https", "--http2"), (LOGGED, "http", "--http2-prior-knowledge")):
            with self.subTest(option), tempfile.NamedTemporaryFile() as file:
                file.write(content)
                file.flush()
                proxy = self.proxy(config, service)
                answer = curl("-k", option, "--data-binary", f"@{file.name}", f"{scheme}://127.0.0.1:{proxy.port()}/")
                self.assertEqual((200, content), (answer.status, answer.body))
                self.assertEqual(content, service.requests[-1].body)
                line = proxy.log()[0]
                self.assertEqual([len(content)] * 2, [line["request_bytes"], line["response_bytes"]])

    def test_answers_without_content(self):
        rows = [("HEAD", "HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\n", "7"),
                ("GET", "HTTP/1.1 204 No Content\r\n\r\n", None), ("GET", "HTTP/1.1 304 Not Modified\r\nContent-Length: 7\r\n\r\n", "7"),
                ("GET", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", "0")]
        for method, head, length in rows:
            with self.subTest(head):
                service = self.start(raw.Peer.answering(raw.send(head)))
                client = self.open(self.proxy(BARE, service))
                answer = client.answer(client.request(method))
                self.assertEqual((b"", True, length), (answer.body, answer.ended, answer.get("content-length")))
                self.assertTrue(client.answer(client.request(method)).ended)

    def test_pieces_of_a_cookie_become_one_field(self):
        service = self.start(raw.Peer.answering())
        client = self.open(self.proxy(BARE, service))
        client.get("/", [("cookie", "a=1"), ("x", "y"), ("cookie", "b=2"), ("cookie", "c=3")])
        self.assertEqual(["a=1; b=2; c=3"], service.requests[0].all("Cookie"))
        for pieces, status in ((180, 200), (257, 431)):  # the limit is 100 fields
            self.assertEqual(status, client.get("/", [("cookie", f"c{i}=1") for i in range(pieces)]).status)

    def test_trailers_both_ways(self):
        service = self.start(raw.Peer.answering(raw.send(
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\nX-Sum: 7\r\n\r\n")))
        client = self.open(self.proxy(BARE, service))
        stream = client.request("POST", fields=[("te", "trailers")], body=b"abc", ends=False)
        client.trailers(stream, [("x-check", "9"), ("content-length", "1")])
        answer = client.answer(stream)
        self.assertEqual((b"ok", [("x-sum", "7")]), (answer.body, answer.trailers))
        self.assertEqual([("x-check", "9")], service.requests[0].trailers)

    def test_interim_responses_and_an_invitation_to_send(self):
        service = self.start(raw.Peer([
            raw.head(), raw.send("HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n"),
            lambda talk: talk.peer.leftovers.append(talk.reader.exactly(3)), raw.answer(), raw.read_to_end()]))
        client = self.open(self.proxy(BARE, service))
        stream = client.request("POST", fields=[("expect", "100-continue"), ("content-length", "3")], ends=False)
        self.assertTrue(client.until(lambda: 100 in client.answers[stream].interim))
        client.data(stream, b"abc", ends=True)
        answer = client.answer(stream)
        self.assertEqual(([103, 100], 200), (answer.interim, answer.status))

    def test_events_of_a_server_come_one_by_one(self):
        head = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"
        for framing, event in (("\r\n", "data: {}\n\n"), ("Transfer-Encoding: chunked\r\n\r\n", "9\r\ndata: {}\n\n\r\n")):
            with self.subTest(framing):
                go_on = threading.Event()
                service = self.start(raw.Peer([raw.request(), raw.send(head + framing + event.format(1)), raw.wait(go_on),
                                               raw.send(event.format(2) + ("0\r\n\r\n" if "chunked" in framing else "")), raw.close()]))
                client = self.open(self.proxy(BARE, service))
                stream = client.request()
                self.assertTrue(client.until(lambda: client.answers[stream].body == b"data: 1\n\n"))
                go_on.set()
                answer = client.answer(stream)
                self.assertEqual((b"data: 1\n\ndata: 2\n\n", True), (answer.body, answer.ended))

    def test_a_slow_answer_does_not_hold_up_another(self):
        late = threading.Event()
        service = self.start(raw.Peer([raw.request(), raw.wait(late), raw.answer("late"), raw.read_to_end()],
                                      [raw.request(), raw.answer("soon"), raw.read_to_end()]))
        client = self.open(self.proxy(BARE, service))
        slow = client.request(path="/slow")
        until(lambda: service.requests, "the first request to arrive")
        self.assertEqual(b"soon", client.get("/soon").body)
        late.set()
        self.assertEqual(b"late", client.answer(slow).body)

    def test_an_answer_that_breaks_off_is_a_reset(self):
        for head in ("Content-Length: 10", "Transfer-Encoding: chunked"):
            with self.subTest(head):
                sent = "half" if "Length" in head else "4\r\nhalf\r\n"
                service = self.start(raw.Peer([raw.request(), raw.send(f"HTTP/1.1 200 OK\r\n{head}\r\n\r\n{sent}"),
                                               raw.close()], [raw.request(), raw.answer(), raw.read_to_end()]))
                proxy = self.proxy(LOGGED, service)
                client = self.open(proxy)
                answer = client.get()
                self.assertFalse(answer.ended)
                self.assertEqual(INTERNAL_ERROR, answer.reset)
                self.assertEqual("response_truncated", proxy.log()[0]["failure"])
                self.assertEqual(200, client.get().status)

    def test_an_early_answer_is_complete_and_the_client_is_told_to_stop(self):
        service = self.start(raw.Peer([raw.head(), raw.answer("no", "403 Forbidden"), raw.read_to_end()]))
        client = self.open(self.proxy(BARE, service))
        stream = client.request("POST", body=b"some", ends=False)
        answer = client.answer(stream)
        self.assertEqual((403, b"no", True), (answer.status, answer.body, answer.ended))
        client.until(lambda: answer.reset is not None)
        self.assertEqual(NO_ERROR, answer.reset)

    def test_a_client_that_resets_ends_its_request_at_the_service_and_no_other(self):
        service = self.start(raw.Peer([raw.request(), raw.read_to_end()], [raw.request(), raw.answer(), raw.read_to_end()]))
        proxy = self.proxy(LOGGED, service)
        client = self.open(proxy)
        stream = client.request()
        until(lambda: service.requests, "the request to arrive")
        client.reset(stream, CANCEL)
        until(lambda: service.leftovers, "the connection to the service to close")
        self.assertEqual("client_gone", proxy.log()[0]["failure"])
        self.assertEqual(200, client.get().status)

    def test_a_client_that_does_not_read_holds_the_service_back(self):
        size = 8 << 20
        service = self.start(raw.Peer.answering(raw.answer(b"x" * size)))
        client = self.open(self.proxy(BARE, service), window=1000)
        stream = client.request()
        answer = client.answers[stream]
        self.assertTrue(client.until(lambda: len(answer.body) == 1000))
        self.assertTrue(client.ping())
        self.assertEqual(1000, len(answer.body))
        client.give(stream, size)
        self.assertEqual(size, len(client.answer(stream).body))

    def test_an_upload_that_nobody_reads_stops_at_the_window(self):
        go = threading.Event()
        service = self.start(raw.Peer([raw.head(), raw.wait(go), raw.answer(), raw.read_to_end()]))
        client = self.open(self.proxy(BARE, service))
        stream = client.request("POST", body=b"x" * 65535, ends=False)
        self.assertTrue(client.ping())
        self.assertIsNone(client.answers[stream].reset)
        go.set()
        answer = client.answer(stream)
        self.assertEqual((200, None), (answer.status, answer.reset))

    def test_upgrade_to_h2c_is_neither_honoured_nor_forwarded(self):
        service = self.start(raw.Peer.answering())
        client = self.client(self.proxy(BARE, service))
        response = client.get("/", "Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c", "HTTP2-Settings: AAMAAABkAAQAAP__")
        self.assertEqual(200, response.status)
        self.assertEqual([None, None], [service.requests[0].get(name) for name in ("Upgrade", "HTTP2-Settings")])


class Refusals(Case):
    def check(self, expected, failure, **request):
        service = self.start(raw.Peer.answering())
        proxy = self.proxy(LOGGED, service)
        client = self.start(Http2Client(proxy.port()))
        answer = client.answer(client.request(**request))
        self.assertEqual(expected, answer.status if answer.reset is None else -answer.reset)
        self.assertEqual(failure, proxy.log()[0]["failure"])
        self.assertEqual([], service.requests)
        self.assertEqual(200, client.get().status)

    def test_what_is_malformed_is_reset_and_logged(self):
        for fields in ([("Upper", "1")], [("connection", "close")], [("transfer-encoding", "chunked")], [("host", "other")],
                       [("x", "a\nb: c")], [("content-length", "3")]):
            with self.subTest(fields):
                failure = {"host": "bad_host", "content-length": "bad_framing"}.get(fields[0][0], "bad_header")
                self.check(-PROTOCOL_ERROR, failure, fields=fields)

    def test_what_is_refused_is_answered(self):
        connect = [(":method", "CONNECT"), (":authority", "a:443")]
        rows = [(400, "bad_target", {"path": "/a/../b"}), (400, "bad_target", {"path": "no-slash"}),
                (431, "head_too_large", {"fields": [("x", "y" * 33000)]}),
                (431, "too_many_fields", {"fields": [(f"x{i}", "1") for i in range(101)]}),
                (405, "connect_refused", {"pseudo": connect})]
        for status, failure, request in rows:
            with self.subTest(failure):
                self.check(status, failure, **request)
