"""What an HTTP/2 client may not do: floods, silence, too much at a time. RFC 9113 section 10.5."""
import threading
import time

from hyperframe import frame as frames

from support import raw
from support.case import BARE, Case
from support.http2 import (CANCEL, ENHANCE_YOUR_CALM, INTERNAL_ERROR, NO_ERROR, PREFACE, PROTOCOL_ERROR, REFUSED_STREAM,
                           Http2Client)
from support.metrics import Metrics
from support.wait import until

STATUS = BARE + 'status: {address: "@status@"}\n'


def with_timeouts(timeouts):
    return STATUS.replace("upstream: app}]", f"timeouts: {{{timeouts}}}, upstream: app}}]")


class Floods(Case):
    """Each kind alone, on a connection of its own; another connection goes on beside it."""

    def flood(self, kind, send, service=None, **options):
        config = STATUS.replace("upstream: app}]", "routes: [{match: {path: {exact: /beside}}, respond: {status: 200}}, "
                                "{upstream: app}]}]")
        proxy = self.proxy(config, service or self.start(raw.Peer.answering()), wait_for=("listen", "status"))
        beside = self.start(Http2Client(proxy.port()))
        client = self.start(Http2Client(proxy.port(), **options))
        try:
            send(client)
        except OSError:
            pass  # closed already
        client.until(lambda: client.is_closed)
        self.assertTrue(client.is_closed)
        for _, code in client.goaways[:1]:
            self.assertEqual(ENHANCE_YOUR_CALM, code)
        metrics = Metrics(proxy.address("status"))
        self.assertEqual(1, metrics.value("outrigger_http2_abuse_total", kind=kind))
        self.assertEqual(1, metrics.value("outrigger_http2_connection_errors_total", code="enhance_your_calm"))
        self.assertEqual(200, beside.get("/beside").status)

    def test_ping(self):
        self.flood("ping_flood", lambda client: client.send(*[frames.PingFrame(0, opaque_data=b"12345678")] * 1000))

    def test_settings(self):
        self.flood("settings_flood", lambda client: client.send(*[frames.SettingsFrame(0)] * 1000))

    def test_priority(self):
        self.flood("priority_flood", lambda client: client.send(*[frames.PriorityFrame(1, depends_on=3)] * 1000))

    def test_window_update(self):
        self.flood("window_update_flood",
                   lambda client: client.send(*[frames.WindowUpdateFrame(0, window_increment=1)] * 2000))

    def test_frames_of_unknown_types(self):
        self.flood("unknown_frame_flood", lambda client: client.send_bytes(b"\0\0\1\xee\0\0\0\0\0x" * 1000))

    def test_empty_data(self):
        def send(client):
            stream = client.request("POST", ends=False)
            client.send(*[frames.DataFrame(stream)] * 1000)
        self.flood("empty_data_flood", send)

    def test_continuation(self):
        def send(client):
            for _ in range(100):
                client.reset(client.request(pieces=5))
        self.flood("continuation_flood", send)

    def test_a_head_in_very_many_pieces(self):
        def send(client):
            client.send(frames.HeadersFrame(1, data=b""), *[frames.ContinuationFrame(1, data=b"")] * 1000)
        self.flood("continuation_flood", send)

    def test_requests_that_are_cancelled_at_once(self):
        def send(client):
            for _ in range(1000):
                client.reset(client.request())
        self.flood("rapid_reset", send)

    def test_a_client_that_takes_answers_may_cancel_and_send_large_heads(self):
        slow = "{match: {path: {exact: /slow}}, filters: [{fault: {delay: {for: 30s}}}], respond: {status: 200}}"
        proxy = self.proxy(BARE.replace("upstream: app}]", f"routes: [{slow}, {{upstream: app}}]}}]"),
                           self.start(raw.Peer.answering()))
        with Http2Client(proxy.port()) as client:
            for _ in range(12):
                cancelled = [client.request(path="/slow") for _ in range(40)]
                answers = [client.answer(client.request(pieces=5)).status for _ in range(40)]
                self.assertEqual([200] * 40, answers)
                for stream in cancelled:
                    client.reset(stream)

    def test_streams_that_we_are_made_to_reset(self):
        go = threading.Event()

        def send(client):
            try:
                for _ in range(200):
                    client.give(client.request(), 1)  # more than there are numbers
            finally:
                go.set()
        self.flood("made_you_reset", send, self.start(raw.Peer.answering(raw.wait(go), raw.answer())),
                   window=2**31 - 1)

    def test_a_small_block_that_expands_without_end(self):
        def send(client):
            large = ("x-large", "y" * 3900)
            client.get("/", [large])  # now in the table: one byte from here on
            client.request(fields=[large] * 140)
        self.flood("header_expansion", send)

    def test_small_blocks_that_expand_over_the_limit_again_and_again(self):
        large = ("x-large", "y" * 3900)

        def send(client):
            client.get("/", [large])
            statuses = [client.answer(client.request(fields=[large] * 10)).status for _ in range(18)]
            self.assertEqual([431] * 16, statuses[:16])
        self.flood("header_expansion", send)


class Limits(Case):
    def open_many(self, count, client, service):
        streams = [client.request() for _ in range(count)]
        until(lambda: len(service.requests) >= 128, "128 requests to arrive")
        return streams

    def test_as_many_streams_as_we_offer(self):
        go = threading.Event()
        service = self.start(raw.Peer.answering(raw.wait(go), raw.answer()))
        client = self.start(Http2Client(self.proxy(BARE, service).port()))
        client.ping()
        self.assertEqual(128, client.settings[frames.SettingsFrame.MAX_CONCURRENT_STREAMS])
        streams = self.open_many(128, client, service)
        go.set()
        self.assertEqual([200] * 128, [client.answer(stream).status for stream in streams])
        self.assertEqual(200, client.get().status)

    def test_a_client_that_does_not_know_the_limit_yet_may_try_again(self):
        go = threading.Event()
        service = self.start(raw.Peer.answering(raw.wait(go), raw.answer()))
        client = self.start(Http2Client(self.proxy(BARE, service).port()))
        streams = self.open_many(130, client, service)
        self.assertEqual([REFUSED_STREAM] * 2, [client.answer(stream).reset for stream in streams[128:]])
        go.set()
        self.assertEqual([200] * 128, [client.answer(stream).status for stream in streams[:128]])

    def test_a_client_that_knows_the_limit_and_goes_above_it_loses_its_connection(self):
        service = self.start(raw.Peer.answering(raw.read_to_end()))
        client = self.start(Http2Client(self.proxy(BARE, service).port()))
        client.ping()
        for _ in range(129):
            client.request()
        client.until(lambda: client.is_closed)
        self.assertEqual(PROTOCOL_ERROR, client.goaways[-1][1])

    def test_above_limits_memory_new_requests_are_503_and_old_ones_are_finished(self):
        go = threading.Event()
        service = self.start(raw.Peer.answering(raw.wait(go), raw.answer()))
        proxy = self.proxy(STATUS + "limits: {memory: 1MiB}\n", service, wait_for=("listen", "status"))
        client = self.start(Http2Client(proxy.port()))
        streams = [client.request(fields=[("x-large", "x" * 12000)]) for _ in range(120)]
        overloaded = lambda: Metrics(proxy.address("status")).value("outrigger_overloaded_workers", resource="memory")
        until(overloaded, "the budget to be used up, as the worker sees it")
        refused = client.get()
        self.assertEqual((503, "1"), (refused.status, refused.get("retry-after")))
        go.set()
        statuses = [client.answer(stream).status for stream in streams]
        self.assertLessEqual(set(statuses), {200, 503})
        self.assertGreater(statuses.count(200), 5)
        until(lambda: client.get().status == 200, "room again")

    def test_content_of_streams_that_are_over_does_not_use_up_the_connection(self):
        service = self.start(raw.Peer.answering())
        client = self.start(Http2Client(self.proxy(BARE, service).port()))
        client.ping()
        for _ in range(20):  # 20 * 60 KB: over four times the connection's window
            stream = client.request("POST", ends=False)
            client.data(stream, b"x" * 30000)
            client.overflow(stream)  # resets it
            client.data(stream, b"x" * 30000)
            client.ping()
        self.assertEqual(200, client.answer(client.request("POST", body=b"x" * 60000)).status)


class Silence(Case):
    def wait_for_end(self, timeouts, begin, code, service=None, **options):
        proxy = self.proxy(with_timeouts(timeouts), service or self.start(raw.Peer.answering()),
                           wait_for=("listen", "status"))
        client = self.start(Http2Client(proxy.port(), **options))
        begin(client)
        client.until(lambda: client.is_closed)
        self.assertTrue(client.is_closed)
        self.assertEqual(code, client.goaways[-1][1] if client.goaways else None)
        return proxy

    def test_nothing_behind_the_preface(self):
        self.wait_for_end("keep_alive: 200ms", lambda client: None, NO_ERROR)

    def test_pings_do_not_keep_an_idle_connection(self):
        def begin(client):
            self.assertEqual(200, client.get().status)
            while not client.goaways and client.ping():
                time.sleep(0.01)
        self.wait_for_end("keep_alive: 300ms", begin, NO_ERROR)

    def test_a_head_that_does_not_end(self):
        def begin(client):
            client.ping()
            client.send(frames.HeadersFrame(1, data=b""))
        self.wait_for_end("request_head: 200ms", begin, ENHANCE_YOUR_CALM)

    def test_heads_that_end_in_time_are_no_slow_head(self):
        proxy = self.proxy(with_timeouts("request_head: 1s"), self.start(raw.Peer.answering()),
                           wait_for=("listen", "status"))
        client = self.start(Http2Client(proxy.port()))
        for _ in range(8):  # the next head has begun whenever one ends: 2 s in all
            client.request(pieces=2, pause=0.25)
        self.assertEqual([], client.goaways)
        self.assertEqual(200, client.get().status)

    def test_half_a_preface(self):
        proxy = self.proxy(with_timeouts("request_head: 200ms"), self.start(raw.Peer.answering()),
                           wait_for=("listen", "status"))
        client = self.client(proxy)
        client.send(PREFACE[:10])
        self.assertEqual(408, client.response().status)

    def test_a_window_that_is_never_opened(self):
        service = self.start(raw.Peer.answering(raw.answer(b"x" * 1000)))
        proxy = self.proxy(with_timeouts("body_idle: 300ms"), service, wait_for=("listen", "status"))
        client = self.start(Http2Client(proxy.port(), window=10))
        stream = client.request()
        answer = client.answer(stream)
        self.assertEqual((200, b"x" * 10, False), (answer.status, answer.body, answer.ended))
        self.assertEqual(INTERNAL_ERROR, answer.reset)
        metrics = Metrics(proxy.address("status"))
        self.assertEqual(1, metrics.value("outrigger_failures_total", failure="client_stalled"))

    def test_an_upload_that_stops(self):
        proxy = self.proxy(with_timeouts("body_idle: 300ms"), self.start(raw.Peer.answering()),
                           wait_for=("listen", "status"))
        client = self.start(Http2Client(proxy.port()))
        answer = client.answer(client.request("POST", body=b"half", ends=False))
        self.assertEqual(408, answer.status)
        self.assertEqual(200, client.get().status)

    def test_a_client_that_waits_is_asked_whether_it_is_there(self):
        go = threading.Event()
        service = self.start(raw.Peer.answering(raw.wait(go), raw.answer()))
        proxy = self.proxy(with_timeouts("body_idle: 200ms"), service, wait_for=("listen", "status"))
        client = self.start(Http2Client(proxy.port()))
        stream = client.request()
        client.until(lambda: client.asked >= 2)
        self.assertEqual(2, client.asked)
        go.set()
        self.assertEqual(200, client.answer(stream).status)

    def test_a_client_that_waits_and_does_not_answer_is_gone(self):
        service = self.start(raw.Peer([raw.request(), raw.read_to_end()]))
        begin = lambda client: client.request()
        proxy = self.wait_for_end("body_idle: 200ms", begin, None, service, answers_pings=False)
        until(lambda: Metrics(proxy.address("status")).value("outrigger_failures_total", failure="client_gone") == 1,
              "the request to be counted")
