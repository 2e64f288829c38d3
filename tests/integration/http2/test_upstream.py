"""HTTP/2 towards the service: what reaches it, what comes back, and what becomes of connections."""
import http.server
import ssl
import signal
import subprocess
import tempfile
import threading
import time

from hyperframe import frame as frames

from support import raw
from support.certificates import self_signed
from support.curl import curl
from support.http2 import Http2Client
from support.http2_service import REFUSED_STREAM, Http2Service
from support.http2_upstream import POST, Upstream, config
from support.ports import free_port
from support.wait import until


class Http1Tls:
    """A service that speaks HTTP/1.1 over TLS; `requests` are request lines."""

    def __init__(self, context):
        self.requests = requests = []

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                requests.append(self.requestline)
                self.send_response(200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        self.address = f"127.0.0.1:{self.server.server_port}"

    def __enter__(self):
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()


class Exchanges(Upstream):
    def test_curl_of_either_version_reaches_a_service_that_speaks_http_2_only(self):
        service = self.start(Http2Service())
        self.serve(service)
        for option in ("--http1.1", "--http2-prior-knowledge"):
            with self.subTest(option):
                answer = curl(option, f"http://127.0.0.1:{self.served.port()}/a?b=c")
                self.assertEqual((200, b"ok"), (answer.status, answer.body))
                request = service.requests[-1]
                self.assertEqual([("GET", "http", f"127.0.0.1:{self.served.port()}", "/a?b=c")],
                                 [tuple(request.get(name) for name in (":method", ":scheme", ":authority", ":path"))])
                self.assertEqual("127.0.0.1", request.get("x-forwarded-for"))
                self.assertEqual("http", request.get("x-forwarded-proto"))
        self.assertEqual({0}, {request.connection for request in service.requests})

    def test_only_what_is_about_the_request_goes_on(self):
        service = self.start(Http2Service())
        self.serve(service)
        self.client(self.served).get("/", "Connection: x-hop, keep-alive", "X-Hop: 1", "Keep-Alive: 5", "TE: trailers, gzip",
                                     "Cookie: a=1; b=2", "X-Custom: Yes", "Proxy-Connection: close")
        names = [name for name, _ in service.requests[0].fields]
        self.assertEqual(names, [name.lower() for name in names])
        self.assertFalse({"connection", "x-hop", "keep-alive", "proxy-connection", "host"} & set(names))
        request = service.requests[0]
        self.assertEqual(("trailers", "a=1; b=2", "Yes", "1.1 outrigger"),
                         tuple(request.get(name) for name in ("te", "cookie", "x-custom", "via")))

    def test_an_upgrade_is_not_asked_for(self):
        service = self.start(Http2Service())
        self.serve(service)
        client = self.client(self.served)
        self.assertEqual(200, client.get("/", "Connection: Upgrade", "Upgrade: other").status)
        self.assertIsNone(service.requests[0].get("upgrade"))

    def test_content_both_ways_from_http_1(self):
        content = bytes(range(251)) * 8000
        service = self.start(Http2Service(lambda talk, request: talk.respond(request, body=content)))
        self.serve(service)
        with tempfile.NamedTemporaryFile() as file:
            file.write(content)
            file.flush()
            for options in (("--data-binary", f"@{file.name}"), ("-T", "-", "-H", "Transfer-Encoding: chunked")):
                with self.subTest(options[0]), open(file.name, "rb") as source:
                    done = subprocess.run(["curl", "-q", "-sS", *options, f"http://127.0.0.1:{self.served.port()}/"], stdin=source,
                                          capture_output=True, timeout=60, check=True)
                    self.assertEqual(content, done.stdout)
                    self.assertEqual(content, service.requests[-1].body)
        self.assertEqual(str(len(content)), service.requests[0].get("content-length"))
        self.assertIsNone(service.requests[1].get("content-length"))

    def test_trailers_both_ways(self):
        service = self.start(Http2Service(lambda talk, request: talk.respond(request, trailers=[("x-sum", "7")])))
        self.serve(service)
        client = self.open()
        stream = client.request("POST", fields=[("te", "trailers")], body=b"abc", ends=False)
        client.trailers(stream, [("x-check", "9")])
        answer = client.answer(stream)
        self.assertEqual((b"ok", [("x-sum", "7")]), (answer.body, answer.trailers))
        self.assertEqual([("x-check", "9")], service.requests[0].trailers)
        old = self.client(self.served).get("/", "TE: trailers")
        self.assertEqual([("x-sum", "7")], old.trailers)

    def test_interim_responses_and_an_invitation_to_send(self):
        def invite(talk, request):
            talk.head(request, 103, [("link", "</a>")])
            talk.head(request, 100)
        service = self.start(Http2Service(on_head=invite))
        self.serve(service)
        client = self.open()
        stream = client.request("POST", fields=[("expect", "100-continue"), ("content-length", "3")], ends=False)
        self.assertTrue(client.until(lambda: 100 in client.answers[stream].interim))
        self.assertEqual(b"", service.requests[0].body)
        client.data(stream, b"abc", ends=True)
        answer = client.answer(stream)
        self.assertEqual(([103, 100], 200), (answer.interim, answer.status))

    def test_answers_without_content(self):
        rows = [("HEAD", 200, [("content-length", "7")]), ("GET", 204, []), ("GET", 304, [("content-length", "7")])]
        for method, status, fields in rows:
            with self.subTest((method, status)):
                service = self.start(Http2Service(
                    lambda talk, request, status=status, fields=fields: talk.head(request, status, fields, ends=True)))
                self.serve(service)
                client = self.client(self.served)
                for _ in range(2):
                    answer = client.request(f"{method} / HTTP/1.1\r\nHost: test\r\n\r\n")
                    self.assertEqual((status, b""), (answer.status, answer.body))

    def test_the_answer_flows_while_the_request_still_does(self):
        service = self.start(Http2Service(on_head=lambda talk, request: (talk.head(request), talk.data(request, b"early")),
                                          on_request=lambda talk, request: talk.data(request, request.body, ends=True)))
        self.serve(service)
        client = self.open()
        stream = client.request("POST", body=b"one", ends=False)
        self.assertTrue(client.until(lambda: client.answers[stream].body == b"early"))
        client.data(stream, b"two", ends=True)
        self.assertEqual(b"earlyonetwo", client.answer(stream).body)

    def test_nghttpd_and_h2load(self):
        port = free_port()
        with tempfile.TemporaryDirectory() as files:
            with open(f"{files}/index.html", "w") as file:
                file.write("x" * 100000)
            server = subprocess.Popen(["nghttpd", "--no-tls", "-d", files, str(port)], stdout=subprocess.DEVNULL)
            try:
                self.served = self.proxy(config(), app=f"127.0.0.1:{port}", wait_for=("listen", "status"))
                url = f"http://127.0.0.1:{self.served.port()}/index.html"
                until(lambda: curl(url).status == 200, "nghttpd")
                done = subprocess.run(["h2load", "-n", "600", "-c", "4", "-m", "20", url], capture_output=True, text=True,
                                      timeout=120, check=True).stdout
                self.assertIn("600 succeeded, 0 failed", done)
                self.assertLessEqual(self.value("connections_opened_total"), 12)
            finally:
                server.kill()
                server.wait()

    def test_back_pressure_a_client_that_does_not_read_stops_the_service(self):
        sent = []

        def pour(talk, request):
            talk.head(request)
            for _ in range(1024):
                talk.data(request, b"x" * 16384)
                sent.append(16384)
        service = self.start(Http2Service(pour))
        self.serve(service)
        client = self.start(Http2Client(self.served.port(), window=0))
        stream = client.request()
        client.until(lambda: client.answers[stream].status == 200)
        before = -1
        while before != len(sent):
            before = len(sent)
            client.ping(), client.ping()
            threading.Event().wait(0.1)
        self.assertLess(sum(sent), 4 << 20)


class Tls(Upstream):
    CONFIG = """
version: 1
listeners: [{address: "@listen@", upstream: app}]
upstreams: {app: {endpoints: ["@app@"], filters: [], protocol: PROTOCOL, tls: {ca: "CA", server_name: localhost}}}
status: {address: "@status@"}
"""

    def service(self, *protocols):
        directory = self.enterContext(tempfile.TemporaryDirectory())
        self.cert, key = self_signed(directory)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.cert, key)
        context.set_alpn_protocols(list(protocols))
        return context

    def open_proxy(self, protocol, service):
        return self.serve(service, self.CONFIG.replace("PROTOCOL", protocol).replace("CA", str(self.cert)))

    def test_auto_takes_what_the_service_chooses(self):
        context = self.service("h2", "http/1.1")
        service = self.start(Http2Service(tls=context))
        self.open_proxy("auto", service)
        client = self.client(self.served)
        self.assertEqual([200] * 3, [client.get().status for _ in range(3)])
        self.assertEqual(["https"] * 3, [request.get(":scheme") for request in service.requests])
        self.assertEqual(1, len(service.talks))

    def test_auto_goes_on_with_http_1(self):
        context = self.service("http/1.1")
        peer = self.start(Http1Tls(context))
        self.open_proxy("auto", peer)
        client = self.client(self.served)
        self.assertEqual([200] * 3, [client.get().status for _ in range(3)])
        self.assertEqual("GET / HTTP/1.1", peer.requests[-1])

    def test_http_1_is_what_is_offered_without_a_word(self):
        context = self.service("h2", "http/1.1")
        peer = self.start(Http1Tls(context))
        self.open_proxy("http1", peer)
        self.assertEqual(200, self.client(self.served).get().status)
        self.assertEqual("GET / HTTP/1.1", peer.requests[-1])

    def test_http2_does_not_make_do_with_less(self):
        context = self.service("http/1.1")
        peer = self.start(Http1Tls(context))
        self.open_proxy("http2", peer)
        answer = self.client(self.served).get()
        self.assertEqual(502, answer.status)
        self.assertIn("upstream_tls", answer.get("Proxy-Status"))


class Connections(Upstream):
    def test_many_requests_share_a_connection_up_to_the_services_limit(self):
        late = threading.Event()

        def answer(talk, request):
            if request.get(":path") == "/late":
                late.wait(30)
            talk.respond(request)
        service = self.start(Http2Service(answer, settings={"MAX_CONCURRENT_STREAMS": 2}))
        self.serve(service)
        client = self.open()
        self.assertEqual(200, client.get().status)  # the limit is known now
        streams = [client.request(path="/late") for _ in range(5)]
        until(lambda: len(service.requests) == 6, "all at the service")
        late.set()
        self.assertEqual([200] * 5, [client.answer(stream).status for stream in streams])
        self.assertEqual([2, 2, 1], [sum(request.connection == i for request in service.requests[1:]) for i in range(3)])

    def test_those_who_come_while_a_connection_is_made_wait_for_it(self):
        service = self.start(Http2Service())
        self.serve(service)
        client = self.open()
        streams = [client.request() for _ in range(50)]
        self.assertEqual([200] * 50, [client.answer(stream).status for stream in streams])
        self.assertEqual(1, len(service.talks))

    def test_a_refused_request_goes_again_on_a_fresh_connection_whatever_its_method(self):
        def answer(talk, request):
            if request.connection == 0 and request.get(":path") == "/b":
                return talk.reset(request, REFUSED_STREAM)
            talk.respond(request, body=request.body or b"ok")
        service = self.start(Http2Service(answer))
        self.serve(service)
        client = self.open()
        self.assertEqual(200, client.get("/a").status)
        self.assertEqual(b"content", client.answer(client.request("POST", "/b", body=b"content")).body)
        self.assertEqual([0, 0, 1], [request.connection for request in service.requests])
        self.assertEqual((1, 1), (self.value("replays_total"),
                                  self.value("http2_resets_received_total", code="refused_stream")))

    def test_what_is_refused_twice_fails_and_retry_may_know(self):
        service = self.start(Http2Service(lambda talk, request: talk.reset(request, REFUSED_STREAM)))
        self.serve(service)
        answer = self.client(self.served).get()
        self.assertEqual((503, 2), (answer.status, len(service.requests)))
        self.assertIn("upstream_refused", answer.get("Proxy-Status"))
        self.serve(service, config(filters="{retry: {num_retries: 1, retry_on: refused-stream}}"))
        self.assertEqual(503, self.client(self.served).request(POST).status)
        self.assertEqual(2 + 4, len(service.requests))

    def test_a_goaway_below_the_stream_is_replayed_and_those_it_covers_go_on(self):
        covered = threading.Event()

        def answer(talk, request):
            if request.connection > 0:
                return talk.respond(request, body=b"fresh")
            if request.get(":path") == "/last":
                talk.frames(frames.GoAwayFrame(0, last_stream_id=1, error_code=0))
                return
            covered.wait(30)
            talk.respond(request, body=b"old")
        service = self.start(Http2Service(answer))
        self.serve(service)
        client = self.open()
        first = client.request()
        until(lambda: service.requests, "the first")
        self.assertEqual(b"fresh", client.answer(client.request("POST", "/last", body=b"x")).body)
        covered.set()
        self.assertEqual(b"old", client.answer(first).body)
        until(lambda: 0 in service.closed, "the old connection to close")

    def test_a_lost_connection_fails_all_of_its_requests_with_a_reason(self):
        service = self.start(Http2Service(lambda talk, request: talk.close() if request.get(":path") == "/end" else None))
        self.serve(service)
        client = self.open()
        streams = [client.request("POST", path="/") for _ in range(3)]
        until(lambda: len(service.requests) == 3, "three")
        streams.append(client.request("POST", path="/end"))
        answers = [client.answer(stream) for stream in streams]
        self.assertEqual([502] * 4, [answer.status for answer in answers])
        self.assertEqual({"upstream_reset"}, {line["failure"] for line in self.served.log(4)})

    def test_idle_connections_say_goodbye(self):
        service = self.start(Http2Service())
        self.serve(service, config(more="timeouts: {idle: 100ms}"))
        self.assertEqual(200, self.client(self.served).get().status)
        until(lambda: service.talks[0].goaway == 0 and service.closed, "GOAWAY and the end")
        self.assertEqual(200, self.client(self.served).get().status)

    def test_the_end_of_the_proxy_is_told_too(self):
        service = self.start(Http2Service())
        self.serve(service)
        self.assertEqual(200, self.client(self.served).get().status)
        self.served.stop()
        until(lambda: service.talks[0].goaway == 0 and service.closed, "GOAWAY and the end")

    def test_an_upstream_that_a_reload_removes_ends_its_requests_and_then_says_goodbye(self):
        go_on = threading.Event()

        def answer(talk, request):
            if request.get(":path") == "/":
                go_on.wait(30)
            talk.respond(request)
        service = self.start(Http2Service(answer))
        self.serve(service)
        client = self.open()
        stream = client.request()
        until(lambda: service.requests, "the request")
        other = self.start(raw.Peer.answering())
        self.served.write(config().replace("@app@", other.address).replace("protocol: http2, ", ""))
        self.served.signal(signal.SIGHUP)
        until(lambda: self.client(self.served).get("/new").status == 200 and other.requests, "the new upstream")
        go_on.set()
        self.assertEqual(200, client.answer(stream).status)
        until(lambda: service.talks[0].goaway == 0 and service.closed, "GOAWAY and the end")

    def test_a_service_that_is_silent_is_asked_and_given_up(self):
        service = self.start(Http2Service(lambda talk, request: request.connection and talk.respond(request)))
        self.serve(service, config("backend_request: 3s", more="timeouts: {ping: 1s}"))
        client = self.open()
        stream = client.request("POST")
        until(lambda: service.talks and service.talks[0].pings == 1, "a PING")
        self.assertFalse(client.answers[stream].is_over)  # it was answered
        self.assertEqual(504, client.answer(stream).status)
        # Not answered in time: it is asked again, and gets no other request before it has answered.
        until(lambda: service.talks[0].pings >= 2, "the PING after that")
        time.sleep(0.3)  # its answer
        service.talks[0].falls_silent = True
        self.assertEqual(504, client.answer(client.request("POST")).status)
        until(lambda: self.value("http2_pings_unanswered_total") == 1, "the connection to be given up")
        self.assertEqual(200, client.answer(client.request("POST")).status)

    def test_health_checks_speak_http_2_too(self):
        good = ["fine"]

        def answer(talk, request):
            talk.respond(request, body=good[0].encode() if request.get(":path") == "/healthz" else b"ok")
        service = self.start(Http2Service(answer))
        self.serve(service, config(more="health_check: {path: /healthz, contains: fine, interval: 50ms, fast_interval: 20ms}"))
        until(lambda: any(request.get("user-agent") == "outrigger-health-check" for request in service.requests), "a check")
        good[0] = "ill"
        until(lambda: self.value("endpoints_unhealthy") == 1, "an unhealthy endpoint")
        good[0] = "fine"
        until(lambda: self.value("endpoints_unhealthy") == 0, "a healthy endpoint")
