"""HTTP/2 towards a service that fails: what the client is told, and what is counted."""
import threading

import hpack
from hyperframe import frame as frames

from support import raw
from support.http2 import INTERNAL_ERROR
from support.http2_service import Http2Service
from support.http2_upstream import POST, Upstream, config
from support.wait import until


class Failures(Upstream):
    def test_an_answer_cut_short_is_a_reset_stream_downstream(self):
        cuts = {"reset": lambda talk, request: talk.reset(request, INTERNAL_ERROR), "close": lambda talk, request: talk.close()}
        for name, cut in cuts.items():
            with self.subTest(name):
                go_on = threading.Event()

                def answer(talk, request, cut=cut, go_on=go_on):
                    talk.head(request)
                    talk.data(request, b"part")
                    go_on.wait(30)
                    cut(talk, request)
                self.serve(self.start(Http2Service(answer)))
                client = self.open()
                stream = client.request()
                client.until(lambda: client.answers[stream].body == b"part")
                go_on.set()
                found = client.answer(stream)
                self.assertEqual((False, INTERNAL_ERROR), (found.ended, found.reset))
                self.assertEqual("response_truncated", self.served.log()[0]["failure"])

    def test_resets_before_the_answer_are_failures_with_their_code(self):
        service = self.start(Http2Service(lambda talk, request: talk.reset(request, INTERNAL_ERROR)))
        self.serve(service)
        answer = self.client(self.served).get()
        self.assertEqual(502, answer.status)
        line = self.served.log()[0]
        self.assertEqual("upstream_reset", line["failure"])
        self.assertIn("internal_error", line["why"])

    def test_an_early_answer_is_complete_though_the_service_stops_the_upload(self):
        def answer(talk, request):
            talk.respond(request, 413, body=b"too much")
            talk.reset(request, 0)
        service = self.start(Http2Service(on_head=answer, on_request=None))
        self.serve(service)
        client = self.open()
        found = client.answer(client.request("POST", body=b"x" * 1000, ends=False))
        self.assertEqual((413, b"too much", True), (found.status, found.body, found.ended))

    def test_malformed_answers(self):
        rows = [("no status", [("x", "y")]), ("status twice", [(":status", "200"), (":status", "200")]),
                ("a bad status", [(":status", "2000")]), ("101", [(":status", "101")]),
                ("a request's field", [(":status", "200"), (":path", "/")]), ("Upper case", [(":status", "200"), ("X-Y", "z")]),
                ("Connection", [(":status", "200"), ("connection", "close")]), ("CR", [(":status", "200"), ("x", "a\rb")]),
                ("NUL", [(":status", "200"), ("x", "a\0b")]), ("two lengths", [(":status", "200"), ("content-length", "1"),
                                                                             ("content-length", "2")])]
        for name, fields in rows:
            with self.subTest(name):
                service = self.start(Http2Service(lambda talk, request, fields=fields: talk.frames(frames.HeadersFrame(
                    request.stream, data=hpack.Encoder().encode(fields, huffman=False), flags=["END_HEADERS"]))))
                self.serve(service)
                answer = self.client(self.served).get()
                self.assertEqual(502, answer.status)
                self.assertEqual("upstream_bad_response", self.served.log()[0]["failure"])
                until(lambda: self.value("http2_resets_sent_total", code="protocol_error") == 1, "the reset to be counted")

    def test_content_that_is_not_as_long_as_announced(self):
        for name, body, ends in (("more", b"12345", False), ("less", b"12", True)):
            with self.subTest(name):
                def answer(talk, request, body=body, ends=ends):
                    talk.frames(frames.HeadersFrame(request.stream, data=hpack.Encoder().encode(
                        [(":status", "200"), ("content-length", "4")]), flags=["END_HEADERS"]))
                    talk.frames(frames.DataFrame(request.stream, data=body, flags=["END_STREAM"] if ends else []))
                self.serve(self.start(Http2Service(answer)))
                client = self.open()
                found = client.answer(client.request())
                self.assertFalse(found.ended and found.status == 200)

    def test_a_head_that_is_too_large(self):
        def answer(talk, request):
            talk.respond(request, fields=[(f"x-{i}", "y" * 4000) for i in range(10)])
        self.serve(self.start(Http2Service(answer)))
        self.assertEqual(502, self.client(self.served).get().status)
        self.assertEqual("upstream_head_too_large", self.served.log()[0]["failure"])

    def test_floods_end_the_connection_and_are_counted(self):
        head = hpack.Encoder().encode([(":status", "200")])

        def continuations(talk, request):
            talk.frames(frames.HeadersFrame(request.stream, data=head),
                        *[frames.ContinuationFrame(request.stream, data=b"\0\1a\1b") for _ in range(200)])

        def settings(talk, request):
            talk.frames(*[frames.SettingsFrame(0) for _ in range(200)])

        def pings(talk, request):
            talk.frames(*[frames.PingFrame(0, opaque_data=b"12345678") for _ in range(400)])

        def empty(talk, request):
            talk.head(request)
            talk.frames(*[frames.DataFrame(request.stream) for _ in range(200)])
        for kind, flood in (("continuation_flood", continuations), ("settings_flood", settings), ("ping_flood", pings),
                            ("empty_data_flood", empty)):
            with self.subTest(kind):
                self.serve(self.start(Http2Service(flood)))
                client = self.open()
                found = client.answer(client.request("POST"))
                self.assertFalse(found.ended and found.status == 200)
                until(lambda: self.value("http2_abuse_total", kind=kind) == 1, "the flood to be counted")

    def test_a_push_and_what_is_no_http_2_end_the_connection(self):
        def push(talk, request):
            talk.frames(frames.PushPromiseFrame(request.stream, promised_stream_id=2, data=b"", flags=["END_HEADERS"]))
        self.serve(self.start(Http2Service(push)))
        self.assertEqual(502, self.client(self.served).request(POST).status)
        self.serve(self.start(raw.Peer.answering()), config(more="health_check: {path: /, interval: 50ms, fast_interval: 20ms}"))
        self.assertEqual(502, self.client(self.served).request(POST).status)
        until(lambda: self.value("endpoints_unhealthy") == 1, "the check to see it too")

    def test_a_window_that_stays_shut_is_a_write_timeout(self):
        service = self.start(Http2Service(reads=False, settings={"INITIAL_WINDOW_SIZE": 1000}))
        self.serve(service, config(times="body_idle: 300ms"))
        client = self.open()
        self.assertEqual(200, client.get().status)  # the window is known now
        stream = client.request("POST", body=b"x" * 30000, ends=False)
        found = client.answer(stream)
        self.assertEqual(504, found.status)
        self.assertEqual("upstream_write_timeout", self.served.log(2)[1]["failure"])

    def test_no_answer_in_time(self):
        service = self.start(Http2Service(on_request=None))
        self.serve(service, config(times="backend_request: 200ms"))
        self.assertEqual(504, self.client(self.served).get().status)
        self.assertEqual("upstream_timeout", self.served.log()[0]["failure"])
        until(lambda: service.requests[0].reset == 8, "CANCEL")

    def test_a_client_that_leaves_ends_its_request_at_the_service(self):
        service = self.start(Http2Service(on_request=None))
        self.serve(service)
        client = self.open()
        stream = client.request()
        until(lambda: service.requests, "the request")
        client.reset(stream)
        until(lambda: service.requests[0].reset == 8, "CANCEL")
        self.assertEqual(0, self.value("http2_streams_open"))
