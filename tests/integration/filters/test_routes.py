"""Which route a request takes, and what a route may end in."""
from support import raw
from support.case import Case

ROUTES = """
version: 1
listeners:
  - address: "@listen@"
    routes:
      - {match: {path: {prefix: /a}}, respond: {body: prefix a}}
      - {match: {path: {prefix: /a/long}}, respond: {body: prefix a long}}
      - {match: {path: {exact: /a/long}}, respond: {body: exact}}
      - {match: {path: {regex: "/r[0-9]+"}}, respond: {body: regex}}
      - {match: {path: {prefix: /m}, method: POST}, respond: {body: post}}
      - {match: {path: {prefix: /h}, headers: {X-Kind: b}}, respond: {body: header}}
      - {match: {path: {prefix: /q}, query: {v: "2"}}, respond: {body: query}}
      - {match: {host: one.example}, respond: {body: host}}
      - {match: {host: "*.example"}, respond: {body: wildcard}}
      - {match: {path: {prefix: /moved}}, redirect: {to: "https://${host}${path}", status: 301}}
      - {match: {path: {prefix: /app}}, upstream: app}
upstreams: {app: {endpoints: ["@app@"]}}
"""
TABLE = [
    ("a prefix", "/a/b", "", b"prefix a"),
    ("the longest prefix", "/a/long/x", "", b"prefix a long"),
    ("exact before prefix", "/a/long", "", b"exact"),
    ("a whole regex", "/r12", "", b"regex"),
    ("a header", "/h", "X-Kind: b", b"header"),
    ("a query value", "/q?v=2", "", b"query"),
    ("an exact host before everything of any host", "/a", "Host: one.example", b"host"),
    ("a wildcard host", "/zzz", "Host: two.example", b"wildcard"),
]
NOWHERE = [("half a segment", "/ab"), ("part of a regex", "/r12x"), ("another header value", "/h"), ("another query", "/q?v=3"),
           ("another method", "/m"), ("nothing", "/")]


class Routes(Case):
    def test_the_most_precise_route_wins(self):
        proxy = self.proxy(ROUTES, self.start(raw.Peer.answering()))
        for name, path, field, body in TABLE:
            with self.subTest(name):
                host = "" if field.startswith("Host") else "Host: any\r\n"
                field = field + "\r\n" if field else ""
                self.assertEqual(body, self.client(proxy).request(f"GET {path} HTTP/1.1\r\n{host}{field}\r\n").body)

    def test_what_no_route_matches_is_404(self):
        client = self.client(self.proxy(ROUTES, self.start(raw.Peer.answering())))
        for name, path in NOWHERE:
            with self.subTest(name):
                response = client.get(path)
                self.assertEqual(404, response.status)
                self.assertIn("destination_not_found", response.get("Proxy-Status"))

    def test_a_route_ends_in_a_redirect_or_an_upstream(self):
        client = self.client(self.proxy(ROUTES, self.start(raw.Peer.answering())))
        response = client.get("/moved/x")
        self.assertEqual((301, "https://test/moved/x"), (response.status, response.get("Location")))
        self.assertEqual(b"ok", client.get("/app").body)

    def test_a_split_sends_its_share(self):
        services = [self.start(raw.Peer.answering()) for _ in range(2)]
        proxy = self.proxy("""
version: 1
listeners: [{address: "@listen@", routes: [{split: [{upstream: a, weight: 3}, {upstream: b, weight: 1}]}]}]
upstreams: {a: {endpoints: ["@a@"]}, b: {endpoints: ["@b@"]}}
""", a=services[0].address, b=services[1].address)
        client = self.client(proxy)
        for _ in range(400):
            client.get()
        self.assertTrue(230 < len(services[0].requests) < 370, len(services[0].requests))
