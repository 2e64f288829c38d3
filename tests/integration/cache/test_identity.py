"""What one user got is given to no other, however we know who asks."""
import hashlib
import json
import pathlib
import tempfile
import threading
import time

from support.auth_server import AuthServer
from support.cache.origin import Origin
from support.case import Case
from support.tokens import Signer
from support.wait import until

CONFIG = """
version: 1
listeners: [{address: "@listen@", %sfilters: [%s], upstream: app}]
upstreams:
  app: {endpoints: ["@app@"], filters: []}
  auth: {endpoints: ["@auth@"], filters: [%s]}
"""
VOUCHED = "{ext_auth: {upstream: auth, headers_to_service: [X-User]}}"
CACHE = "{cache: {ttl: 60s}}"
USERS = {"key-a": "alice", "key-b": "bob"}


def decide(question):
    """Tells who shows which token; whoever shows none is a guest without a name."""
    user = USERS.get(question.get("X-Token"))
    return 200, [("X-User", user)] if user else []


class Users(Case):
    def setUp(self):
        self.origin = self.start(Origin())
        self.auth = self.start(AuthServer(decide))
        self.dir = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))

    def proxied(self, filters, more="", auth_filters="", **files):
        for name, content in files.items():
            (self.dir / name).write_text(content)
        self.running = self.proxy(CONFIG % (more, filters, auth_filters), app=self.origin.address, auth=self.auth.address,
                                  **{name: self.dir / name for name in files})
        return self.running

    def behind(self, filters, **files):
        return self.client(self.proxied(filters, **files))

    def bodies(self, client, *fields, path="/page"):
        return [client.get(path, *([field] if field else [])).body.decode() for field in fields]

    def keys(self, named=True):
        return "".join(hashlib.sha256(key.encode()).hexdigest() + (f" {user}" if named else "") + "\n"
                       for key, user in USERS.items())


class Identity(Users):
    def test_who_a_verdict_names_shares_nothing(self):
        client = self.behind(f"{VOUCHED}, {CACHE}")
        self.assertEqual(["answer 1", "answer 2", "answer 3"],
                         self.bodies(client, "X-Token: key-a", "X-Token: key-b", "X-Token: key-a"))
        self.assertEqual(["alice", "bob", "alice"], [asked.get("X-User") for asked in self.origin.asked["/page"]])
        self.assertEqual(["answer 4", "answer 4"], self.bodies(client, None, None), "guests share")
        self.assertEqual(["answer 5"], self.bodies(client, "X-Token: key-a"), "and what they got is for guests")

    def test_who_waits_for_anothers_fetch_does_not_read_along(self):
        proxy = self.proxied(f"{VOUCHED}, {CACHE}")
        go = threading.Event()
        self.addCleanup(go.set)
        self.origin.script("/page", {"wait": go}, {})
        alice, bob = self.client(proxy), self.client(proxy)
        alice.send("GET /page HTTP/1.1\r\nHost: test\r\nX-Token: key-a\r\n\r\n")
        until(lambda: self.origin.count("/page") == 1, "the fetch for alice")
        bob.send("GET /page HTTP/1.1\r\nHost: test\r\nX-Token: key-b\r\n\r\n")
        until(lambda: len(self.auth.questions) == 2, "the verdict on bob")
        go.set()
        self.assertEqual([b"answer 1", b"answer 2"], [alice.response().body, bob.response().body])

    def test_a_cache_behind_a_cache_knows_it_too(self):
        client = self.behind(f"{VOUCHED}, {CACHE}, {CACHE}")
        self.assertEqual(["answer 1", "answer 2"], self.bodies(client, "X-Token: key-a", "X-Token: key-b"))

    def test_what_a_head_says_to_one_user_changes_nothing_for_others(self):
        client = self.behind(f"{VOUCHED}, {CACHE}")
        self.origin.script("/page", {"fields": ['ETag: "a"']}, {"fields": ['ETag: "a"', "X-Name: alice"]})
        client.get("/page")
        client.send("HEAD /page HTTP/1.1\r\nHost: test\r\nX-Token: key-a\r\n\r\n")
        self.assertEqual("alice", client.response(method="HEAD").get("X-Name"))
        guest = client.get("/page")
        self.assertEqual((b"answer 1", None), (guest.body, guest.get("X-Name")))

    def test_what_the_service_or_the_operator_calls_shared_is(self):
        self.origin.script("/page", {"fields": ["Cache-Control: public, max-age=1000"]})
        for filters in (f"{VOUCHED}, {CACHE}", f"{VOUCHED}, {{cache: {{ttl: 60s, authorization: true}}}}"):
            with self.subTest(filters=filters):
                first, second = self.bodies(self.behind(filters), "X-Token: key-a", "X-Token: key-b")
                self.assertEqual(first, second)
            self.origin.script("/page")

    def test_a_verdict_that_names_nobody_lets_all_share_who_pass_it(self):
        self.auth.decide = lambda question: 200 if question.get("X-Token") in USERS else 401
        client = self.behind("{ext_auth: {upstream: auth}}, " + CACHE)
        self.assertEqual(["answer 1", "answer 1"], self.bodies(client, "X-Token: key-a", "X-Token: key-b"))
        self.assertEqual(401, client.get("/page").status, "the stored answer is not for who does not pass")

    def test_a_key_without_a_name_is_a_credential(self):
        keys = self.keys(named=False)
        for place in ("in: {header: X-Key}", "in: {header: X-Key}, forward: false"):
            with self.subTest(place=place):
                self.origin.script("/page")
                client = self.behind(f'{{api_key: {{keys: "file:@keys@", {place}}}}}, {CACHE}', keys=keys)
                self.assertEqual(["answer 1", "answer 2"], self.bodies(client, "X-Key: key-a", "X-Key: key-b"))

    def test_a_token_without_a_subject_is_one(self):
        signer = Signer(self.dir, "ES256", "one")
        tokens = [signer.token({"iss": "joe", "exp": int(time.time()) + 600, "mail": f"{user}@test"})
                  for user in USERS.values()]
        client = self.behind('{jwt: {issuer: joe, jwks: "file:@jwks@", optional: true, forward: false, '
                             'claims_to_headers: {X-Mail: mail}}}, ' + CACHE, jwks=json.dumps({"keys": [signer.jwk]}))
        self.assertEqual(["answer 1", "answer 2"], self.bodies(client, *(f"Authorization: Bearer {text}" for text in tokens)))
        self.assertEqual(["alice@test", "bob@test"], [asked.get("X-Mail") for asked in self.origin.asked["/page"]])
        self.assertEqual(["answer 3", "answer 3"], self.bodies(client, None, None), "who shows none is nobody")

    def test_so_is_a_certificate_that_a_trusted_proxy_saw(self):
        client = self.behind(CACHE, more="trusted_proxies: [127.0.0.1], ")
        self.assertEqual(["answer 1", "answer 2"], self.bodies(
            client, 'X-Forwarded-Client-Cert: Subject="CN=alice"', 'X-Forwarded-Client-Cert: Subject="CN=bob"'))

    def test_verdicts_themselves_are_kept_only_by_what_is_in_the_key(self):
        self.auth.decide = lambda question: 200 if question.get("X-Forwarded-Uri") == "/open" else 403
        proxy = self.proxied("{ext_auth: {upstream: auth}}", auth_filters=CACHE)
        client = self.client(proxy)
        self.assertEqual([200, 403, 200], [client.get(path).status for path in ("/open", "/closed", "/open")])


class Broader(Users):
    """What is asked for in the place of one user's page says nothing of that user, or is for that user alone."""

    def asked_for(self, filters, *fields, **files):
        """What came of /report, which fails, for each of `fields`."""
        client = self.behind(f"{filters}, {{fallback: {{chain: [{{broader: {{path: /summary}}}}]}}}}, {CACHE}", **files)
        self.origin.script("/report", {"status": 500})
        return self.bodies(client, *fields, path="/report")

    def test_fields_in_which_we_vouch_for_a_client_are_taken_out(self):
        self.origin.script("/summary", {"fields": ["Cache-Control: public, max-age=1000"]})
        got = self.asked_for(VOUCHED, "X-Token: key-a", "X-Token: key-b")
        self.assertEqual((["answer 1"] * 2, 1), (got, self.origin.count("/summary")))
        self.assertEqual("alice", self.origin.asked["/report"][0].get("X-User"))
        self.assertIsNone(self.origin.asked["/summary"][0].get("X-User"))

    def test_so_are_keys_and_texts_about_a_client_and_the_user_shares_with_nobody(self):
        for what, text in (("a user", "${user}"), ("a copy of what is taken out", "${header:Authorization}"),
                           ("a copy under another name", "${header:X-API-Key}")):
            with self.subTest(what=what):
                self.origin.script("/summary")
                filters = f'{{api_key: {{keys: "file:@keys@", forward: true}}}}, {{headers: {{request: {{set: {{X-Name: "{text}"}}}}}}}}'
                got = self.asked_for(filters, "X-API-Key: key-a\r\nAuthorization: Basic YQ==",
                                     "X-API-Key: key-b\r\nAuthorization: Basic Yg==", keys=self.keys())
                self.assertEqual(["answer 1", "answer 2"], got)
                names = {asked.get("X-Name") for asked in self.origin.asked["/summary"]}
                self.assertEqual({"key-a", "key-b"} if "X-API-Key" in text else {None}, names)
                self.assertEqual([None, None], [asked.get("X-API-Key") for asked in self.origin.asked["/summary"]])

    def test_a_copy_of_credentials_that_nobody_checked_is_one(self):
        got = self.asked_for('{headers: {request: {set: {X-Auth: "${header:Authorization}"}}}}',
                             "Authorization: Basic YQ==", "Authorization: Basic Yg==")
        self.assertEqual(["answer 1", "answer 2"], got)
        self.assertEqual([None, None], [asked.get("X-Auth") for asked in self.origin.asked["/summary"]])

    def test_credentials_that_nobody_checked_are_taken_out_and_all_share(self):
        self.assertEqual(["answer 1"] * 2, self.asked_for("{access_log: {}}", "Authorization: Basic YQ==",
                                                          "Authorization: Basic Yg=="))
        self.assertIsNone(self.origin.asked["/summary"][0].get("Authorization"))

    def test_the_log_still_says_whose_request_it_was(self):
        filters = '{access_log: {fields: {add: {who: "${user}"}}}}, {api_key: {keys: "file:@keys@"}}'
        self.asked_for(filters, "X-API-Key: key-a", keys=self.keys())
        self.assertEqual("alice", self.running.log(1)[0]["who"])
