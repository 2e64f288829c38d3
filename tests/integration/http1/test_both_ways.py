"""Requests whose answer begins before they are complete: both flow at the same time."""
import threading

from support import raw
from support.case import Case

# The way over "far" goes on by HTTP/2 to "near".
CONFIG = """
version: 1
listeners:
  - {name: far, address: "@listen_far@", timeouts: {body_idle: 1s}, max_body: 200KB, upstream: near}
  - {name: near, address: "@listen_near@", timeouts: {body_idle: 1s}, max_body: 20KB, filters: [{access_log: {}}], upstream: app}
upstreams:
  near: {endpoints: ["@listen_near@"], protocol: http2, filters: []}
  app: {endpoints: ["@app@"], filters: []}
"""
POST = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\none\r\n"
HEAD = raw.send("HTTP/1.1 200 OK\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n")


class BothWays(Case):
    def serve(self, *steps):
        proxy = self.proxy(CONFIG, self.start(raw.Peer([raw.head(), HEAD, *steps])))
        return proxy, {name: self.enterContext(raw.Client(proxy.port(f"listen_{name}"))) for name in ("near", "far")}

    def test_one_may_rest_while_the_other_flows(self):
        got = []

        def tick_until_all_is_here(talk):
            is_over = threading.Event()

            def tick():
                while not is_over.wait(0.05):
                    talk.socket.sendall(b"1\r\n.\r\n")
            ticking = threading.Thread(target=tick)
            ticking.start()
            try:
                got.append(talk.reader.chunked()[0])
            finally:
                is_over.set()
                ticking.join()
            talk.socket.sendall(b"0\r\n\r\n")
        _, clients = self.serve(tick_until_all_is_here)
        for name, client in clients.items():
            with self.subTest(name):
                client.send(POST)
                self.assertEqual(200, client.head().status)
                for _ in range(60):  # three times body_idle
                    client.reader.until(b"\r\n.\r\n")
                client.send("3\r\ntwo\r\n0\r\n\r\n")
                client.reader.until(b"0\r\n\r\n")
                self.assertEqual(b"onetwo", got.pop())

    def test_where_both_rest_the_answer_is_cut(self):
        proxy, clients = self.serve(raw.hang())
        for number, client in enumerate(clients.values(), 1):
            client.send(POST)
            self.assertEqual(200, client.head().status)
            self.assertTrue(client.is_closed())
            self.assertIn(proxy.log(number)[-1]["failure"], ("request_body_timeout", "response_body_timeout"))

    def test_a_request_that_becomes_bad_behind_the_head_of_its_answer_cuts_it(self):
        for rest, failure in (("8000\r\n" + "a" * 0x8000 + "\r\n", "body_too_large"), ("x\r\n", "bad_chunk")):
            with self.subTest(failure):
                proxy, clients = self.serve(raw.wait(threading.Event()))
                client = clients["near"]
                client.send(POST)
                self.assertEqual(200, client.head().status)
                client.send(rest)
                self.assertTrue(client.is_closed())
                self.assertEqual((200, failure), tuple(proxy.log()[0][key] for key in ("status", "failure")))
