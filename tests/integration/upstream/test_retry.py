"""Retries, and the breaker around a single endpoint."""
import email.utils
import time

from support import raw
from support.case import PLAIN, Case
from support.ports import free_port
from support.wait import until

GET = raw.request()
BUSY = raw.answer(b"busy", "503 Service Unavailable")
POST = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n{}\r\na"


class Retry(Case):
    def test_a_get_is_tried_again_after_a_reset(self):
        service = self.start(raw.Peer([GET, raw.reset()], [GET, raw.answer(), raw.read_to_end()]))
        self.assertEqual(200, self.client(self.proxy(PLAIN, service)).get().status)
        self.assertEqual(2, len(service.requests))

    def test_a_get_is_tried_again_after_502_503_and_504(self):
        for status in ("502 Bad Gateway", "503 Service Unavailable", "504 Gateway Timeout"):
            with self.subTest(status):
                service = self.start(raw.Peer([GET, raw.answer(b"no", status), GET, raw.answer(), raw.read_to_end()]))
                self.assertEqual(200, self.client(self.proxy(PLAIN, service)).get().status)

    def test_a_500_is_the_services_own_answer(self):
        service = self.start(raw.Peer.answering(raw.answer(b"mine", "500 Internal Server Error")))
        response = self.client(self.proxy(PLAIN, service)).get()
        self.assertEqual((500, b"mine", 1), (response.status, response.body, len(service.requests)))

    def test_after_three_tries_the_last_answer_stands(self):
        service = self.start(raw.Peer.answering(raw.answer(b"busy", "503 Service Unavailable")))
        response = self.client(self.proxy(PLAIN, service)).get()
        self.assertEqual((503, b"busy", 3), (response.status, response.body, len(service.requests)))

    def test_a_post_is_tried_once(self):
        service = self.start(raw.Peer.answering(raw.answer(b"", "503 Service Unavailable")))
        self.assertEqual(503, self.client(self.proxy(PLAIN, service)).request(POST.format("")).status)
        self.assertEqual(1, len(service.requests))

    def test_a_post_with_an_idempotency_key_is_tried_again_with_its_body(self):
        service = self.start(raw.Peer([GET, raw.answer(b"", "503 Service Unavailable"), GET, raw.answer(), raw.read_to_end()]))
        self.assertEqual(200, self.client(self.proxy(PLAIN, service)).request(POST.format("Idempotency-Key: 1\r\n")).status)
        self.assertEqual([b"a", b"a"], [request.body for request in service.requests])

    def test_a_body_above_the_replay_window_is_sent_once_and_whole(self):
        service = self.start(raw.Peer.answering(raw.answer(b"", "503 Service Unavailable")))
        body = "x" * 300000
        response = self.client(self.proxy(PLAIN, service)).request(
            f"PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: {len(body)}\r\n\r\n{body}")
        self.assertEqual((503, 1, len(body)), (response.status, len(service.requests), len(service.requests[0].body)))


class Rules(Case):
    """What retry promises beyond a single try more."""
    CONFIG = """
version: 1
listeners: [{address: "@listen@", timeouts: {request: 10s, backend_request: 300ms}, upstream: app}]
upstreams: {app: {endpoints: [@app@], load_balancing: round_robin, outlier: {consecutive_failures: 0}, filters: [{retry: {@options@}}]}}
"""

    def serve(self, *services, options="num_retries: 2", **more):
        return self.proxy(self.CONFIG, app=", ".join(f'"{service.address}"' for service in services), options=options, **more)

    def test_later_tries_tell_the_service_their_number(self):
        service = self.start(raw.Peer.answering(BUSY))
        self.client(self.serve(service)).get()
        self.assertEqual([None, "1", "2"], [request.get("X-Retry-Attempt") for request in service.requests])

    def test_two_in_a_row_add_their_tries_and_do_not_multiply_them(self):
        service = self.start(raw.Peer.answering(BUSY))
        inner = self.serve(service)
        outer = self.proxy(self.CONFIG, app=f'"{inner.address()}"', options="num_retries: 2")
        self.assertEqual(503, self.client(outer).get().status)
        self.assertEqual(5, len(service.requests))  # three for the first request, one for each of its repetitions

    def test_a_try_avoids_the_endpoints_that_failed(self):
        bad, good = self.start(raw.Peer.answering(BUSY)), self.start(raw.Peer.answering())
        client = self.client(self.serve(bad, good, options="num_retries: 1, budget: {share: 100%}"))
        self.assertEqual([200] * 20, [client.get().status for _ in range(20)])
        self.assertEqual(20, len(good.requests))

    def test_retry_after_is_waited_for(self):
        soon = email.utils.formatdate(time.time() + 2, usegmt=True)  # a part of its second may be over
        for value in ("1", soon):
            with self.subTest(value):
                service = self.start(raw.Peer([GET, raw.answer(b"", "503 Service Unavailable", f"Retry-After: {value}"),
                                               GET, raw.answer(), raw.read_to_end()]))
                begin = time.monotonic()
                self.assertEqual(200, self.client(self.serve(service)).get().status)
                self.assertGreaterEqual(time.monotonic() - begin, 1 if value == "1" else 0)

    def test_who_asks_for_more_than_five_seconds_is_left_alone(self):
        far = email.utils.formatdate(time.time() + 300, usegmt=True)
        for status in ("503 Service Unavailable", "429 Too Many Requests"):
            for value in ("30", far):
                with self.subTest(value, status=status):
                    service = self.start(raw.Peer.answering(raw.answer(b"later", status, f"Retry-After: {value}")))
                    answer = self.client(self.serve(service, options="retry_on: [429, 503]")).get()
                    self.assertEqual((int(status[:3]), b"later", value), (answer.status, answer.body, answer.get("Retry-After")))
                    self.assertEqual(1, len(service.requests))

    def test_each_try_has_its_own_deadline(self):
        service = self.start(raw.Peer([GET, raw.hang()]))
        client = self.client(self.serve(service, options="num_retries: 2, retry_on: timeout"))
        self.assertEqual(504, client.get().status)
        self.assertEqual(3, len(service.requests))


class Breaker(Case):
    CONFIG = """
version: 1
listeners: [{address: "@listen@", upstream: app}]
upstreams:
  app:
    endpoints: ["@app@"]
    filters: [{circuit_breaker: {connect_failures: 3, min_requests: 5, open_for: @open_for@, probes: 1}}]
"""

    def test_it_opens_after_connect_failures_and_says_when_to_come_back(self):
        client = self.client(self.proxy(self.CONFIG, app=f"127.0.0.1:{free_port()}", open_for="60s"))
        self.assertEqual([502, 502, 502], [client.get().status for _ in range(3)])
        response = client.get()
        self.assertEqual(503, response.status)
        self.assertTrue(int(response.get("Retry-After")) >= 1)
        self.assertIn("breaker_open", response.get("Proxy-Status"))

    def test_it_opens_on_the_failure_rate_and_spares_the_service(self):
        service = self.start(raw.Peer.answering(raw.answer(b"", "503 Service Unavailable")))
        client = self.client(self.proxy(self.CONFIG, service, open_for="60s"))
        for _ in range(30):
            client.get()
        self.assertLess(len(service.requests), 10)

    def test_it_closes_when_the_service_is_well_again(self):
        port = free_port()
        proxy = self.proxy(self.CONFIG, app=f"127.0.0.1:{port}", open_for="200ms")
        client = self.client(proxy)
        until(lambda: client.get().status == 503, "the breaker to open")
        self.start(raw.Peer([GET, raw.answer()], loop=True, port=port))
        until(lambda: client.get().status == 200, "the breaker to close")
        self.assertEqual([200] * 20, [client.get().status for _ in range(20)])
