"""Records sent by HTTP: OTLP, checked against the published definitions, and plain POSTs."""
import json
import unittest

from support.case import Case
from support.collector import HAS_PROTOS, NEEDS, Collector
from support.metrics import Metrics
from support.outrigger import Outrigger
from support.wait import until

CONFIG = """
version: 1
status: {address: "@listen@"}
adapters:
  logs: [{tail: "@dir@/*.log", from: beginning, json: true, output: {OUTPUT, batch: {every: 20ms},
          backoff: {base: 20ms, max: 50ms}}}]
"""


class Sent(Case):
    def follow(self, output, *lines):
        proxy = self.start(Outrigger(CONFIG.replace("OUTPUT", output)))
        (proxy.dir / "a.log").write_text("".join(line + "\n" for line in lines))
        return proxy

    @unittest.skipUnless(HAS_PROTOS, NEEDS)
    def test_otlp_is_what_the_definitions_say(self):
        collector = self.start(Collector())
        proxy = self.follow(
            f'otlp: "{collector.url}", service_name: shop, attributes: {{deployment: test}}',
            json.dumps({"time": "2026-11-26T05:16:01.25Z", "level": "error", "msg": "bad", "n": 3, "f": 1.5, "b": True,
                        "o": {"a": 1}, "traceparent": "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"}), "no json")
        record, odd = collector.wait_for_records(2)
        self.assertEqual((1795670161250000000, 17, "error", "bad"), (record.time, record.severity, record.text, record.body))
        self.assertEqual({"n": 3, "f": 1.5, "b": True, "o": '{"a":1}', "log.source": str(proxy.dir / "a.log"),
                          "traceparent": "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"}, record.attributes)
        self.assertEqual(("4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"), (record.trace_id, record.span_id))
        self.assertEqual(("shop", "test"), (record.resource["service.name"], record.resource["deployment"]))
        self.assertEqual(("no json", "json"), (odd.body, odd.attributes["unparsed"]))
        self.assertEqual("/v1/logs", collector.taken()[0].path)

    def test_a_post_is_lines_or_an_array_with_our_fields(self):
        for body, read in (("lines", lambda content: [json.loads(line) for line in content.splitlines()]), ("array", json.loads)):
            with self.subTest(body):
                collector = self.start(Collector())
                proxy = self.follow(f'http: "{collector.url}/in", body: {body}, headers: {{X-Team: shop}}',
                                    '{"msg": "one"}', '{"msg": "two"}')
                until(lambda: sum(len(read(each.content)) for each in collector.taken()) == 2, "two records")
                self.assertEqual("shop", collector.taken()[0].headers["X-Team"])
                proxy.stop()

    def test_a_secret_goes_into_authorization(self):
        collector = self.start(Collector())
        proxy = Outrigger(CONFIG.replace("OUTPUT", f'http: "{collector.url}/", authorization: "env:LOGS_TOKEN"'),
                          environment={"LOGS_TOKEN": "Bearer abc"})
        (proxy.dir / "a.log").write_text("x\n")
        self.start(proxy)
        until(collector.taken, "a request")
        self.assertEqual("Bearer abc", collector.taken()[0].headers["Authorization"])

    def test_a_busy_sink_gets_the_batch_again_and_a_refusal_is_counted(self):
        collector = self.start(Collector())
        collector.answer = (503, {"Retry-After": "0"}, b"")
        proxy = self.follow(f'http: "{collector.url}/"', '{"msg": "one"}')
        until(lambda: Metrics(proxy.address()).value("outrigger_logs_retries_total") >= 2, "retries")
        collector.answer = (200, {}, b"")
        until(lambda: Metrics(proxy.address()).value("outrigger_logs_delivered_lines_total") == 1, "delivery")
        collector.answer = (400, {}, b"")
        with open(proxy.dir / "a.log", "a", encoding="ascii") as file:
            file.write('{"msg": "two"}\n')
        until(lambda: Metrics(proxy.address()).value("outrigger_logs_lost_lines_total", reason="refused") == 1, "the refusal")
        until(lambda: "answered 400" in proxy.stderr(), "the reason")
