"""Collectors that are slow, gone, or unwilling: traffic goes on, and what is lost is counted."""
import os
import unittest

from support import raw
from support.collector import HAS_PROTOS, NEEDS, Collector
from support.ports import free_port
from support.traced import CONFIG, Traced
from support.wait import until


class Losses(Traced):
    def test_a_collector_that_is_down_costs_spans_not_requests(self):
        service = self.start(raw.Peer.answering())
        proxy = self.serve(service, exporter='otlp: "@nobody@"', nobody=f"http://127.0.0.1:{free_port()}")
        client = self.client(proxy)
        agent = "x" * 4000  # large spans: the lane holds a megabyte
        for _ in range(900):
            self.assertEqual(200, client.get("/" + "y" * 2000, f"User-Agent: {agent}").status)
        until(lambda: self.exported("dropped", reason="queue_full", signal="traces") > 0, "dropped spans")
        self.assertEqual(0, self.exported("sent"))
        self.assertIn("records cannot be sent to the collector", proxy.stderr())
        self.assertEqual(200, client.get().status)

    def test_what_a_collector_does_not_want_is_dropped(self):
        proxy = self.serve(self.start(raw.Peer.answering()))
        self.collector.answer = (400, {}, b"no")
        self.client(proxy).get()
        until(lambda: self.exported("dropped", reason="rejected") == 2, "two rejected spans")
        self.assertEqual(0, self.exported("sent"))

    def test_a_part_that_a_collector_does_not_want_is_counted(self):
        proxy = self.serve(self.start(raw.Peer.answering()))
        self.collector.answer = (200, {"Content-Type": "application/x-protobuf"}, b"\x0a\x02\x08\x01")
        self.client(proxy).get()
        until(lambda: self.exported("dropped", reason="rejected") == 1, "a rejected span")
        self.assertEqual(1, self.exported("sent"))

    @unittest.skipUnless(HAS_PROTOS, NEEDS)
    def test_a_collector_that_is_busy_is_asked_again(self):
        proxy = self.serve(self.start(raw.Peer.answering()))
        self.collector.answer = (503, {"Retry-After": "0"}, b"")
        self.client(proxy).get()
        until(lambda: len(self.collector.requests) >= 3, "another attempt")
        self.collector.answer = (200, {}, b"")
        self.collector.wait_for_spans(2)
        until(lambda: self.exported("sent") == 2, "two sent spans")
        until(lambda: "takes records again" in proxy.stderr(), "a line of the process log")
        self.assertEqual(0, self.exported("dropped"))

    def test_what_is_left_at_the_end_is_named(self):
        proxy = self.serve(self.start(raw.Peer.answering()))
        self.collector.answer = (503, {"Retry-After": "60"}, b"")
        self.client(proxy).get()
        until(lambda: self.collector.requests, "a batch")
        proxy.stop()
        self.assertIn("records cannot be sent", proxy.stderr())


@unittest.skipUnless(HAS_PROTOS, NEEDS)
class Lives(Traced):
    def test_spans_are_sent_before_the_process_ends(self):
        proxy = self.serve(self.start(raw.Peer.answering()))
        client = self.client(proxy)
        for _ in range(50):
            client.get()
        proxy.stop()
        self.assertEqual(100, len(self.collector.spans()))

    def test_a_reload_changes_the_collector(self):
        service = self.start(raw.Peer.answering())
        proxy = self.serve(service)
        other = self.start(Collector())
        client = self.client(proxy)
        client.get("/before")
        proxy.values["collector"] = other.url
        proxy.write(CONFIG.replace("EXPORTER", 'otlp: "@collector@"').replace("OPTIONS", "trust: true").replace("LISTENER", "")
                    .replace("FILTERS", "").replace("MORE", "limits: {}").replace("EXTRA", ""))
        until(lambda: (client.get("/after"), other.taken())[1], "spans at the other collector")
        self.assertEqual({"/before"}, {span.attributes.get("url.path") for span in self.collector.spans()
                                       if span.kind == "server"} - {"/after"})
        self.assertNotIn("/before", {span.attributes.get("url.path") for span in other.spans()})

    def test_a_credential_comes_from_a_file_and_may_change(self):
        proxy = self.serve(self.start(raw.Peer.answering()),
                           exporter='otlp: "@collector@", headers: {Authorization: "file:@dir@/token"}')
        client = self.client(proxy)
        (proxy.dir / "token.new").write_text("Bearer one\n")
        os.replace(proxy.dir / "token.new", proxy.dir / "token")
        client.get()
        until(self.collector.taken, "a batch")
        (proxy.dir / "token.new").write_text("Bearer two\n")
        os.replace(proxy.dir / "token.new", proxy.dir / "token")
        client.get()
        until(lambda: len(self.collector.taken()) >= 2, "another batch")
        self.assertEqual(["Bearer one", "Bearer two"], [each.headers["Authorization"] for each in self.collector.taken()])
        self.assertNotIn("Bearer", proxy.stderr())
