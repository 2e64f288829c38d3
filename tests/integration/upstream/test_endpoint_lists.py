"""`file:PATH` and `env:NAME` among the endpoints."""
import json
import os
import tempfile
import threading

from support import raw
from support.case import Case
from support.metrics import Metrics
from support.outrigger import command
from support.ports import free_port
from support.wait import until

CONFIG = """
version: 1
listeners: [{address: "@listen@", upstream: app}]
upstreams:
  app:
    endpoints: ["file:@dir@/endpoints.yaml"]
    load_balancing: round_robin
    filters: []
status: {address: "@status@"}
"""
GET = "GET / HTTP/1.1\r\nHost: a\r\n\r\n"


class Lists(Case):
    def peers(self, count):
        ports = [free_port() for _ in range(count)]
        return [self.start(raw.Peer.answering(raw.answer(str(port)), port=port)) for port in ports]

    def serve(self, *peers, text=None, config=CONFIG, **options):
        self.list = self.enterContext(tempfile.TemporaryDirectory()) + "/endpoints.yaml"
        self.write(*peers, text=text)
        self.served = self.proxy(config.replace("@dir@/endpoints.yaml", self.list), wait_for=("listen", "status"), **options)
        return self.client(self.served)

    def write(self, *peers, text=None):
        """Puts a new list in the place of the old one, at once."""
        with open(self.list + ".new", "w", encoding="utf-8") as file:
            file.write("".join(f"- {peer.address}\n" for peer in peers) if text is None else text)
        os.rename(self.list + ".new", self.list)

    def asked(self, client, count):
        answers = [client.get() for _ in range(count)]
        self.assertEqual({200}, {answer.status for answer in answers})
        return sorted({int(answer.body) for answer in answers})

    def endpoints(self):
        return Metrics(self.served.address("status")).value("outrigger_upstream_endpoints", upstream="app")

    def reloads(self, result):
        return Metrics(self.served.address("status")).value("outrigger_reloads_total", result=result)

    def refused(self, change):
        """Makes a change that must be refused; what the log says of it."""
        before, said = self.reloads("failure"), len(self.served.stderr())
        change()
        until(lambda: self.reloads("failure") > before, "a refused reload")
        until(lambda: "reload refused" in self.served.stderr()[said:], "the log to say so")
        return self.served.stderr()[said:].replace('\\"', '"')


class Files(Lists):
    def test_endpoints_come_and_go_with_the_file_and_the_others_keep_their_connections(self):
        for workers in (1, 2):
            with self.subTest(workers=workers):
                staying, leaving, coming = self.peers(3)
                client = self.serve(staying, leaving, workers=workers)
                self.assertEqual(sorted([staying.port, leaving.port]), self.asked(client, 20))
                self.write(staying, coming)
                until(lambda: client.get().body == str(coming.port).encode(), "the new endpoint")
                left = len(leaving.requests)
                self.assertEqual(sorted([staying.port, coming.port]), self.asked(client, 20))
                self.assertEqual((1, 1, left), (staying.connections, coming.connections, len(leaving.requests)))
                until(lambda: leaving.open == 0, "the idle connection to close")

    def test_a_request_to_an_endpoint_that_goes_is_finished(self):
        done = threading.Event()
        leaving = self.start(raw.Peer([raw.request(), raw.wait(done), raw.answer("late"), raw.read_to_end()]))
        staying, = self.peers(1)
        client = self.serve(leaving).send(GET)
        until(lambda: leaving.requests, "the request to arrive")
        self.write(staying)
        until(lambda: self.reloads("success") >= 2, "the reload")
        self.assertEqual([staying.port], self.asked(self.client(self.served), 5))
        done.set()
        self.assertEqual(b"late", client.response().body)
        until(lambda: leaving.leftovers, "its connection to close")

    def test_what_is_no_list_keeps_the_last_good_one_and_says_where_it_errs(self):
        one, two = self.peers(2)
        client = self.serve(one)
        good = f"- {two.address}\n"
        for name, text, message in [
                ("empty", "", "is empty"), ("an empty list", "[]\n", "is empty"),
                ("a mapping", f"app: {two.address}\n", ":1:1: upstreams.app.endpoints[0]: expected a list of endpoints"),
                ("no YAML", "- [\n", "not valid YAML"),
                ("no port", good + "- app.test\n", ":2:3: upstreams.app.endpoints[1].address: \"app.test\" has no port"),
                ("an unknown key", good + "- {address: a:1, wieght: 3}\n", "(did you mean \"weight\"?)"),
                ("another list", "- file:/etc/hosts\n", ":1:3: upstreams.app.endpoints[0]: a list of endpoints cannot name another one"),
                ("no weight left", f"- {{address: {two.address}, weight: 0}}\n", "all weights are 0")]:
            with self.subTest(name):
                said = self.refused(lambda text=text: self.write(text=text))
                self.assertIn(message, said)
                self.assertEqual([one.port], self.asked(client, 3))
        with self.subTest("vanished"):
            self.assertIn("No such file", self.refused(lambda: os.remove(self.list)))
            self.assertEqual([one.port], self.asked(client, 3))
        self.assertEqual(1, one.connections)
        self.write(two)
        until(lambda: self.asked(client, 1) == [two.port], "the good list")

    def test_entries_may_have_weights_and_priorities_and_share_those_of_the_file(self):
        first, second, spare = self.peers(3)
        config = CONFIG.replace('["file:@dir@/endpoints.yaml"]', '[{address: "file:@dir@/endpoints.yaml", weight: 2}, '
                                '{address: "@spare@", priority: 1}]')
        client = self.serve(text=f"- {first.address}\n- {{address: {second.address}, weight: 6}}\n", config=config, spare=spare.address)
        for _ in range(40):
            client.get()
        self.assertEqual((10, 30, 0), (len(first.requests), len(second.requests), len(spare.requests)))
        self.assertEqual(3, self.endpoints())

    def test_an_endpoint_that_joins_by_reload_starts_slowly_too(self):
        old, new = self.peers(2)
        client = self.serve(old, config=CONFIG.replace("round_robin", "round_robin\n    slow_start: 10m"))
        self.assertEqual([old.port], self.asked(client, 5))
        self.write(old, new)
        until(lambda: self.endpoints() == 2, "the new endpoint")
        for _ in range(110):
            client.get()
        self.assertLess(len(new.requests), 20)  # a tenth of its share is ten

    def test_a_start_without_the_file_is_an_error_at_its_place(self):
        served = self.proxy(CONFIG.replace("file:@dir@/endpoints.yaml", "127.0.0.1:1"), wait_for=("listen",))
        served.file.write_text(served.fill(CONFIG))
        done = command("validate", "-c", served.file, "--json")
        self.assertEqual(2, done.returncode)
        error, = json.loads(done.stdout)
        self.assertEqual((6, 17), (error["line"], error["column"]))
        self.assertIn("No such file", error["message"])
        os.mkfifo(served.dir / "endpoints.yaml")
        self.assertIn("not a regular file", command("validate", "-c", served.file).stderr)


class Environment(Lists):
    CONFIG = CONFIG.replace('["file:@dir@/endpoints.yaml"]', "env:APP_ENDPOINTS")

    def test_a_variable_lists_endpoints(self):
        one, two = self.peers(2)
        for separator in (",", " ", ", ", "\n"):
            with self.subTest(separator):
                served = self.proxy(self.CONFIG, wait_for=("listen",),
                                    environment={"APP_ENDPOINTS": one.address + separator + two.address})
                self.assertEqual(sorted([one.port, two.port]), self.asked(self.client(served), 10))

    def test_errors_stand_at_the_place_that_names_the_variable(self):
        served = self.proxy(self.CONFIG, wait_for=("listen",), environment={"APP_ENDPOINTS": "127.0.0.1:1"})
        for value, message in [(None, "the environment has no APP_ENDPOINTS"), ("", "APP_ENDPOINTS is empty"), (" , ", "is empty"),
                               ("a:1,b", "APP_ENDPOINTS: \"b\" has no port"), ("a:0", "port 0 cannot be connected to"),
                               ("http://a:1", "is a URL")]:
            with self.subTest(value):
                environment = {name: text for name, text in os.environ.items() if name != "APP_ENDPOINTS"}
                if value is not None:
                    environment["APP_ENDPOINTS"] = value
                done = command("validate", "-c", served.file, "--json", env=environment)
                self.assertEqual(2, done.returncode)
                error, = json.loads(done.stdout)
                self.assertEqual((6, 16), (error["line"], error["column"]))
                self.assertIn(message, error["message"])
