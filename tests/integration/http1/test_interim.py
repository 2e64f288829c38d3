"""1xx responses and Expect (RFC 9110 sections 10.1.1 and 15.2)."""
import threading

from support import raw
from support.case import BARE, PLAIN, Case
from support.wait import until

POST = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n"
CONTINUE = "HTTP/1.1 100 Continue\r\n\r\n"
HINTS = "HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\n"


def content(count=3):
    """Reads the content of a request whose head was read."""
    return lambda talk: talk.peer.leftovers.append(talk.reader.exactly(count)) or None


class Interim(Case):
    def test_several_interim_responses_are_relayed_in_order(self):
        service = self.start(raw.Peer.answering(raw.send("HTTP/1.1 102 Processing\r\n\r\n" + HINTS + HINTS), raw.answer()))
        client = self.client(self.proxy(BARE, service)).send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        self.assertEqual([102, 103, 103, 200], [client.response(interim=True).status for _ in range(4)])

    def test_an_http_1_0_client_gets_no_interim_response(self):
        service = self.start(raw.Peer.answering(raw.send(HINTS), raw.answer()))
        response = self.client(self.proxy(BARE, service)).request("GET / HTTP/1.0\r\nHost: a\r\n\r\n")
        self.assertEqual(("HTTP/1.0 200 OK", b"ok"), (response.start, response.body))

    def test_a_service_that_sends_interim_responses_without_end_is_502(self):
        service = self.start(raw.Peer([raw.request(), raw.send(HINTS * 10000), raw.read_to_end()]))
        client = self.client(self.proxy(BARE, service)).send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        interim = 0
        while (response := client.response(interim=True)).status == 103:
            interim += 1
        self.assertEqual(502, response.status)
        self.assertLess(interim, 100)

    def test_interim_responses_do_not_put_the_deadline_off(self):
        def drip(talk):
            while not stop.wait(0.05):
                talk.socket.sendall(HINTS.encode())
        stop = threading.Event()
        service = self.start(raw.Peer([raw.request(), drip, raw.read_to_end()]))
        client = self.client(self.proxy("""
version: 1
listeners: [{address: "@listen@", timeouts: {backend_request: 300ms}, upstream: app}]
upstreams: {app: {endpoints: ["@app@"], filters: []}}
""", service))
        self.assertEqual(504, client.get().status)
        stop.set()


class Expectations(Case):
    def test_the_service_answers_first(self):
        service = self.start(raw.Peer([raw.head(), raw.send(CONTINUE), content(), raw.answer(), raw.read_to_end()]))
        client = self.client(self.proxy(BARE, service)).send(POST)
        self.assertEqual(100, client.response(interim=True).status)
        self.assertEqual(200, client.send("abc").response("POST").status)
        self.assertEqual("100-continue", service.requests[0].get("Expect"))

    def test_a_silent_service_gets_the_content_after_a_second(self):
        service = self.start(raw.Peer([raw.request(), raw.answer(), raw.read_to_end()]))
        client = self.client(self.proxy(BARE, service)).send(POST)
        self.assertEqual(100, client.response(interim=True).status)
        self.assertEqual(200, client.send("abc").response("POST", interim=True).status)
        self.assertEqual(b"abc", service.requests[0].body)

    def test_hints_before_the_silence_do_not_mix_with_our_100(self):
        service = self.start(raw.Peer([raw.head(), raw.send(HINTS), content(), raw.answer(), raw.read_to_end()]))
        client = self.client(self.proxy(BARE, service)).send(POST)
        self.assertEqual([103, 100], [client.response(interim=True).status for _ in range(2)])
        self.assertEqual(200, client.send("abc").response("POST").status)

    def test_a_client_that_does_not_wait_is_not_made_to(self):
        service = self.start(raw.Peer([raw.request(), raw.answer(), raw.read_to_end()]))
        client = self.client(self.proxy(BARE, service)).send(POST + "abc")
        self.assertEqual(200, client.response("POST").status)

    def test_a_final_answer_instead_closes_as_the_content_never_comes(self):
        service = self.start(raw.Peer([raw.head(), raw.answer(b"no", "403 Forbidden"), raw.read_to_end()]))
        client = self.client(self.proxy(BARE, service)).send(POST)
        self.assertEqual(403, client.response("POST", interim=True).status)
        self.assertTrue(client.is_closed())
        until(lambda: service.leftovers == [b""], "the proxy to leave the service without a byte more")

    def test_an_expectation_that_we_do_not_know_is_the_services_matter(self):
        service = self.start(raw.Peer.answering(raw.answer(b"", "417 Expectation Failed")))
        client = self.client(self.proxy(BARE, service))
        self.assertEqual(417, client.request("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nExpect: magic\r\n\r\nabc").status)
        self.assertEqual("magic", service.requests[0].get("Expect"))

    def test_http_1_0_and_requests_without_content_expect_nothing(self):
        service = self.start(raw.Peer.answering())
        proxy = self.proxy(BARE, service)
        self.client(proxy).request("POST / HTTP/1.0\r\nHost: a\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\nabc")
        self.client(proxy).request("GET / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\n\r\n")
        self.assertEqual([None, None], [request.get("Expect") for request in service.requests])

    def test_a_body_that_is_too_large_is_refused_before_it_is_sent(self):
        service = self.start(raw.Peer.answering())
        client = self.client(self.proxy("""
version: 1
listeners: [{address: "@listen@", max_body: 2B, upstream: app}]
upstreams: {app: {endpoints: ["@app@"], filters: []}}
""", service)).send(POST)
        self.assertEqual(413, client.response("POST", interim=True).status)
        self.assertEqual([], service.requests)

    def test_a_retry_does_not_ask_the_client_again(self):
        service = self.start(raw.Peer([raw.head(), raw.send(CONTINUE), content(), raw.answer(b"", "503 Busy", "Connection: close")],
                                      [raw.request(), raw.answer(), raw.read_to_end()]))
        client = self.client(self.proxy(PLAIN, service))
        client.send(POST.replace("POST", "PUT"))
        self.assertEqual(100, client.response(interim=True).status)
        self.assertEqual(200, client.send("abc").response("PUT", interim=True).status)
        self.assertEqual((None, b"abc"), (service.requests[1].get("Expect"), service.requests[1].body))
