"""What tests of HTTP/2 towards a service share: a proxy in front of one, a client of it, and its metrics."""
from .case import Case
from .http2 import Http2Client
from .metrics import Metrics

H2C = """
version: 1
listeners: [{address: "@listen@", filters: [{access_log: {}}], upstream: app, timeouts: {TIMES}}]
upstreams: {app: {endpoints: ["@app@"], filters: [FILTERS], protocol: http2, MORE}}
status: {address: "@status@"}
"""

POST = "POST / HTTP/1.1\r\nHost: test\r\nContent-Length: 0\r\n\r\n"


def config(times="", filters="", more="limits: {}"):
    return H2C.replace("TIMES", times).replace("FILTERS", filters).replace("MORE", more)


class Upstream(Case):
    def serve(self, service, text=None, **options):
        self.served = self.proxy(text or config(), service, wait_for=("listen", "status"), **options)
        return self.served

    def open(self):
        return self.start(Http2Client(self.served.port()))

    def value(self, name, **labels):
        return Metrics(self.served.address("status")).value(f"outrigger_upstream_{name}", upstream="app", **labels)
