"""Ways around a rule that do not exist, through the real binary: nothing below reaches the service."""
from support import raw
from support.case import Case

# What some service takes for /admin. The first column says who does.
PATHS = (
    ("everybody", "/admin"),
    ("everybody", "/admin/"),
    ("everybody", "/admin?x"),
    ("RFC 3986 section 6.2.2.2: an encoded letter", "/%61dmin"),
    ("an encoded letter in capitals", "/%41DMIN"),
    ("all of it encoded", "/%61%64%6d%69%6e"),
    ("services that merge slashes", "//admin"),
    ("services that merge slashes", "/.//admin"),
    ("RFC 3986 section 5.2.4: dot segments", "/./admin"),
    ("dot segments", "/x/../admin"),
    ("encoded dots", "/x/%2e%2e/admin"),
    ("half encoded dots", "/x/.%2e/admin"),
    ("an encoded slash", "/x/..%2fadmin"),
    ("an encoded slash at the front", "/%2fadmin"),
    ("servlet containers: parameters", "/admin;x"),
    ("servlet containers: parameters", "/admin;x=1/y"),
    ("servlet containers: a parameter behind dots (CVE-2020-5410 and others)", "/x/..;/admin"),
    ("servlet containers: a parameter alone", "/;/admin"),
    ("Windows: a backslash", "/\\admin"),
    ("Windows: an encoded backslash", "/%5cadmin"),
    ("Windows: backslashes around dots", "/x\\..\\admin"),
    ("case-insensitive file systems", "/Admin"),
    ("case-insensitive file systems", "/ADMIN/x"),
    ("double decoding (CVE-2001-0333, CVE-2021-42013)", "/%2561dmin"),
    ("double decoding of dots (CVE-2021-42013)", "/x/%252e%252e/admin"),
    ("C programs: NUL ends a text", "/admin%00.png"),
    ("an absolute target", "http://test/admin"),
    ("an absolute target with dots", "http://test/x/../admin"),
    ("a fragment", "/admin#x"),
    ("services that trim: a tab", "/admin%09"),
    ("services that trim: a no-break space", "/admin%a0"),
    ("services that trim: next line", "/admin%c2%85/x"),
)


class Bypass(Case):
    def guarded(self, rules, mode="reject", extra=""):
        self.service = self.start(raw.Peer.answering())
        return self.proxy(f"""
version: 1
listeners: [{{address: "@listen@", path: {mode}, filters: [{{access: {{rules: {rules}}}}}], upstream: app}}]
upstreams: {{app: {{endpoints: ["@app@"], filters: []}}}}
""" if not extra else extra, self.service)

    def test_no_way_around_a_denied_path(self):
        for mode in ("reject", "decode", "keep"):
            proxy = self.guarded("[{deny: {path: /admin}}, {allow: {}}]", mode)
            self.assertEqual(200, self.client(proxy).get("/public").status)
            for who, target in PATHS:
                with self.subTest(mode=mode, who=who, target=target):
                    self.assertIn(self.client(proxy).get(target).status, (400, 403))
            self.assertEqual(["GET /public HTTP/1.1"], [request.start for request in self.service.requests])

    def test_what_is_allowed_is_allowed_in_one_spelling(self):
        for mode in ("reject", "keep"):
            proxy = self.guarded("[{allow: {path: /public}}]", mode)
            for target in ("/public/../admin", "/public/..%2fadmin", "/public/..;/admin", "/public/%2e%2e/admin",
                           "/public\\..\\admin", "/Public"):
                with self.subTest(mode=mode, target=target):
                    self.assertIn(self.client(proxy).get(target).status, (400, 403))
            self.assertEqual([], self.service.requests)

    def test_no_way_around_the_host_of_a_guarded_route(self):
        proxy = self.guarded("", extra="""
version: 1
listeners:
  - address: "@listen@"
    routes:
      - match: {host: admin.example}
        filters: [{access: {rules: [{deny: {}}]}}]
        upstream: app
      - upstream: app
upstreams: {app: {endpoints: ["@app@"], filters: []}}
""")
        for host in ("admin.example", "ADMIN.example", "admin.example.", "admin.example:80", "Admin.Example.:8080",
                     "admin.example..", " admin.example "):
            with self.subTest(host):
                answer = self.client(proxy).request(f"GET / HTTP/1.1\r\nHost: {host}\r\n\r\n")
                self.assertIn(answer.status, (400, 403))
        absolute = self.client(proxy).request("GET http://admin.example/ HTTP/1.1\r\nHost: other.example\r\n\r\n")
        self.assertIn(absolute.status, (400, 403))
        self.assertEqual([], self.service.requests)
