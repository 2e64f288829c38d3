"""Calls of gRPC through the proxy, with grpcio on both sides."""
import queue
import tempfile

import grpc

from support import raw
from support.case import Case
from support.certificates import self_signed
from support.grpc_service import GrpcClient, GrpcService
from support.http2 import Http2Client
from support.metrics import Metrics
from support.ports import free_port
from support.wait import until

CONFIG = """
version: 1
listeners: [{address: "@listen@", TLS filters: [{access_log: {}}], upstream: app, timeouts: {TIMES}}]
upstreams: {app: {endpoints: ["@app@"], filters: [FILTERS], protocol: http2, MORE}}
status: {address: "@status@"}
"""


def config(times="", filters="", more="limits: {}", tls=""):
    return CONFIG.replace("TIMES", times).replace("FILTERS", filters).replace("MORE", more).replace("TLS", tls)


class Grpc(Case):
    def serve(self, text=None, service=None, credentials=None):
        self.service = service or self.start(GrpcService())
        self.served = self.proxy(text or config(), self.service, wait_for=("listen", "status"))
        self.calls = self.start(GrpcClient(self.served.port(), credentials))

    def metric(self, name, **labels):
        return Metrics(self.served.address("status")).value(f"outrigger_{name}", **labels)

    def fails(self, function, *arguments, **options):
        with self.assertRaises(grpc.RpcError) as caught:
            function(*arguments, **options)
        return caught.exception

    def test_the_four_kinds_of_call(self):
        self.serve()
        answer, call = self.calls.unary("Unary", b"hi")
        self.assertEqual((b"echo hi", [("x-trailer", "end")]), (answer, [tuple(item) for item in call.trailing_metadata()]))
        self.assertEqual(b"a+b+c", self.calls.collect([b"a", b"b", b"c"]))
        self.assertEqual([b"%d" % i for i in range(1000)], self.calls.repeat(1000))
        asked = queue.Queue()
        answers = self.calls.talk(iter(asked.get, None))
        for word in (b"one", b"two"):  # each answer before the next question
            asked.put(word)
            self.assertEqual(b"echo " + word, next(answers))
        asked.put(None)
        self.assertEqual([], list(answers))
        self.assertEqual(grpc.StatusCode.OK, answers.code())

    def test_large_messages(self):
        self.serve()
        message = b"x" * 3_000_000
        self.assertEqual(b"echo " + message, self.calls.unary("Unary", message)[0])

    def test_over_tls_on_both_sides(self):
        with tempfile.TemporaryDirectory() as directory:
            cert, key = self_signed(directory)
            service = self.start(GrpcService(credentials=grpc.ssl_server_credentials([(key.read_bytes(), cert.read_bytes())])))
            self.serve(config(tls=f"tls: {{cert: {cert}, key: {key}}},", more=f"tls: {{ca: {cert}, server_name: localhost}}"), service,
                       grpc.ssl_channel_credentials(cert.read_bytes()))
            self.assertEqual(b"echo hi", self.calls.unary("Unary", b"hi")[0])
            self.assertEqual([b"0", b"1"], self.calls.repeat(2))

    def test_statuses_pass_with_their_message(self):
        self.serve()
        for number, code in ((3, grpc.StatusCode.INVALID_ARGUMENT), (5, grpc.StatusCode.NOT_FOUND), (14, grpc.StatusCode.UNAVAILABLE)):
            with self.subTest(code):
                error = self.fails(self.calls.unary, "Fail", b"%d" % number)
                self.assertEqual((code, "as it was asked: 100% \u00e9"), (error.code(), error.details()))

    def test_a_listed_status_is_tried_again_though_calls_are_posts(self):
        self.serve(config(filters="{retry: {num_retries: 2, grpc_status: [unavailable]}}"))
        self.service.failures = 2
        self.assertEqual(b"well", self.calls.unary("Fail", b"14")[0])
        self.assertEqual(3, self.service.calls["Fail"])
        self.service.failures = None
        self.fails(self.calls.unary, "Fail", b"13")  # not listed
        self.assertEqual(4, self.service.calls["Fail"])

    def test_a_listed_status_opens_the_breaker_which_answers_in_grpcs_way(self):
        for scope in ("upstream", "endpoint"):
            with self.subTest(scope):
                self.serve(config(filters="{circuit_breaker: {grpc_status: [unavailable, internal], min_requests: 4, open_for: 1m, "
                                          f"scope: {scope}}}}}"))
                for _ in range(4):
                    self.fails(self.calls.unary, "Fail", b"14")
                error = self.fails(self.calls.unary, "Unary")
                self.assertEqual(grpc.StatusCode.UNAVAILABLE, error.code())
                self.assertIn("circuit breaker is open", error.details())
                self.assertEqual("breaker_open", self.served.log(5)[-1]["failure"])

    def test_our_own_answers_are_statuses_of_grpc(self):
        rows = [("no service", config(), free_port(), grpc.StatusCode.UNAVAILABLE),
                ("forbidden", config(filters="{access: {rules: [{deny: {}}]}}"), None, grpc.StatusCode.PERMISSION_DENIED),
                ("unknown", config(filters="{respond: {status: 404}}"), None, grpc.StatusCode.UNIMPLEMENTED),
                ("odd", config(filters="{respond: {status: 418, body: tea}}"), None, grpc.StatusCode.UNKNOWN)]
        for name, text, port, code in rows:
            with self.subTest(name):
                self.serve(text)
                if port:
                    self.service.__exit__()
                self.assertEqual(code, self.fails(self.calls.unary, "Unary").code())

    def test_an_own_answer_is_one_head(self):
        self.serve(config(filters="{respond: {status: 503}}"))
        client = self.start(Http2Client(self.served.port()))
        answer = client.answer(client.request("POST", fields=[("content-type", "application/grpc"), ("te", "trailers")], body=b""))
        self.assertEqual((200, "14", "application/grpc", [], b""), (answer.status, answer.get("grpc-status"),
                                                                      answer.get("content-type"), answer.trailers, answer.body))
        other = client.answer(client.request("POST", fields=[("content-type", "application/json")], body=b""))
        self.assertEqual((503, None), (other.status, other.get("grpc-status")))

    def test_the_services_learn_what_is_left_of_a_deadline(self):
        self.serve()
        left = int(self.calls.unary("Left", timeout=20)[0])
        self.assertTrue(10_000 < left < 21_000, left)  # clients round the time that they tell up

    def test_a_deadline_ends_the_call_even_while_it_answers(self):
        self.serve()
        client = self.start(Http2Client(self.served.port()))
        fields = [("content-type", "application/grpc"), ("te", "trailers"), ("grpc-timeout", "300m")]
        message = b"\0\0\0\0\3abc"
        answer = client.answer(client.request("POST", "/test.Echo/Hang", fields=fields, body=message))
        self.assertEqual((200, message), (answer.status, answer.body))
        self.assertTrue(answer.reset is not None or dict(answer.trailers).get("grpc-status") == "4")
        until(self.service.cancelled.is_set, "the service to hear of it")

    def test_a_deadline_ends_the_call_before_the_answer(self):
        service = self.start(raw.Peer([raw.read_to_end()]))
        self.serve(config(), service)
        client = self.start(Http2Client(self.served.port()))
        fields = [("content-type", "application/grpc"), ("te", "trailers"), ("grpc-timeout", "300m")]
        answer = client.answer(client.request("POST", "/test.Echo/Unary", fields=fields, body=b"\0\0\0\0\0"))
        self.assertEqual((200, "4"), (answer.status, answer.get("grpc-status")))

    def test_a_client_that_cancels_ends_the_call_at_the_service(self):
        self.serve()
        call = self.calls.hang(b"x")
        self.assertEqual(b"x", next(call))
        call.cancel()
        until(self.service.cancelled.is_set, "the service to hear of it")

    def test_health_checks(self):
        service = GrpcService()
        service.health = {"": b"\x08\x01", "shop": b"\x08\x01"}
        self.start(service)
        self.serve(config(more="health_check: {grpc: shop, interval: 50ms, fast_interval: 20ms}"), service)

        def unhealthy(count):
            until(lambda: self.metric("upstream_endpoints_unhealthy", upstream="app") == count, f"{count} unhealthy endpoints")
        until(lambda: self.metric("upstream_health_checks_total", upstream="app") > 0, "a check")
        unhealthy(0)
        service.health["shop"] = b"\x08\x02"
        unhealthy(1)
        service.health["shop"] = b"\x08\x01"
        unhealthy(0)
        del service.health["shop"]
        unhealthy(1)

    def test_calls_are_counted_by_service_and_method(self):
        self.serve()
        self.calls.unary("Unary")
        self.fails(self.calls.unary, "Fail", b"5")
        self.fails(self.calls.unary, "No-such-method")
        until(lambda: self.metric("grpc_calls_total") == 3, "three calls")
        self.assertEqual(1, self.metric("grpc_calls_total", service="test.Echo", method="Unary", status="ok"))
        self.assertEqual(1, self.metric("grpc_calls_total", service="test.Echo", method="Fail", status="not_found"))
        self.assertEqual(1, self.metric("grpc_calls_total", service="other", method="other", status="unimplemented"))
        self.assertEqual(3, self.metric("grpc_call_duration_seconds_count"))
