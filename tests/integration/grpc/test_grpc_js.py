"""Calls of gRPC through the proxy with grpc-js, as client and as service, and each of them opposite grpcio."""
import json
import subprocess
import tempfile

import grpc

from support.case import Case
from support.certificates import self_signed
from support.grpc_service import GrpcClient, GrpcService
from support.npm import NodeService, needs, program
from support.wait import until

CONFIG = """
version: 1
listeners: [{address: "@listen@", TLS filters: [{access_log: {}}], upstream: app}]
upstreams: {app: {endpoints: ["@app@"], filters: [FILTERS], protocol: http2, MORE}}
"""
KINDS = ("unary", "large", "collect", "repeat", "talk")
WELL = {"unary": {"text": "echo hi", "size": 7, "trailers": {"x-trailer": "end"}, "heads": 1}, "large": 3_000_005, "collect": "a+b+c",
        "repeat": True, "talk": ["echo one", "echo two", "echo three"]}


def call(address, *steps, ca="-"):
    done = subprocess.run(program("grpc.js", "call", address, ca, *steps), capture_output=True, text=True, timeout=120, check=False)
    if done.returncode:
        raise AssertionError(f"grpc.js ended with {done.returncode}: {done.stderr}")
    return json.loads(done.stdout)


@needs("@grpc/grpc-js")
class GrpcJs(Case):
    def serve(self, service=None, filters="", more="limits: {}", tls="", cert="-", key="-"):
        self.service = service or self.start(NodeService("grpc.js", "serve", cert, key))
        text = CONFIG.replace("FILTERS", filters).replace("MORE", more).replace("TLS", tls)
        self.served = self.proxy(text, self.service)

    def state(self):
        """What the service of grpc-js saw, asked past the proxy."""
        with GrpcClient(self.service.port) as client:
            return json.loads(client.unary("State")[0])

    def test_the_four_kinds_of_call(self):
        services = {"grpc-js": lambda: NodeService("grpc.js", "serve", "-", "-"), "grpcio": GrpcService}
        for name, make in services.items():
            with self.subTest(behind_us=name):
                self.serve(self.start(make()))
                self.assertEqual(WELL, call(self.served.address(), *KINDS))
                self.assertEqual([(200, None)] * len(KINDS), [(line["status"], line.get("failure")) for line in self.served.log(len(KINDS))])

    def test_the_four_kinds_from_grpcio(self):
        self.serve()
        client = self.start(GrpcClient(self.served.port()))
        self.assertEqual(b"echo hi", client.unary("Unary", b"hi")[0])
        self.assertEqual(b"a+b+c", client.collect([b"a", b"b", b"c"]))
        self.assertEqual([b"%d" % i for i in range(1000)], client.repeat(1000))
        self.assertEqual([b"echo one", b"echo two"], list(client.talk(iter([b"one", b"two"]))))

    def test_over_tls_on_both_sides(self):
        with tempfile.TemporaryDirectory() as directory:
            cert, key = self_signed(directory)
            self.serve(tls=f"tls: {{cert: {cert}, key: {key}}},", more=f"tls: {{ca: {cert}, server_name: localhost}}", cert=cert, key=key)
            self.assertEqual(WELL, call(f"localhost:{self.served.port()}", *KINDS, ca=cert))

    def test_a_status_without_a_message_is_one_head_at_the_client(self):
        self.serve()
        failed = call(self.served.address(), "not_found", "unknown")
        self.assertEqual({"not_found": {"code": 5, "details": "as it was asked: 100% \u00e9", "heads": 0}, "unknown": 12}, failed)

    def test_our_own_answer_is_a_status(self):
        self.serve(filters="{access: {rules: [{deny: {}}]}}")
        denied = call(self.served.address(), "unary")["unary"]
        self.assertEqual((7, 0), (denied["code"], denied["heads"]))

    def test_a_listed_status_is_tried_again(self):
        self.serve(filters="{retry: {num_retries: 2, grpc_status: [unavailable]}}")
        self.assertEqual("well", call(self.served.address(), "unavailable_twice")["unavailable_twice"]["text"])
        self.assertEqual(3, self.state()["calls"]["Fail"])
        self.assertEqual(5, call(self.served.address(), "not_found")["not_found"]["code"])  # not listed
        self.assertEqual(4, self.state()["calls"]["Fail"])

    def test_a_listed_status_opens_the_breaker(self):
        self.serve(filters="{circuit_breaker: {grpc_status: [unavailable], min_requests: 4, open_for: 1m}}")
        for _ in range(4):
            call(self.served.address(), "unavailable")
        self.assertEqual(14, call(self.served.address(), "unary")["unary"]["code"])
        self.assertNotIn("Unary", self.state()["calls"])

    def test_deadlines(self):
        self.serve()
        told = call(self.served.address(), "left", "no_deadline", "deadline")
        self.assertTrue(5_000 < int(told["left"]["text"]) < 21_000, told)  # clients round the time that they tell up
        self.assertEqual("-1", told["no_deadline"]["text"])
        self.assertIn(told["deadline"]["code"], (1, 4))  # cancelled: our reset came before the client's own timer
        self.assertEqual(["x"], told["deadline"]["texts"])
        until(lambda: self.state()["cancelled"] == 1, "the service to hear of it")

    def test_a_client_that_cancels_ends_the_call_at_the_service(self):
        self.serve()
        self.assertEqual(grpc.StatusCode.CANCELLED.value[0], call(self.served.address(), "cancel")["cancel"])
        until(lambda: self.state()["cancelled"] == 1, "the service to hear of it")
