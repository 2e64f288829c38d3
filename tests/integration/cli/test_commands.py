"""Commands, and what an operator's mistake looks like."""
import json
import pathlib
import socket
import subprocess
import tempfile

from support.case import Case
from support.certificates import self_signed
from support.outrigger import ROOT, command
from support.ports import free_port

GOOD = """\
version: 1
listeners: [{address: "127.0.0.1:8080", upstream: app}]
upstreams: {app: {endpoints: ["127.0.0.1:9090"]}}
"""
MISTAKES = [
    ("an unknown key", GOOD.replace("endpoints", "endpionts"), 'did you mean "endpoints"?'),
    ("an unknown upstream", GOOD.replace("upstream: app", "upstream: ap"), 'unknown upstream "ap" (did you mean "app"?)'),
    ("an unknown filter", GOOD.replace("upstream: app}", "filters: [{nosuch: {}}], upstream: app}"), 'unknown filter "nosuch"'),
    ("a number where a duration belongs", GOOD.replace("upstream: app}", "timeouts: {request: 30}, upstream: app}"), "30s"),
    ("a duplicate key", GOOD + "version: 1\n", "version"),
    ("no YAML", "version: [1\n", "outrigger.yaml:"),
    ("a certificate that is not there",
     GOOD.replace("upstream: app}", "tls: {cert: /none/tls.crt, key: /none/tls.key}, upstream: app}"), "/none/tls.crt"),
    ("an unset variable", GOOD.replace("127.0.0.1:9090", "${OUTRIGGER_NOT_SET}"), "OUTRIGGER_NOT_SET"),
]


class CommandCase(Case):
    def file(self, text):
        directory = self.enterContext(tempfile.TemporaryDirectory())
        path = pathlib.Path(directory) / "outrigger.yaml"
        path.write_text(text)
        return path


class Commands(CommandCase):
    def test_a_good_file_validates(self):
        self.assertEqual(0, command("validate", "-c", self.file(GOOD)).returncode)

    def test_a_mistake_is_a_line_with_place_and_remedy_and_exit_code_2(self):
        for name, text, said in MISTAKES:
            for verb in ("validate", "run"):
                with self.subTest(f"{verb}: {name}"):
                    path = self.file(text)
                    done = command(verb, "-c", path)
                    self.assertEqual(2, done.returncode, done.stderr)
                    self.assertIn(said, done.stderr)
                    self.assertRegex(done.stderr, r"outrigger\.yaml(:\d+:\d+)?: ")

    def test_all_mistakes_are_told_at_once(self):
        done = command("validate", "-c", self.file(GOOD.replace("endpoints", "endpionts").replace("address", "adress")))
        self.assertIn("endpionts", done.stderr)
        self.assertIn("adress", done.stderr)

    def test_what_the_file_names_is_told_with_the_mistakes_in_it_and_at_its_place(self):
        directory = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))
        self_signed(directory, stem="good")
        (directory / "bad.crt").write_text("no certificate\n")
        taken = self.enterContext(socket.create_server(("127.0.0.1", 0))).getsockname()[1]
        path = directory / "outrigger.yaml"
        path.write_text(f"""\
version: 1
listeners:
  - {{address: "127.0.0.1:{taken}", upstream: app}}
  - {{address: "127.0.0.1:{free_port()}", tls: {{cert: {directory}/bad.crt, key: {directory}/good.key}}, upstream: app}}
upstreams: {{app: {{endpoints: ["127.0.0.1:9"], bogus: 1}}}}
""")
        at_tls = r"outrigger\.yaml:4:\d+: listeners\[1\]\.tls: .*bad\.crt holds no certificate"
        at_port = r"outrigger\.yaml:3:\d+: listeners\[0\]\.address: cannot listen on .*Address already in use"
        for verb, places in (("validate", [at_tls, "bogus"]), ("run", [at_tls, at_port, "bogus"])):
            with self.subTest(verb):
                done = command(verb, "-c", path)
                self.assertEqual(2, done.returncode)
                for place in places:
                    self.assertRegex(done.stderr, place)
                if verb == "validate":
                    self.assertNotIn("in use", done.stderr)

    def test_mistakes_come_as_json_for_editors(self):
        done = command("validate", "--json", "-c", self.file(MISTAKES[0][1]))
        self.assertEqual(2, done.returncode)
        self.assertEqual(3, json.loads(done.stdout)[0]["line"])

    def test_a_file_that_is_not_there_is_one_line(self):
        done = command("run", "-c", "/none/outrigger.yaml")
        self.assertEqual((2, 1), (done.returncode, done.stderr.strip().count("\n") + 1), done.stderr)
        self.assertIn("/none/outrigger.yaml", done.stderr)

    def test_a_port_in_use_is_one_error_at_its_place_and_exit_code_2(self):
        port = free_port()
        with socket.socket() as taken:
            taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            taken.bind(("127.0.0.1", port))
            taken.listen()
            done = command("run", "-c", self.file(GOOD.replace("8080", str(port))))
        said, source, caret = done.stderr.strip().split("\n")
        self.assertRegex(said, rf"outrigger\.yaml:2:23: listeners\[0\]\.address: cannot listen on 127\.0\.0\.1:{port}: Address")
        self.assertEqual((2, "^"), (done.returncode, caret.strip()), source)

    def test_scripts_run_builds_and_passes_its_arguments_on(self):
        if not (ROOT / "build/release/outrigger").exists():
            self.skipTest("the release preset is not built here")
        done = subprocess.run([ROOT / "scripts/run", "version"], capture_output=True, text=True, check=False)
        self.assertEqual(0, done.returncode, done.stderr)
        self.assertRegex(done.stdout, r"^outrigger \d")
        self.assertIn("building", done.stderr)

    def test_version_and_help_work(self):
        self.assertRegex(command("version").stdout, r"\d+\.\d+")
        for verb in ("run", "validate", "dump", "schema"):
            done = command(verb, "--help")
            self.assertEqual(0, done.returncode)
            self.assertIn("Example", done.stdout)

    def test_schema_is_json_schema_2020_12(self):
        self.assertIn("2020-12", json.loads(command("schema").stdout)["$schema"])

    def test_a_dump_loads_again_and_says_the_same(self):
        first = command("dump", "-c", self.file(GOOD))
        again = command("dump", "-c", self.file(first.stdout))
        self.assertEqual((0, 0), (first.returncode, again.returncode), again.stderr)
        strip = [[line.split(" #")[0].rstrip() for line in done.stdout.splitlines()] for done in (first, again)]
        self.assertEqual(*strip)

    def test_explain_names_route_chain_and_values(self):
        done = command("explain", "-c", self.file(GOOD), "GET", "http://127.0.0.1:8080/x")
        self.assertEqual(0, done.returncode, done.stderr)
        for needed in ("app", "retry", "circuit_breaker"):
            self.assertIn(needed, done.stdout)


class Explain(CommandCase):
    FILE = """\
version: 1
listeners:
  - name: https
    address: 127.0.0.1:8443
    tls: {self_signed: true}
    routes:
      - match: {path: {prefix: /reports}, headers: {X-Kind: b}}
        timeouts: {request: 30s}
        upstream: app
      - redirect: {to: "https://elsewhere.example${path}"}
upstreams: {app: {endpoints: ["127.0.0.1:9090"], filters: [{retry: {num_retries: 1}}]}}
"""

    def explain(self, *arguments):
        done = command("explain", "-c", self.file(self.FILE), "--json", *arguments)
        self.assertEqual(0, done.returncode, done.stderr)
        return json.loads(done.stdout)

    def test_values_come_with_the_line_that_set_them(self):
        told = self.explain("GET", "https://a.example/reports/1", "-H", "X-Kind: b")
        timeouts = {item["name"]: (item["value"], item["origin"].rpartition(":")[2]) for item in told["timeouts"]}
        self.assertEqual(("30s", "8"), timeouts["request"])
        self.assertEqual("default", timeouts["keep_alive"][1])
        self.assertEqual("upstream app", told["action"])
        self.assertEqual([("retry", "upstream")], [(item["name"], item["level"]) for item in told["filters"]])
        self.assertIn("num_retries: 1", told["filters"][0]["options"])

    def test_the_method_may_be_left_out(self):
        self.assertEqual("GET /reports/1 of a.example", self.explain("https://a.example/reports/1", "-H", "X-Kind: b")["request"])

    def test_a_header_decides_the_route(self):
        self.assertTrue(self.explain("GET", "https://a.example/reports/1")["action"].startswith("redirect 308"))

    def test_what_the_parser_refuses_is_said(self):
        self.assertIn("400 bad_target", self.explain("GET", "https://a.example/a/%2e%2e/b")["refused"])

    TCP = """\
version: 1
listeners:
  - name: web
    address: 127.0.0.1:8080
    upstream: mail
  - name: names
    address: 127.0.0.1:8443
    protocol: tcp
    filters: [{access_log: {}}]
    routes:
      - match: {sni: mail.example}
        timeouts: {tunnel_idle: 1h}
        upstream: mail
      - {match: {sni: ["*.shop.example"]}, upstream: shop}
  - {name: plain, address: "127.0.0.1:6379", protocol: tcp, upstream: shop}
upstreams: {mail: {endpoints: ["10.0.0.1:993"]}, shop: {endpoints: ["10.0.0.2:443"], filters: [{retry: {}}]}}
"""

    def test_connections_of_protocol_tcp(self):
        file = self.file(self.TCP)
        rows = [  # what is asked, request, route, action, timeouts
            ("tcp://mail.example:8443", "a connection that asks for mail.example", "sni mail.example", "upstream mail",
             {"request": "1m", "request_head": "10s", "tunnel_idle": "1h"}),
            ("tcp://a.shop.example:8443", "a connection that asks for a.shop.example", "sni *.shop.example", "upstream shop",
             {"request": "1m", "request_head": "10s", "tunnel_idle": "5m"}),
            ("tcp://other.example:8443", "a connection that asks for other.example", "", "reset: no route matches", None),
            ("tcp://127.0.0.1:8443", "a connection", "", "reset: no route matches", None),
            ("tcp://redis.example:6379", "a connection", "everything", "upstream shop", {"request": "1m", "tunnel_idle": "5m"}),
        ]
        for asked, request, route, action, timeouts in rows:
            with self.subTest(asked):
                done = command("explain", "-c", file, "--json", asked)
                self.assertEqual(0, done.returncode, done.stderr)
                told = json.loads(done.stdout)
                self.assertEqual((request, route, action), (told["request"], told["route"]["value"], told["action"]))
                if timeouts:
                    self.assertEqual(timeouts, {item["name"]: item["value"] for item in told["timeouts"]})
        self.assertIn("listener   names (127.0.0.1:8443, tcp)", command("explain", "-c", file, "tcp://mail.example:8443").stdout)
        for asked, needed in ((("tcp://mail.example:1",), "--listener"), (("--listener", "web", "tcp://a:1"), "speaks HTTP"),
                              (("--listener", "plain", "http://a/"), "has protocol tcp"), (("ftp://a",), "tcp://")):
            with self.subTest(asked):
                done = command("explain", "-c", file, *asked)
                self.assertEqual(2, done.returncode)
                self.assertIn(needed, done.stderr)

    def test_a_url_that_no_listener_serves_is_an_error_that_names_them(self):
        text = self.FILE.replace("upstreams:", "  - {name: plain, address: \"127.0.0.1:80\", upstream: app}\n"
                                               "  - {name: more, address: \"127.0.0.1:81\", upstream: app}\nupstreams:")
        done = command("explain", "-c", self.file(text), "GET", "http://a.example:99/")
        self.assertEqual(2, done.returncode)
        self.assertIn("plain", done.stderr)
