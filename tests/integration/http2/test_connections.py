"""HTTP/2 connections: their end, their floods, and reloads beside them."""
import signal
import socket
import threading

from hyperframe import frame as frames

from support import raw
from support.case import BARE, Case
from support.http2 import NO_ERROR, PREFACE, PROTOCOL_ERROR, Http2Client
from support.metrics import Metrics
from support.wait import until

STATUS = BARE + 'status: {address: "@status@"}\n'
QUICK_END = BARE + "shutdown: {not_ready: 0s, drain: 10s}\n"


def is_listening(port):
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
        return True
    except OSError:
        return False


class Connections(Case):
    def open(self, proxy, **options):
        return self.start(Http2Client(proxy.port(), **options))

    def test_a_drain_lets_what_runs_end_and_says_goaway(self):
        go = threading.Event()
        service = self.start(raw.Peer([raw.request(), raw.wait(go), raw.answer(), raw.read_to_end()]))
        proxy = self.proxy(QUICK_END, service)
        client = self.open(proxy)
        stream = client.request()
        until(lambda: service.requests, "the request to arrive")
        proxy.signal(signal.SIGTERM)
        self.assertTrue(client.until(lambda: (stream, NO_ERROR) in client.goaways))
        self.assertEqual((2**31 - 1, NO_ERROR), client.goaways[0])
        go.set()
        answer = client.answer(stream)
        self.assertEqual((200, True), (answer.status, answer.ended))
        self.assertTrue(client.until(lambda: client.is_closed))
        proxy.check_end(0)

    def test_requests_on_their_way_when_a_drain_begins_are_answered_and_later_ones_refused(self):
        go = threading.Event()
        service = self.start(raw.Peer.answering(raw.wait(go), raw.answer()))
        proxy = self.proxy(QUICK_END, service)
        client = self.open(proxy, answers_pings=False)
        first = client.request()
        until(lambda: service.requests, "the request to arrive")
        proxy.signal(signal.SIGTERM)
        client.until(lambda: client.goaways)
        on_its_way = client.request()  # sent before the first GOAWAY was read, as far as the proxy knows
        client.until(lambda: len(client.goaways) == 2)
        self.assertEqual((on_its_way, NO_ERROR), client.goaways[1])
        late = client.request()
        go.set()
        self.assertEqual([200, 200], [client.answer(stream).status for stream in (first, on_its_way)])
        client.until(lambda: client.is_closed)
        self.assertEqual(None, client.answers[late].status)
        self.assertEqual(2, len(service.requests))
        proxy.check_end(0)

    def test_a_reload_that_removes_the_listener_lets_what_runs_end(self):
        go = threading.Event()
        service = self.start(raw.Peer.answering(raw.wait(go), raw.answer()))
        proxy = self.proxy(STATUS, service, wait_for=("listen", "status"))
        client = self.open(proxy)
        stream = client.request()
        until(lambda: service.requests, "the request to arrive")
        proxy.write(STATUS.replace("@listen@", "@other@").replace("upstream: app}]", "name: other, upstream: app}]"))
        proxy.signal(signal.SIGHUP)
        until(lambda: is_listening(proxy.port("other")), "the new listener")
        go.set()
        self.assertEqual(200, client.answer(stream).status)

    def test_a_reload_keeps_the_connection(self):
        service = self.start(raw.Peer.answering())
        proxy = self.proxy(BARE, service)
        client = self.open(proxy)
        self.assertEqual(200, client.get().status)
        proxy.write(BARE.replace("upstream: app}]", "filters: [{respond: {status: 418}}], upstream: app}]"))
        proxy.signal(signal.SIGHUP)
        until(lambda: client.get().status == 418, "the new configuration")
        self.assertEqual([], client.goaways)

    def test_bytes_of_http_1_behind_the_preface_are_no_request(self):
        service = self.start(raw.Peer.answering())
        client = self.client(self.proxy(BARE, service))
        client.send(PREFACE + b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        client.reader.rest()
        self.assertEqual([], service.requests)

    def test_a_preface_in_pieces(self):
        client = self.client(self.proxy(BARE, self.start(raw.Peer.answering())))
        for byte in PREFACE:
            client.send(bytes([byte]))
        client.send(frames.SettingsFrame(0).serialize())
        self.assertEqual(b"\x04", client.reader.exactly(4)[3:])  # SETTINGS

    def test_a_method_that_begins_like_the_preface_is_http_1(self):
        service = self.start(raw.Peer.answering())
        client = self.client(self.proxy(BARE, service))
        self.assertEqual(200, client.request("PRI / HTTP/1.1\r\nHost: a\r\n\r\n").status)
        self.assertEqual("PRI / HTTP/1.1", service.requests[0].start)

    def test_a_connection_error_is_told_and_counted(self):
        proxy = self.proxy(STATUS, self.start(raw.Peer.answering()), wait_for=("listen", "status"))
        client = self.open(proxy)
        client.send(frames.DataFrame(1, data=b"x"))
        client.until(lambda: client.is_closed)
        self.assertEqual(PROTOCOL_ERROR, client.goaways[-1][1])
        metrics = Metrics(proxy.address("status"))
        self.assertEqual(1, metrics.value("outrigger_http2_connection_errors_total", code="protocol_error"))

    def test_an_idle_connection_is_closed_with_goaway(self):
        proxy = self.proxy(BARE.replace("upstream: app}]", "timeouts: {keep_alive: 200ms}, upstream: app}]"),
                           self.start(raw.Peer.answering()))
        client = self.open(proxy)
        self.assertEqual(200, client.get().status)
        self.assertTrue(client.until(lambda: client.is_closed))
        self.assertEqual((1, NO_ERROR), client.goaways[-1])
