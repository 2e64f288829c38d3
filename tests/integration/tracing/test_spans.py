"""What a collector gets of a request, in the published formats, and what the service is told of its trace."""
import hashlib
import json
import pathlib
import tempfile
import unittest

from support import raw
from support.collector import HAS_PROTOS, NEEDS
from support.grpc_service import GrpcClient, GrpcService
from support.http2 import Http2Client
from support.http2_service import Http2Service
from support.traced import SAMPLED, SPAN, TRACE, UNSAMPLED, Traced
from support.wait import until

RETRY = "{retry: {num_retries: 2, backoff: {base: 1ms, max: 1ms}}}"
FAILING = raw.answer("bad", "503 Service Unavailable")


@unittest.skipUnless(HAS_PROTOS, NEEDS)
class Spans(Traced):
    def test_both_encodings_say_the_same(self):
        for encoding in ("protobuf", "json"):
            with self.subTest(encoding):
                service = self.start(raw.Peer.answering())
                proxy = self.serve(service, exporter=f'otlp: "@collector@", encoding: {encoding}, headers: {{X-Tenant: blue}}')
                self.client(proxy).get("/a?b=c", f"traceparent: {SAMPLED}", "tracestate: x=1", "User-Agent: test/1")
                server, (client,) = self.one_trace(self.collector.wait_for_spans(2))
                self.assertEqual((TRACE, SPAN, "x=1", "GET", 0x301, "unset", "outrigger"),
                                 (server.trace_id, server.parent_id, server.tracestate, server.name, server.flags,
                                  server.status[0], server.scope))
                self.assertEqual({"service.name": "shop", "deployment.environment.name": "test"}, server.resource)
                self.assertLess(0, server.end - server.start)
                self.assertEqual({
                    "http.request.method": "GET", "url.path": "/a", "url.query": "b=c", "url.scheme": "http",
                    "server.address": "test", "client.address": "127.0.0.1", "network.protocol.version": "1.1",
                    "user_agent.original": "test/1", "http.response.status_code": 200, "outrigger.listener": "web",
                    "outrigger.route": "app", "outrigger.upstream": "app"}, server.attributes)
                self.assertEqual({
                    "http.request.method": "GET", "url.full": f"http://{service.address}/a?b=c", "url.scheme": "http",
                    "server.address": "127.0.0.1", "server.port": service.port, "network.peer.address": "127.0.0.1",
                    "network.peer.port": service.port, "network.protocol.version": "1.1",
                    "http.response.status_code": 200, "outrigger.upstream": "app"}, client.attributes)
                request = service.requests[0]
                self.assertEqual(f"00-{TRACE}-{client.span_id}-01", request.get("traceparent"))
                self.assertEqual("x=1", request.get("tracestate"))
                fields = self.collector.taken()[0].headers
                self.assertEqual("blue", fields["X-Tenant"])
                self.assertLessEqual(server.end - server.start, 3600 * 10**9)

    def test_a_key_in_the_query_is_in_no_span(self):
        service = self.start(raw.Peer.answering())
        keys = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory())) / "keys"
        keys.write_text(hashlib.sha256(b"other").hexdigest() + "\n")
        proxy = self.serve(service, listener=f"{{api_key: {{keys: 'file:{keys}', in: {{query: key}}, mode: report}}}}")
        self.assertEqual(200, self.client(proxy).get("/a?b=c&key=SECRET", f"traceparent: {SAMPLED}").status)
        server, (client,) = self.one_trace(self.collector.wait_for_spans(2))
        self.assertIn("/a?b=c&key=SECRET", service.requests[0].start, "it is not taken off: mode report")
        self.assertEqual((f"http://{service.address}/a?b=c&key=[redacted]", "b=c&key=[redacted]"),
                         (client.attributes["url.full"], server.attributes["url.query"]))
        self.assertNotIn("SECRET", str(server.attributes) + str(client.attributes))

    def test_the_access_log_names_the_trace(self):
        proxy = self.serve(self.start(raw.Peer.answering()))
        self.client(proxy).get("/", f"traceparent: {SAMPLED}")
        line = json.loads(until(proxy.stdout, "a line"))
        server, _ = self.one_trace(self.collector.wait_for_spans(2))
        self.assertEqual((TRACE, server.span_id), (line["trace_id"], line["span_id"]))

    def test_one_trace_over_retries(self):
        service = self.start(raw.Peer([raw.request(), FAILING, raw.request(), FAILING, raw.request(), raw.answer()]))
        proxy = self.serve(service, filters=RETRY)
        self.assertEqual(200, self.client(proxy).get().status)
        server, clients = self.one_trace(self.collector.wait_for_spans(4))
        self.assertEqual([(503, "503", None), (503, "503", 1), (200, None, 2)],
                         [tuple(map(span.attributes.get, ("http.response.status_code", "error.type",
                                                          "http.request.resend_count"))) for span in clients])
        self.assertEqual(["error", "error", "unset"], [span.status[0] for span in clients])
        self.assertEqual([span.span_id for span in clients],
                         [request.get("traceparent").split("-")[2] for request in service.requests])
        self.assertEqual([("retry", "try 2 after 503"), ("retry", "try 3 after 503")],
                         [(event.name, event.attributes["outrigger.why"]) for event in server.events])
        for event in server.events:
            self.assertTrue(server.start <= event.time <= server.end)

    def test_a_replay_on_a_new_connection_is_a_try_of_its_own(self):
        service = self.start(raw.Peer([raw.request(), raw.answer(), raw.head(), raw.close()],
                                      [raw.request(), raw.answer()]))
        proxy = self.serve(service)
        client = self.client(proxy)
        client.get("/first")
        self.assertEqual(200, client.get("/second").status)
        spans = [span for span in self.collector.wait_for_spans(5)]
        second = [span for span in spans if span.attributes.get("url.path") == "/second"][0]
        server, clients = self.one_trace([span for span in spans if span.trace_id == second.trace_id])
        self.assertEqual(["upstream_reset", None], [span.attributes.get("error.type") for span in clients])
        self.assertEqual(["upstream"], [event.name for event in server.events])

    def test_an_open_breaker_is_told_and_nothing_is_sent(self):
        service = self.start(raw.Peer.answering(FAILING))
        proxy = self.serve(service, filters="{circuit_breaker: {min_requests: 1, open_for: 1m}}")
        client = self.client(proxy)
        client.get("/closed")
        self.assertEqual(503, client.get("/open").status)
        spans = self.collector.wait_for_spans(3)
        server, clients = self.one_trace([span for span in spans if "/open" in span.attributes.get("url.path", "")])
        self.assertEqual([], clients)
        self.assertEqual(("breaker_open", 503, "error"), (
            server.attributes["error.type"], server.attributes["http.response.status_code"], server.status[0]))
        self.assertEqual(["breaker_open"], [event.name for event in server.events])

    def test_a_cache_hit_has_no_try(self):
        service = self.start(raw.Peer.answering(raw.answer("ok", "200 OK", "Cache-Control: max-age=60")))
        proxy = self.serve(service, listener="{cache: {}}")
        client = self.client(proxy)
        client.get("/", f"traceparent: {SAMPLED}")
        client.get("/", f"traceparent: 00-{TRACE[::-1]}-{SPAN}-01")
        spans = self.collector.wait_for_spans(3)
        miss, clients = self.one_trace([span for span in spans if span.trace_id == TRACE])
        self.assertEqual(1, len(clients))  # of the fetch, which outlives its client
        self.assertEqual(clients[0].span_id, service.requests[0].get("traceparent").split("-")[2])
        self.assertEqual([("cache", "stored")], [(event.name, event.attributes["outrigger.why"]) for event in miss.events])
        hit, none = self.one_trace([span for span in spans if span.trace_id != TRACE])
        self.assertEqual([], none)
        self.assertEqual(["a stored answer is fresh"], [event.attributes["outrigger.why"] for event in hit.events])

    def test_a_fallback_is_part_of_the_trace(self):
        service, spare = self.start(raw.Peer.answering(FAILING)), self.start(raw.Peer.answering())
        proxy = self.serve(service, listener="{fallback: {when: [5xx], chain: [{upstream: spare}]}}",
                           extra='  spare: {endpoints: ["@spare@"], filters: []}', spare=spare.address)
        self.assertEqual(200, self.client(proxy).get().status)
        server, clients = self.one_trace(self.collector.wait_for_spans(3))
        self.assertEqual([(503, "app"), (200, "spare")], [
            (span.attributes["http.response.status_code"], span.attributes["outrigger.upstream"]) for span in clients])
        self.assertEqual("unset", server.status[0])
        self.assertIn("fallback", [event.name for event in server.events])

    def test_a_service_that_cannot_be_reached(self):
        proxy = self.serve(None, app="127.0.0.1:1")
        self.assertEqual(502, self.client(proxy).get().status)
        server, (client,) = self.one_trace(self.collector.wait_for_spans(2))
        self.assertEqual(("connect_failed", "error"), (client.attributes["error.type"], client.status[0]))
        self.assertNotIn("http.response.status_code", client.attributes)
        self.assertEqual("connect_failed", server.attributes["error.type"])

    def test_an_answer_that_breaks_off(self):
        service = self.start(raw.Peer([raw.request(), raw.send("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf"), raw.close()]))
        proxy = self.serve(service)
        client = self.client(proxy)
        with self.assertRaises(EOFError):
            client.get()
        server, (sent,) = self.one_trace(self.collector.wait_for_spans(2))
        for span in (server, sent):
            self.assertEqual(("response_truncated", 200, "error"), (
                span.attributes["error.type"], span.attributes["http.response.status_code"], span.status[0]))

    def test_over_http2_on_both_sides(self):
        service = self.start(Http2Service())
        proxy = self.serve(service, options="trust: true, propagation: [w3c, b3, b3_multi]", more="protocol: http2")
        client = self.start(Http2Client(proxy.port()))
        stream = client.request("GET", "/two", [("traceparent", SAMPLED)])
        client.answer(stream)
        server, (sent,) = self.one_trace(self.collector.wait_for_spans(2))
        self.assertEqual(["2", "2"], [span.attributes["network.protocol.version"] for span in (server, sent)])
        fields = dict(service.requests[0].fields)
        self.assertEqual(f"00-{TRACE}-{sent.span_id}-01", fields["traceparent"])
        self.assertEqual(f"{TRACE}-{sent.span_id}-1", fields["b3"])
        self.assertEqual((TRACE, sent.span_id, server.span_id, "1"), tuple(
            fields[f"x-b3-{name}"] for name in ("traceid", "spanid", "parentspanid", "sampled")))

    def test_calls_of_grpc(self):
        service = self.start(GrpcService())
        proxy = self.serve(service, more="protocol: http2")
        calls = self.start(GrpcClient(proxy.port()))
        calls.unary("Unary", b"hi")
        server, (client,) = self.one_trace(self.collector.wait_for_spans(2))
        for span in (server, client):
            self.assertEqual(("grpc", 0, "unset"), (
                span.attributes["rpc.system"], span.attributes["rpc.grpc.status_code"], span.status[0]))
        self.assertEqual("/test.Echo/Unary", server.attributes["url.path"])
        self.assertIn(client.span_id, service.metadata["traceparent"])
        with self.assertRaises(Exception):
            calls.unary("Fail", b"14")
        failed = self.collector.wait_for_spans(4)[2:]
        server, (client,) = self.one_trace(failed)
        for span in (server, client):
            self.assertEqual((14, 200, "error"), (span.attributes["rpc.grpc.status_code"],
                                                  span.attributes["http.response.status_code"], span.status[0]))
        with self.assertRaises(Exception):
            calls.unary("Fail", b"5")  # the client's part
        server, (client,) = self.one_trace(self.collector.wait_for_spans(6)[4:])
        self.assertEqual(("unset", "error"), (server.status[0], client.status[0]))


@unittest.skipUnless(HAS_PROTOS, NEEDS)
class Sampling(Traced):
    def test_the_parents_no_holds_but_for_what_failed(self):
        service = self.start(raw.Peer([raw.request(), raw.answer(), raw.request(), FAILING], loop=True))
        proxy = self.serve(service)
        client = self.client(proxy)
        client.get("/good", f"traceparent: {UNSAMPLED}")
        client.get("/bad", f"traceparent: {UNSAMPLED}")
        server, _ = self.one_trace(self.collector.wait_for_spans(2))
        self.assertEqual(("/bad", 0x300), (server.attributes["url.path"], server.flags))
        self.assertEqual(["00", "00"], [request.get("traceparent")[-2:] for request in service.requests])
        self.assertTrue(all(request.get("traceparent").startswith(f"00-{TRACE}-") for request in service.requests))
        self.assertEqual(2, len(self.collector.spans()))

    def test_a_share_of_what_begins_here(self):
        service = self.start(raw.Peer.answering())
        proxy = self.serve(service, options="sample: 10%")
        client = self.client(proxy)
        for _ in range(300):
            client.get()
        flags = [request.get("traceparent")[-2:] for request in service.requests]
        self.assertTrue(5 <= flags.count("01") <= 80, flags.count("01"))
        proxy.stop()
        self.assertEqual(2 * flags.count("01"), len(self.collector.spans()))

    def test_a_malformed_parent_begins_a_new_trace(self):
        service = self.start(raw.Peer.answering())
        proxy = self.serve(service)
        client = self.client(proxy)
        for bad in (SAMPLED.upper(), SAMPLED + "-x", f"00-{'0' * 32}-{SPAN}-01", "x"):
            client.get("/", f"traceparent: {bad}", "tracestate: a=1")
        proxy.stop()
        spans = self.collector.spans()
        self.assertEqual((8, 4), (len(spans), len({span.trace_id for span in spans})))
        self.assertNotIn(TRACE, {span.trace_id for span in spans})
        self.assertEqual({None}, {request.get("tracestate") for request in service.requests})


class Zipkin(Traced):
    def test_zipkins_format(self):
        service = self.start(raw.Peer([raw.request(), FAILING, raw.request(), raw.answer()]))
        proxy = self.serve(service, filters=RETRY, exporter='zipkin: "@collector@"')
        self.client(proxy).get("/z", f"traceparent: {SAMPLED}")
        until(lambda: len(self.collector.zipkin()) == 3, "three spans")
        first, second, server = self.collector.zipkin()
        self.assertEqual((TRACE, SPAN, "SERVER", {"serviceName": "shop"}),
                         (server["traceId"], server["parentId"], server["kind"], server["localEndpoint"]))
        self.assertEqual({"CLIENT"}, {first["kind"], second["kind"]})
        self.assertEqual({server["id"]}, {first["parentId"], second["parentId"]})
        self.assertEqual({"serviceName": "app", "ipv4": "127.0.0.1", "port": service.port}, first["remoteEndpoint"])
        self.assertEqual(("503", "503"), (first["tags"]["error"], first["tags"]["http.response.status_code"]))
        self.assertNotIn("error", second["tags"])
        self.assertEqual(["retry: try 2 after 503"], [each["value"] for each in server["annotations"]])
        self.assertTrue(server["timestamp"] <= first["timestamp"] <= server["timestamp"] + server["duration"])
