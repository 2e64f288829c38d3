"""Bodies arrive whole, with the framing that the sender chose."""
import hashlib
import json
import threading

from support import raw
from support.case import BARE, Case
from support.echo_service import pattern
from support.metrics import Metrics
from support.services import Echo

MIB = 1 << 20


class Bodies(Case):
    def test_a_request_body_with_a_length_keeps_it(self):
        service = self.start(raw.Peer.answering())
        self.client(self.proxy(BARE, service)).request("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello")
        self.assertEqual(("5", b"hello"), (service.requests[0].get("Content-Length"), service.requests[0].body))

    def test_a_chunked_request_body_stays_chunked_with_its_trailers(self):
        service = self.start(raw.Peer.answering())
        self.client(self.proxy(BARE, service)).request(
            "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n"
            "5;a=b\r\nhello\r\n6\r\n world\r\n0\r\nX-Sum: 42\r\n\r\n")
        request = service.requests[0]
        self.assertEqual("chunked", request.get("Transfer-Encoding"))
        self.assertEqual(b"hello world", request.body)
        self.assertEqual([("X-Sum", "42")], request.trailers)

    def test_a_chunked_response_body_stays_chunked_with_its_trailers(self):
        service = self.start(raw.Peer.answering(raw.send(
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n5\r\nhello\r\n0\r\nX-Sum: 42\r\n\r\n")))
        response = self.client(self.proxy(BARE, service)).get("/", "TE: trailers")
        self.assertEqual((b"hello", [("X-Sum", "42")]), (response.body, response.trailers))

    def test_a_response_without_a_body_has_none(self):
        for method, head in (("HEAD", "200 OK\r\nContent-Length: 1000"), ("GET", "204 No Content"),
                             ("GET", '304 Not Modified\r\nContent-Length: 1000\r\nETag: "x"')):
            with self.subTest(method + " " + head[:3]):
                service = self.start(raw.Peer.answering(raw.send(f"HTTP/1.1 {head}\r\n\r\n")))
                client = self.client(self.proxy(BARE, service))
                for _ in range(2):  # the second shows that nothing was left over
                    response = client.request(f"{method} / HTTP/1.1\r\nHost: a\r\n\r\n")
                    self.assertEqual(int(head[:3]), response.status)
                if "Content-Length" in head:
                    self.assertEqual("1000", response.get("Content-Length"))

    def test_an_empty_body_is_not_made_up(self):
        service = self.start(raw.Peer.answering(raw.answer(b"")))
        response = self.client(self.proxy(BARE, service)).get()
        self.assertEqual(("0", b""), (response.get("Content-Length"), response.body))
        self.assertIsNone(service.requests[0].get("Content-Length"))
        self.assertIsNone(service.requests[0].get("Transfer-Encoding"))

    def test_large_bodies_of_known_length_bypass_memory_both_ways_and_the_connection_goes_on(self):
        body = pattern(3 * MIB)
        proxy = self.proxy(BARE + 'status: {address: "@status@"}\n', self.start(Echo()), wait_for=("listen", "status"))
        client = self.client(proxy)
        spliced = []
        for _ in range(2):
            seen = client.request(b"PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
            self.assertEqual(hashlib.sha256(body).hexdigest(), json.loads(seen.body)["sha256"])
            self.assertEqual(body, client.get(f"/bytes/{len(body)}").body)
            self.assertEqual(pattern(5), client.get("/bytes/5").body)
            spliced.append(Metrics(proxy.address("status")).value("outrigger_splice_bytes_total"))
        self.assertGreater(spliced[0], 5 * MIB)
        self.assertGreater(spliced[1], 10 * MIB)
        self.assertEqual(0, Metrics(proxy.address("status")).value("outrigger_splice_pipes"))

    def test_ten_mebibytes_go_up_whole(self):
        body = pattern(10 * MIB)
        client = self.client(self.proxy(BARE, self.start(Echo())))
        response = client.request(b"PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
        seen = json.loads(response.body)
        self.assertEqual((len(body), hashlib.sha256(body).hexdigest()), (seen["length"], seen["sha256"]))

    def test_ten_mebibytes_go_up_whole_in_chunks(self):
        body = pattern(10 * MIB)
        client = self.client(self.proxy(BARE, self.start(Echo())))
        chunks = b"".join(b"%x\r\n%s\r\n" % (len(body[at:at + 70001]), body[at:at + 70001])
                          for at in range(0, len(body), 70001))
        response = client.request(b"PUT / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks + b"0\r\n\r\n")
        self.assertEqual(hashlib.sha256(body).hexdigest(), json.loads(response.body)["sha256"])

    def test_ten_mebibytes_come_down_whole(self):
        client = self.client(self.proxy(BARE, self.start(Echo())))
        for path in (f"/bytes/{10 * MIB}", f"/chunked/{10 * MIB}"):
            with self.subTest(path):
                self.assertEqual(hashlib.sha256(pattern(10 * MIB)).digest(),
                                 hashlib.sha256(client.get(path).body).digest())

    def test_a_slow_reader_gets_everything_and_costs_little_memory(self):
        proxy = self.proxy(BARE, self.start(Echo()))
        self.client(proxy).get()
        before = proxy.resident_bytes()
        client = self.client(proxy, receive_buffer=8192)
        client.send(f"GET /bytes/{64 * MIB} HTTP/1.1\r\nHost: a\r\n\r\n")
        head = client.head()
        client.reader.exactly(MIB)
        self.assertLess(proxy.resident_bytes() - before, 16 * MIB)
        self.assertEqual(63 * MIB, len(client.reader.exactly(63 * MIB)))
        self.assertEqual(200, head.status)

    def test_an_early_answer_reaches_the_client_before_its_body_is_sent(self):
        service = self.start(raw.Peer([raw.head(), raw.answer(b"no", "403 Forbidden", "Connection: close"), raw.close()]))
        client = self.client(self.proxy(BARE, service))
        client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\nabc")
        self.assertEqual(403, client.response("POST").status)

    def test_a_body_streams_while_it_is_made(self):
        more = threading.Event()
        service = self.start(raw.Peer([raw.request(), raw.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n"),
                                       raw.wait(more), raw.send("1\r\nb\r\n0\r\n\r\n"), raw.read_to_end()]))
        client = self.client(self.proxy(BARE, service))
        client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        client.head()
        self.assertEqual(b"1\r\na\r\n", client.reader.exactly(6))
        more.set()
        self.assertEqual(b"1\r\nb\r\n0\r\n\r\n", client.reader.exactly(11))


class Interim(Case):
    def test_100_continue_is_relayed_from_the_service(self):
        service = self.start(raw.Peer([raw.head(), raw.send("HTTP/1.1 100 Continue\r\n\r\n"),
                                       lambda talk: talk.peer.leftovers.append(talk.reader.exactly(3)) or None,
                                       raw.answer(), raw.read_to_end()]))
        client = self.client(self.proxy(BARE, service))
        client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n")
        self.assertEqual(100, client.head().status)
        client.send("abc")
        self.assertEqual(200, client.response("POST").status)
        self.assertEqual(b"abc", service.leftovers[0])

    def test_a_silent_service_does_not_keep_the_client_waiting_for_100_continue(self):
        client = self.client(self.proxy(BARE, self.start(raw.Peer.answering())))
        client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n")
        self.assertEqual(100, client.head().status)
        self.assertEqual(200, client.send("abc").response("POST").status)

    def test_a_refusal_instead_of_100_continue_is_final(self):
        service = self.start(raw.Peer([raw.head(), raw.answer(b"", "417 Expectation Failed"), raw.read_to_end()]))
        client = self.client(self.proxy(BARE, service))
        client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n")
        self.assertEqual(417, client.response("POST", interim=True).status)

    def test_early_hints_are_relayed(self):
        service = self.start(raw.Peer.answering(raw.send("HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\n"), raw.answer()))
        client = self.client(self.proxy(BARE, service))
        client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        hints = client.response(interim=True)
        self.assertEqual((103, "</a.css>"), (hints.status, hints.get("Link")))
        self.assertEqual(200, client.response().status)
