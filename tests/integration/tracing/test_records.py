"""The access log as log records of OpenTelemetry, and as web servers write it."""
import re
import unittest

from support import raw
from support.case import Case
from support.collector import HAS_PROTOS, NEEDS, Collector
from support.wait import until

CONFIG = """
version: 1
tracing: {service_name: shop}
listeners:
  - name: web
    address: "@listen@"
    filters:
      - tracing: {}
      - access_log: {LOG}
    upstream: app
upstreams: {app: {endpoints: ["@app@"], filters: []}}
"""


class Records(Case):
    def serve(self, log, service=None):
        self.collector = self.start(Collector())
        self.service = service or self.start(raw.Peer.answering())
        return self.proxy(CONFIG.replace("LOG", log), self.service, collector=self.collector.url)

    @unittest.skipUnless(HAS_PROTOS, NEEDS)
    def test_both_encodings_say_the_same(self):
        for encoding in ("protobuf", "json"):
            with self.subTest(encoding):
                proxy = self.serve(f'exporter: {{otlp: "@collector@", encoding: {encoding}}}, '
                                   'fields: {add: {tenant: "<${header:X-Tenant}>"}, drop: [listener, route]}')
                self.client(proxy).get("/a?b=c", "X-Tenant: blue", "User-Agent: test/1")
                record, = self.collector.wait_for_records(1)
                context = self.service.requests[0].get("traceparent").split("-")
                self.assertEqual((9, "INFO", "GET /a?b=c 200", context[1], {"service.name": "shop"}),
                                 (record.severity, record.text, record.body, record.trace_id, record.resource))
                self.assertRegex(record.span_id, "^[0-9a-f]{16}$")
                duration = record.attributes.pop("duration")
                self.assertIsInstance(duration, float)
                self.assertEqual({
                    "method": "GET", "host": "test", "path": "/a", "query": "b=c", "protocol": "HTTP/1.1", "status": 200,
                    "request_bytes": 0, "response_bytes": 2, "scheme": "http", "client_ip": "127.0.0.1",
                    "upstream": "app", "endpoint": self.service.address, "tries": 1, "user_agent": "test/1",
                    "tenant": "<blue>"}, record.attributes)

    @unittest.skipUnless(HAS_PROTOS, NEEDS)
    def test_only_what_was_asked_for_is_sent(self):
        service = self.start(raw.Peer.answering(raw.answer("no", "404 Not Found")))
        proxy = self.serve('exporter: {otlp: "@collector@"}, when: {status: [5xx]}', service)
        client = self.client(proxy)
        client.get("/gone")
        client.request("GET /\x80 HTTP/1.1\r\nHost: test\r\n\r\n")  # refused unread: 400
        proxy.stop()
        self.assertEqual([], self.collector.records())

    @unittest.skipUnless(HAS_PROTOS, NEEDS)
    def test_a_failure_is_an_error_with_its_reason(self):
        collector = self.start(Collector())
        proxy = self.proxy(CONFIG.replace("LOG", 'exporter: {otlp: "@collector@"}'), app="127.0.0.1:1", collector=collector.url)
        self.client(proxy).get()
        record, = collector.wait_for_records(1)
        self.assertEqual((17, "ERROR", "connect_failed", 502), (
            record.severity, record.text, record.attributes["failure"], record.attributes["status"]))
        self.assertIn("refused", record.attributes["why"])

    def test_combined_is_what_tools_read(self):
        proxy = self.serve("format: combined")
        self.client(proxy).get("/a b".replace(" ", "%20"), "Referer: http://r/", 'User-Agent: a "quoted" one')
        line = until(proxy.stdout, "a line")
        self.assertTrue(re.fullmatch(
            r'127\.0\.0\.1 - - \[\d\d/[A-Z][a-z]{2}/\d{4}:\d\d:\d\d:\d\d \+0000\] "GET /a%20b HTTP/1\.1" 200 2 '
            r'"http://r/" "a \\"quoted\\" one"\n', line), line)
