"""The service is dead: what is known is answered all the same."""
from support.cache.origin import Origin
from support.case import Case
from support.outrigger import command

STALE = """
version: 1
listeners:
  - address: "@listen@"
    filters: [{cache: {ttl: 1s, stale_if_error: 10m}}]
    upstream: app
upstreams: {app: {endpoints: ["@app@"]}}
"""
CHAIN = """
version: 1
listeners:
  - address: "@listen@"
    filters:
      - access_log: {}
      - fallback: {chain: [{stale: {max_age: 1h}}, {broader: {path: /general}}, {static: {status: 503, body: closed}}]}
      - cache: {ttl: 60s}
    upstream: app
upstreams: {app: {endpoints: ["@app@"]}}
admin: {address: "@listen_admin@"}
"""
OLD = ("Cache-Control: max-age=10", "Age: 20", 'ETag: "a"')


class ServiceDown(Case):
    def test_with_stale_if_error_every_known_url_is_answered(self):
        origin = Origin()
        proxy = self.proxy(STALE, workers=2, app=origin.address)
        client = self.client(proxy)
        bodies = {}
        for number in range(100):
            origin.script(f"/{number}", {"fields": list(OLD)})
            bodies[number] = client.get(f"/{number}").body
        origin.kill()
        for number, body in bodies.items():
            got = client.get(f"/{number}")
            self.assertEqual((got.status, got.body), (200, body))
            self.assertRegex(got.get("Cache-Status"), "hit; ttl=-.*stale-if-error")
        self.assertIn(client.get("/unknown").status, (502, 503))

    def test_the_first_head_of_a_stale_answer_gets_it_too(self):
        origin = self.start(Origin())
        proxy = self.proxy(STALE, app=origin.address)
        client = self.client(proxy)
        origin.script("/a", {"fields": list(OLD), "body": b"known"}, {"status": 500})
        client.get("/a")
        head = client.request("HEAD /a HTTP/1.1\r\nHost: test\r\n\r\n")
        self.assertEqual((head.status, head.get("Content-Length")), (200, "5"))
        self.assertIn("stale-if-error", head.get("Cache-Status"))
        self.assertEqual(origin.asked["/a"][-1].start, "HEAD /a HTTP/1.1")
        self.assertEqual(client.get("/a").body, b"known")

    def test_the_chain_stale_then_broader_then_static(self):
        origin = Origin()
        proxy = self.proxy(CHAIN, app=origin.address)
        client = self.client(proxy)
        origin.script("/mine", {"fields": list(OLD)})
        origin.script("/strict", {"fields": ["Cache-Control: max-age=10, must-revalidate", "Age: 20", 'ETag: "a"']})
        origin.script("/general", {"fields": ["Cache-Control: max-age=1000"], "body": b"for all"})
        for path in ("/mine", "/strict", "/general"):
            client.get(path)
        origin.kill()
        mine = client.get("/mine")
        self.assertEqual((mine.status, mine.body), (200, b"answer 1"))
        self.assertIn("fallback to stale after connect_failed", mine.get("Proxy-Status"))
        self.assertIn('detail="fallback"', mine.get("Cache-Status"))
        self.assertEqual(client.get("/strict").body, b"for all", "what must be validated is not given")
        user = client.get("/user/7", "Authorization: Basic YQ==", "Cookie: id=7")
        self.assertEqual((user.status, user.body), (200, b"for all"))
        self.assertIn("fallback to broader", user.get("Proxy-Status"))
        post = client.request("POST /user HTTP/1.1\r\nHost: test\r\nContent-Length: 0\r\n\r\n")
        self.assertEqual((post.status, post.body), (503, b"closed"))
        self.assertIn("stale", proxy.log(5)[3]["why"])

    def test_stale_is_about_the_request_itself_also_behind_broader(self):
        origin = self.start(Origin())
        steps = "[{broader: {path: /general}}, {stale: {max_age: 1h}}, {static: {status: 503, body: closed}}]"
        before, behind = CHAIN.split("fallback: {chain: ")
        proxy = self.proxy(before + "fallback: {chain: " + steps + behind[behind.index("}\n"):], app=origin.address)
        client = self.client(proxy)
        origin.script("/mine", {"fields": ["Cache-Control: max-age=10", "Age: 20", 'ETag: "a"', "Vary: Cookie"]},
                      {"status": 503})
        origin.script("/general", {"status": 503})
        self.assertEqual(client.get("/mine", "Cookie: tenant=a").body, b"answer 1")
        mine = client.get("/mine", "Cookie: tenant=a")
        self.assertEqual((mine.status, mine.body), (200, b"answer 1"))
        self.assertIn("fallback to stale after 503", mine.get("Proxy-Status"))
        self.assertTrue(origin.count("/general"), "broader was asked first")
        self.assertEqual(client.get("/mine", "Cookie: tenant=b").status, 503, "what is stored is another's")

    def test_purging_by_the_command(self):
        origin = self.start(Origin())
        proxy = self.proxy(CHAIN, app=origin.address)
        client = self.client(proxy)
        admin = ("--admin", proxy.address("listen_admin"))
        for path in ("/a/1", "/a/2", "/b"):
            origin.script(path, {"fields": ["Cache-Control: max-age=100", f"Surrogate-Key: all {path[1]}", 'ETag: "x"'],
                                 "validates": True})

        def fill():
            return [client.get(path).get("Cache-Status").split(";")[1].strip() for path in ("/a/1", "/a/2", "/b")]

        def purge(*what):
            done = command("cache", "purge", *what, *admin)
            self.assertEqual(done.returncode, 0, done.stderr)
            return done.stdout

        fill()
        self.assertEqual(fill(), ["hit"] * 3)
        for what, left in ((("--url", "http://test/a/1"), ["fwd=uri-miss", "hit", "hit"]),
                           (("--prefix", "http://test/a/"), ["fwd=uri-miss", "fwd=uri-miss", "hit"]),
                           (("--tag", "b"), ["hit", "hit", "fwd=uri-miss"]),
                           (("--host", "test"), ["fwd=uri-miss"] * 3),
                           (("--all",), ["fwd=uri-miss"] * 3),
                           (("--soft", "--tag", "a"), ["fwd=stale", "fwd=stale", "hit"])):
            with self.subTest(what=what):
                self.assertRegex(purge(*what), r": [1-3] answers")
                self.assertEqual(fill(), left)
                self.assertEqual(fill(), ["hit"] * 3)
        shown = command("cache", "show", *admin)
        self.assertIn("3 answers", shown.stdout)
        wrong = command("cache", "purge", *admin)
        self.assertEqual(wrong.returncode, 1)
        self.assertIn("say what to purge", wrong.stderr)

    def test_a_reload_keeps_what_is_stored(self):
        origin = self.start(Origin())
        proxy = self.proxy(CHAIN, app=origin.address)
        client = self.client(proxy)
        origin.script("/x", {"fields": ["Cache-Control: max-age=100"]})
        client.get("/x")
        proxy.write(CHAIN + "# changed\n")
        self.assertEqual(command("reload", "--admin", proxy.address("listen_admin")).returncode, 0)
        self.assertRegex(client.get("/x").get("Cache-Status"), "hit")
        proxy.write(CHAIN.replace("ttl: 60s", "ttl: 61s"))
        self.assertEqual(command("reload", "--admin", proxy.address("listen_admin")).returncode, 0)
        self.assertRegex(client.get("/x").get("Cache-Status"), "fwd=uri-miss", "another filter is another cache")
