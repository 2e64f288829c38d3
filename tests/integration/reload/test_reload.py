"""The configuration changes while traffic goes on."""
import os
import pathlib
import re
import signal
import time

from support import raw
from support.case import Case
from support.curl import curl
from support.load import Load
from support.outrigger import command
from support.ports import free_port
from support.services import Echo
from support.wait import until

ROUTED = """
version: 1
listeners: [{address: "@listen@", routes: [{match: {path: {exact: /version}}, respond: {body: "VERSION"}}, {upstream: app}]}]
upstreams: {app: {endpoints: ["@app@"]}}
"""


class Reload(Case):
    def setUp(self):
        self.service = self.start(Echo())
        self.served = self.proxy(ROUTED, self.service)

    def text(self, version):
        return self.served.fill(ROUTED.replace("VERSION", str(version)))

    def version(self):
        with raw.Client(self.served.port()) as client:
            return client.get("/version").body.decode()

    def becomes(self, version):
        until(lambda: self.version() == str(version), f"version {version} to be served")

    def test_a_rewritten_file_is_adopted(self):
        self.served.file.write_text(self.text(2))
        self.becomes(2)

    def test_a_file_renamed_over_is_adopted(self):
        for version in (2, 3):
            fresh = self.served.dir / "fresh"
            fresh.write_text(self.text(version))
            fresh.rename(self.served.file)
            self.becomes(version)

    def test_sighup_reloads(self):
        self.served.file.write_text(self.text(2))
        self.served.signal(signal.SIGHUP)
        self.becomes(2)

    def test_a_bad_file_changes_nothing_and_is_loud(self):
        self.becomes("VERSION")
        self.served.file.write_text(self.text(2).replace("endpoints", "endpionts"))
        until(lambda: "endpionts" in self.served.stderr(), "the error in the process log")
        self.assertEqual("VERSION", self.version())
        self.served.file.write_text(self.text(3))
        self.becomes(3)

    def test_kept_connections_and_running_requests_go_on(self):
        kept, slow = self.client(self.served), self.client(self.served)
        self.assertEqual(200, kept.get().status)
        slow.send("GET /slow/1.5 HTTP/1.1\r\nHost: a\r\n\r\n")
        for version in range(3):
            self.served.file.write_text(self.text(version))
            self.becomes(version)
        self.assertEqual(200, slow.response().status)
        self.assertEqual(b"2", kept.get("/version").body)

    def test_a_listener_comes_and_goes(self):
        two = self.text(2).replace("listeners: [", 'listeners: [{address: "@more@", upstream: app}, ')
        self.served.file.write_text(self.served.fill(two))
        port = self.served.port("more")

        def answers():
            try:
                with raw.Client(port) as client:
                    return client.get().status == 200
            except OSError:
                return False
        until(answers, "the new listener")
        self.served.file.write_text(self.text(3))
        until(lambda: not answers(), "the listener to close")
        self.becomes(3)

    def test_connections_of_a_listener_that_is_gone_end_with_their_answer(self):
        two = self.served.fill(self.text(1).replace("listeners: [", 'listeners: [{name: old, address: "@more@", upstream: app}, '))
        self.served.file.write_text(two)
        self.becomes(1)
        idle, busy = (self.enterContext(raw.Client(self.served.port("more"))) for _ in range(2))
        for client in (idle, busy):
            self.assertEqual(None, client.get().get("Connection"))
        busy.send("GET /slow/1.5 HTTP/1.1\r\nHost: a\r\n\r\n")
        self.served.file.write_text(self.text(2))
        self.assertTrue(idle.is_closed())
        answer = busy.response()
        self.assertEqual((200, "close"), (answer.status, answer.get("Connection")))

    def test_a_hundred_reloads_under_load_with_broken_files_between_lose_nothing(self):
        long = self.client(self.served)
        long.send("GET /slow/5 HTTP/1.1\r\nHost: a\r\n\r\n")
        with Load(self.served.port(), clients=4) as load:
            for version in range(100):
                if version % 5 == 4:
                    self.served.file.write_text("listeners: [{adress: 1}\n")
                    time.sleep(0.02)
                self.served.file.write_text(self.text(version))
                self.becomes(version)
        self.assertEqual({200: load.total()}, dict(load.outcomes))
        self.assertEqual(200, long.response().status)

    def test_a_log_beside_the_configuration_does_not_wake_the_process(self):
        self.becomes("VERSION")

        def switches():  # of the main thread: how often it slept
            status = pathlib.Path(f"/proc/{self.served.process.pid}/status").read_text()
            return int(re.search(r"^voluntary_ctxt_switches:\s+(\d+)", status, re.M)[1])
        before = switches()
        with open(self.served.file.parent / "app.log", "wb", buffering=0) as log:
            for _ in range(2000):
                log.write(b"a line\n")
                time.sleep(0.0002)
        self.assertLess(switches() - before, 200)
        self.served.file.write_text(self.text(7))
        self.becomes(7)

    def test_two_workers_both_adopt_the_new_file(self):
        served = self.proxy(ROUTED, self.service, workers=2)
        served.file.write_text(served.fill(ROUTED.replace("VERSION", "2")))

        def all_new():
            for _ in range(20):
                with raw.Client(served.port()) as client:
                    if client.get("/version").body != b"2":
                        return False
            return True
        until(all_new, "both workers to serve the new version")


class Kubernetes(Case):
    def test_a_swapped_data_symlink_is_adopted(self):
        service = self.start(Echo())
        served = self.proxy(ROUTED, service)
        served.stop()
        volume = served.dir / "volume"
        volume.mkdir()

        def publish(version):
            data = volume / f"..{version}"
            data.mkdir()
            (data / "outrigger.yaml").write_text(served.fill(ROUTED.replace("VERSION", str(version))))
            (volume / "..data_tmp").symlink_to(data.name)
            os.rename(volume / "..data_tmp", volume / "..data")
        publish(1)
        (volume / "outrigger.yaml").symlink_to("..data/outrigger.yaml")
        served._command[served._command.index("-c") + 1] = str(volume / "outrigger.yaml")
        served.start()

        def version():
            with raw.Client(served.port()) as client:
                return client.get("/version").body
        for number in (2, 3):
            publish(number)
            until(lambda: version() == b"%d" % number, f"version {number} to be served")


class Api(Case):
    def test_the_reload_command_says_what_happened(self):
        text = ROUTED + 'admin: {address: "@admin@"}\n'
        served = self.proxy(text, self.start(Echo()))
        served.file.write_text(served.fill(text.replace("VERSION", "2")))
        done = command("reload", "-c", served.file)
        self.assertEqual(0, done.returncode, done.stderr)
        with raw.Client(served.port()) as client:
            self.assertEqual(b"2", client.get("/version").body)
        served.file.write_text("nonsense: 1\n")
        done = command("reload", "--admin", served.address("admin"))
        self.assertEqual(1, done.returncode)
        self.assertIn("nonsense", done.stdout + done.stderr)


class Addresses(Case):
    TEXT = """
version: 1
listeners: [{name: @name@, address: "@where@", routes: [{respond: {body: "@name@"}}]}]
"""

    def test_an_address_may_be_spelled_in_another_way_on_the_same_port(self):
        for workers in (1, 2):
            port = free_port()
            text = self.TEXT.replace("@name@", "web")
            self.served = self.proxy(text.replace("@where@", f"127.0.0.1:{port}"), workers=workers, wait_for=())
            until(lambda port=port: curl(f"http://127.0.0.1:{port}/").status == 200, "the first address")
            for where in (f"0.0.0.0:{port}", f"127.0.0.1:{port}"):
                said = self.served.stderr().count('"reloaded"')
                self.served.file.write_text(text.replace("@where@", where))
                self.served.signal(signal.SIGHUP)
                until(lambda said=said: self.served.stderr().count('"reloaded"') > said, f"{where} to be adopted")
                self.assertEqual(200, curl(f"http://127.0.0.1:{port}/").status)

    def test_the_port_of_a_listener_may_become_the_status_port(self):
        one, two = free_port(), free_port()
        text = self.TEXT.replace("@name@", "web")
        self.served = self.proxy(text.replace("@where@", f"127.0.0.1:{one}"), workers=4, wait_for=())
        until(lambda: curl(f"http://127.0.0.1:{one}/").status == 200, "the listener")
        self.served.file.write_text(text.replace("@where@", f"127.0.0.1:{two}") + f"status: {{address: '127.0.0.1:{one}'}}\n")
        self.served.signal(signal.SIGHUP)
        until(lambda: curl(f"http://127.0.0.1:{two}/").status == 200, "the moved listener")
        self.assertEqual([200] * 12, [curl(f"http://127.0.0.1:{one}/livez").status for _ in range(12)])
