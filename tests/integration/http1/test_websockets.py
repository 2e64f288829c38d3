"""WebSockets of a real client and a real server, many at a time."""
import json
import subprocess

from support.case import Case
from support.metrics import Metrics
from support.npm import NodeService, needs, program

CONFIG = """
version: 1
listeners: [{address: "@listen@", filters: [{access_log: {}}], upstream: chat}]
upstreams: {chat: {endpoints: ["@app@"], limits: {in_flight: 2000}}}
status: {address: "@status@"}
"""


@needs("ws")
class WebSockets(Case):
    def test_a_thousand_connections_with_large_and_fragmented_messages(self):
        self.talk_to(NodeService("websockets.js", "serve"), CONFIG)

    def test_a_thousand_connections_to_a_service_that_speaks_http2(self):
        self.talk_to(NodeService("websockets.js", "serve-http2"), CONFIG.replace("limits:", "protocol: http2, limits:"))

    def talk_to(self, service, config):
        proxy = self.proxy(config, self.start(service), workers=2)
        done = subprocess.run(program("websockets.js", "load", f"ws://{proxy.address()}/", 1000, 40),
                              capture_output=True, text=True, timeout=180, check=False)
        self.assertEqual(0, done.returncode, done.stderr)
        self.assertEqual({"open": 1000, "clean": 1000, "errors": []}, json.loads(done.stdout))
        lines = proxy.log(1000)
        self.assertEqual({101}, {line["status"] for line in lines})
        self.assertEqual({None}, {line.get("failure") for line in lines})
        self.assertGreater(sum(line["request_bytes"] for line in lines), 40 << 20)
        self.assertEqual(0, Metrics(proxy.address("status")).value("outrigger_upstream_requests_in_flight", upstream="chat"))
