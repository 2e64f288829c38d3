"""How long a client's connection lives, and what may follow what on it."""
import unittest

from support import raw
from support.case import BARE, PLAIN, Case
from support.outrigger import SANITIZED
from support.services import Echo, PythonFiles
from support.wait import until


class Connections(Case):
    def test_a_kept_connection_serves_many_requests(self):
        service = self.start(raw.Peer.answering())
        client = self.client(self.proxy(BARE, service))
        for _ in range(50):
            self.assertEqual(200, client.get().status)
        self.assertEqual(50, len(service.requests))

    def test_pipelined_requests_are_answered_in_order(self):
        service = self.start(Echo())
        client = self.client(self.proxy(BARE, service))
        client.send("".join(f"GET /{n} HTTP/1.1\r\nHost: a\r\n\r\n" for n in range(20)))
        for n in range(20):
            self.assertIn(f'"path": "/{n}"', client.response().body.decode())

    def test_a_pipelined_request_behind_a_body_is_read_from_its_start(self):
        service = self.start(Echo())
        client = self.client(self.proxy(BARE, service))
        client.send("POST /one HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabcGET /two HTTP/1.1\r\nHost: a\r\n\r\n")
        self.assertIn('"length": 3', client.response().body.decode())
        self.assertIn('"path": "/two"', client.response().body.decode())

    def test_a_request_in_single_bytes_is_understood(self):
        service = self.start(raw.Peer.answering())
        client = self.client(self.proxy(BARE, service))
        for byte in b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n":
            client.send(bytes([byte]))
        self.assertEqual(200, client.response().status)
        self.assertEqual(b"abc", service.requests[0].body)

    def test_connection_close_is_honoured(self):
        client = self.client(self.proxy(BARE, self.start(raw.Peer.answering())))
        response = client.get("/", "Connection: close")
        self.assertEqual("close", response.get("Connection"))
        self.assertTrue(client.is_closed())

    def test_a_service_that_closes_does_not_close_the_client(self):
        service = self.start(raw.Peer([raw.request(), raw.answer(b"ok", "200 OK", "Connection: close"), raw.close()]))
        client = self.client(self.proxy(PLAIN, service))
        for _ in range(5):
            self.assertEqual(200, client.get().status)
        self.assertEqual(5, service.connections)

    def test_an_http_1_0_client_is_answered_and_closed(self):
        client = self.client(self.proxy(BARE, self.start(raw.Peer.answering())))
        response = client.request("GET / HTTP/1.0\r\nHost: a\r\n\r\n")
        self.assertEqual((200, b"ok"), (response.status, response.body))
        self.assertTrue(client.is_closed())

    def test_an_http_1_0_client_may_keep_its_connection(self):
        client = self.client(self.proxy(BARE, self.start(raw.Peer.answering())))
        for _ in range(3):
            response = client.request("GET / HTTP/1.0\r\nHost: a\r\nConnection: keep-alive\r\n\r\n")
            self.assertEqual(200, response.status)
            self.assertEqual("keep-alive", response.get("Connection", "").lower())

    def test_an_http_1_0_client_gets_no_chunked_body(self):
        service = self.start(Echo())
        response = self.client(self.proxy(BARE, service)).request("GET /chunked/30000 HTTP/1.0\r\nHost: a\r\n\r\n")
        self.assertIsNone(response.get("Transfer-Encoding"))
        self.assertEqual(30000, len(response.body))

    def test_an_http_1_0_service_that_ends_by_closing_is_relayed(self):
        service = self.start(raw.Peer([raw.request(), raw.send("HTTP/1.0 200 OK\r\n\r\nuntil the end"), raw.close()]))
        client = self.client(self.proxy(BARE, service))
        for _ in range(2):
            self.assertEqual(b"until the end", client.get().body)

    def test_pythons_http_server_is_relayed(self):
        response = self.client(self.proxy(BARE, self.start(PythonFiles()))).get()
        self.assertEqual((200, b"hello from python\n"), (response.status, response.body))

    def test_two_workers_share_the_connections(self):
        proxy = self.proxy(BARE, self.start(Echo()), workers=2)
        clients = [self.client(proxy) for _ in range(32)]
        for client in clients:
            client.send("GET /bytes/10000 HTTP/1.1\r\nHost: a\r\n\r\n")
        for client in clients:
            self.assertEqual(10000, len(client.response().body))

    @staticmethod
    def leave(proxy, times):
        for request in ("", "GET", "GET / HTTP/1.1\r\nHost: a\r\n\r\n", "GET /slow/0.05 HTTP/1.1\r\nHost: a\r\n\r\n",
                        "GET /bytes/3000000 HTTP/1.1\r\nHost: a\r\n\r\n",
                        "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nabc"):
            for _ in range(times):
                raw.Client(proxy.port()).send(request).reset()

    def test_clients_that_leave_at_any_time_leave_nothing_behind(self):
        proxy = self.proxy(BARE, self.start(Echo()))
        self.client(proxy).get()
        before = proxy.open_files()
        self.leave(proxy, 5)
        self.assertEqual(200, self.client(proxy).get().status)
        until(lambda: proxy.open_files() <= before + 3, "descriptors to return")

    @unittest.skipIf(SANITIZED, "a sanitizer keeps freed memory")
    def test_clients_that_leave_leave_no_memory_behind(self):
        proxy = self.proxy(BARE, self.start(Echo()))

        def settle():
            until(lambda: self.client(proxy).get().status == 200, "the service to have got over it")
        self.leave(proxy, 100)
        settle()
        before = proxy.resident_bytes()
        for _ in range(5):
            self.leave(proxy, 100)
            settle()
        # 3,000 exchanges: two KiB lost by each would be seen; the allocator's own waste comes to about 2 MiB.
        until(lambda: proxy.resident_bytes() < before + 6 * 1024 * 1024, "memory to return")


if __name__ == "__main__":
    unittest.main()
