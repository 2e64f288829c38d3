"""What tests of tracing share: a proxy that exports to a collector, and its metrics."""
from .case import Case
from .collector import Collector
from .metrics import Metrics

TRACE, SPAN = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
SAMPLED, UNSAMPLED = f"00-{TRACE}-{SPAN}-01", f"00-{TRACE}-{SPAN}-00"

CONFIG = """
version: 1
tracing: {exporter: {EXPORTER}, service_name: shop, attributes: {deployment.environment.name: test}}
listeners:
  - name: web
    address: "@listen@"
    filters: [{access_log: {}}, {tracing: {OPTIONS}}, LISTENER]
    upstream: app
upstreams:
  app: {endpoints: ["@app@"], filters: [FILTERS], MORE}
EXTRA
status: {address: "@status@"}
"""


class Traced(Case):
    def serve(self, service, options="trust: true", filters="", listener="", more="limits: {}", extra="",
              exporter="otlp: \"@collector@\"", **values):
        self.collector = self.start(Collector())
        text = (CONFIG.replace("EXPORTER", exporter).replace("OPTIONS", options).replace("LISTENER", listener)
                .replace("FILTERS", filters).replace("MORE", more).replace("EXTRA", extra))
        self.served = self.proxy(text, service, wait_for=("listen", "status"), collector=self.collector.url, **values)
        return self.served

    def exported(self, name, **labels):
        return Metrics(self.served.address("status")).value(f"outrigger_export_{name}_total", **labels)

    def one_trace(self, spans):
        """(server's span, clients' spans in their order) of spans that are one whole trace."""
        self.assertEqual(1, len({span.trace_id for span in spans}))
        servers = [span for span in spans if span.kind == "server"]
        self.assertEqual(1, len(servers))
        clients = sorted((span for span in spans if span.kind == "client"), key=lambda span: span.start)
        self.assertEqual(len(spans), 1 + len(clients))
        for span in clients:
            self.assertEqual(servers[0].span_id, span.parent_id)
            self.assertLessEqual(servers[0].start, span.start)
        self.assertEqual(len(spans), len({span.span_id for span in spans}))
        return servers[0], clients
