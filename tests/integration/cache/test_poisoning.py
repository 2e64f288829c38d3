"""Nobody gets an answer that somebody else shaped by something that is not in the key."""
from support.cache.origin import Origin
from support.case import Case
from support.curl import curl
from support.wait import until

CONFIG = """
version: 1
listeners: [{address: "@listen@", filters: [{cache: {}}], upstream: app}]
upstreams: {app: {endpoints: ["@app@"], filters: []}}
"""
FRESH = "Cache-Control: max-age=1000"


class Poisoning(Case):
    def setUp(self):
        self.origin = self.start(Origin())
        self.port = self.proxy(CONFIG, app=self.origin.address)

    def ask(self, request):
        return self.client(self.port).request(request)

    def plain(self, path):
        return self.client(self.port).get(path)

    def test_the_host_of_an_absolute_target_is_the_key(self):
        self.origin.script("/a", {"fields": [FRESH]})
        evil = self.ask("GET http://evil/a HTTP/1.1\r\nHost: test\r\n\r\n")
        if evil.status == 200:
            self.assertEqual(self.origin.asked["/a"][0].get("Host"), "evil", "the service sees the host of the key")
        self.assertIn("fwd=uri-miss", self.plain("/a").get("Cache-Status"))

    def test_two_hosts_are_refused_and_leave_nothing(self):
        self.origin.script("/b", {"fields": [FRESH]})
        self.assertEqual(self.ask("GET /b HTTP/1.1\r\nHost: test\r\nHost: evil\r\n\r\n").status, 400)
        self.assertEqual(self.origin.count("/b"), 0)

    def test_a_fat_get_neither_stores_nor_takes(self):
        self.origin.script("/c", {"fields": [FRESH]})
        fat = "GET /c HTTP/1.1\r\nHost: test\r\nContent-Length: 6\r\n\r\nx=evil"
        self.ask(fat)
        self.assertEqual(self.plain("/c").body, b"answer 2")
        self.assertEqual(self.ask(fat).body, b"answer 3")
        chunked = "GET /c HTTP/1.1\r\nHost: test\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
        self.assertIn("fwd=bypass", self.ask(chunked).get("Cache-Status"))

    def test_a_head_never_becomes_the_answer_to_a_get(self):
        self.origin.script("/d", {"fields": [FRESH]})
        self.ask("HEAD /d HTTP/1.1\r\nHost: test\r\n\r\n")
        got = self.plain("/d")
        self.assertEqual(got.body, b"answer 2")

    def test_what_a_head_has_fetched_behind_it_is_a_get(self):
        for options, fields in (("stale_while_revalidate: 60s", ["Cache-Control: max-age=10", "Age: 20"]),
                                ("early_refresh: 50%", ["Cache-Control: max-age=100000", "Age: 99900"])):
            with self.subTest(options):
                proxy = self.proxy(CONFIG.replace("cache: {}", f"cache: {{{options}}}"), app=self.origin.address)
                fresh = {"fields": ["Cache-Control: max-age=1000"], "body": b"second " * 70}
                self.origin.script("/d", {"fields": fields, "body": b"first"}, fresh)
                client = self.client(proxy)
                self.assertEqual(client.get("/d").body, b"first")
                def is_asked_behind_a_head(client=client):
                    self.assertEqual(client.request("HEAD /d HTTP/1.1\r\nHost: test\r\n\r\n").status, 200)
                    return self.origin.count("/d") > 1
                until(is_asked_behind_a_head, "a fetch behind a HEAD")
                until(lambda: client.get("/d").body == fresh["body"], "the fetch behind it")
                self.assertEqual({asked.start for asked in self.origin.asked["/d"]}, {"GET /d HTTP/1.1"})
                self.assertIn("hit", client.get("/d").get("Cache-Status"))

    def test_a_part_never_becomes_the_whole(self):
        self.origin.script("/e", {"status": 206, "fields": [FRESH, "Content-Range: bytes 0-1/8"], "body": b"an"},
                           {"fields": [FRESH]})
        self.client(self.port).get("/e", "Range: bytes=0-1")
        self.assertEqual(self.plain("/e").body, b"answer 2")

    def test_dropped_parameters_can_not_shape_what_is_stored(self):
        proxy = self.proxy(CONFIG.replace("cache: {}", 'cache: {key: {query: {drop: ["utm_*"]}}}'), app=self.origin.address)
        self.origin.script("/f", {"fields": [FRESH]})
        self.client(proxy).get("/f?utm_content=<script>&id=1".replace("<", "%3C").replace(">", "%3E"))
        self.assertEqual(self.origin.asked["/f"][0].start, "GET /f?id=1 HTTP/1.1")

    def test_a_field_that_connection_names_does_not_unlock_an_answer(self):
        self.origin.script("/g", {"fields": [FRESH]})
        self.client(self.port).get("/g", "Authorization: Basic YQ==", "Connection: Authorization")
        self.assertEqual(self.plain("/g").body, b"answer 2")

    def test_clients_of_both_versions_share_what_is_stored(self):
        self.origin.script("/h", {"fields": [FRESH]})
        url = f"http://127.0.0.1:{self.port.port()}/h"
        first, second = curl("--http2-prior-knowledge", url), curl("--http1.1", url)
        self.assertIn("stored", first.head.get("Cache-Status"))
        self.assertIn("outrigger; hit", second.head.get("Cache-Status"))
        self.assertEqual(first.body, second.body)
        self.assertEqual(self.origin.count("/h"), 1)
