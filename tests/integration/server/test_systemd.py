"""What systemd is told, and the sockets that it passes; its part is played here."""
import os
import pathlib
import signal
import socket
import subprocess
import sys
import tempfile

from support import raw
from support.case import Case
from support.curl import curl
from support.namespaces import children, process_1, process_1_of
from support.outrigger import BINARY
from support.ports import free_port
from support.systemd import NotifySocket, passing
from support.wait import PATIENCE, until

CONFIG = """
version: 1
listeners: [{name: web, address: "@listen@", upstream: app}]
upstreams: {app: {endpoints: ["@app@"], filters: []}}
shutdown: {not_ready: 0ms}
"""


class Notify(Case):
    def notified(self, abstract=False, arguments=(), **environment):
        manager = self.start(NotifySocket(abstract))
        proxy = self.proxy(CONFIG, self.start(raw.Peer.answering()), arguments=arguments,
                           environment={"NOTIFY_SOCKET": manager.name, **environment})
        return manager, proxy

    def test_ready_comes_once_the_listeners_are_bound_and_stopping_at_the_end(self):
        for abstract in (False, True):
            with self.subTest(abstract=abstract):
                manager, proxy = self.notified(abstract)
                self.assertEqual(f"serving with {proxy.file}", manager.wait_for(READY="1")["STATUS"])
                proxy.signal(signal.SIGTERM)
                manager.wait_for(STOPPING="1")
                proxy.check_end(0)

    def test_a_reload_is_told_from_its_beginning_to_its_end(self):
        manager, proxy = self.notified()
        manager.wait_for(READY="1")
        proxy.signal(signal.SIGHUP)
        self.assertGreater(int(manager.wait_for(RELOADING="1")["MONOTONIC_USEC"]), 0)
        manager.wait_for(READY="1")
        proxy.write(CONFIG.replace("endpoints", "endpionts"))
        proxy.signal(signal.SIGHUP)
        manager.wait_for(RELOADING="1")
        self.assertIn('missing key "endpoints"', manager.wait_for(READY="1")["STATUS"])

    def test_the_watchdog_is_fed(self):
        manager, proxy = self.notified(WATCHDOG_USEC="200000")
        for _ in range(3):
            manager.wait_for(WATCHDOG="1")

    def test_a_watchdog_of_another_process_is_not_ours(self):
        manager, proxy = self.notified(WATCHDOG_USEC="20000", WATCHDOG_PID="1")
        manager.wait_for(READY="1")
        self.assertEqual(200, self.client(proxy).get().status)
        self.assertFalse([message for message in manager.take() if "WATCHDOG" in message])

    def test_with_an_app_ready_waits_for_it_and_it_cannot_speak_for_us(self):
        port = free_port()
        directory = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))
        script = (f"env > {directory}/env; until [ -e {directory}/go-on ]; do sleep 0.05; done; "
                  f"exec {sys.executable} -c 'import socket, time; s = socket.create_server((\"127.0.0.1\", {port})); time.sleep(600)'")
        manager, proxy = self.notified(arguments=["--wait-for", f"127.0.0.1:{port}", "--exec", "--", "sh", "-c", script],
                                       WATCHDOG_USEC="60000000")
        manager.wait_for(STATUS="the app is starting")
        self.assertFalse([message for message in manager.take() if "READY" in message])
        (directory / "go-on").write_text("")
        manager.wait_for(READY="1")
        self.assertNotRegex((directory / "env").read_text(), "NOTIFY_SOCKET|WATCHDOG")
        proxy.signal(signal.SIGINT)
        proxy.check_end(128 + signal.SIGINT)

    def test_a_notify_socket_that_is_not_there_is_a_warning(self):
        proxy = self.proxy(CONFIG, self.start(raw.Peer.answering()), environment={"NOTIFY_SOCKET": "/none/notify"})
        self.assertEqual(200, self.client(proxy).get().status)
        self.assertIn("service manager", proxy.stderr())


class Activation(Case):
    def started(self, config, *sockets, workers=2):
        """The process with `sockets`, and its directory; it ends with the test."""
        directory = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))
        (directory / "outrigger.yaml").write_text(config)
        with open(directory / "stderr", "wb") as log:
            process = passing(sockets, [BINARY, "run", "-c", directory / "outrigger.yaml", "--workers", workers], stderr=log)
        self.addCleanup(self.end, process)
        until(lambda: '"started"' in (directory / "stderr").read_text(), "the start")
        return process, directory

    def end(self, process):
        process.send_signal(signal.SIGINT)
        self.assertEqual(0, process.wait(PATIENCE * 2))

    def listening(self):
        return self.enterContext(socket.create_server(("127.0.0.1", 0)))

    def config(self, service, address, name="web"):
        return (f"version: 1\nlisteners: [{{name: {name}, address: \"{address}\", upstream: app}}]\n"
                f"upstreams: {{app: {{endpoints: [\"{service.address}\"], filters: []}}}}\nshutdown: {{not_ready: 0ms}}\n")

    def get(self, port):
        return curl(f"http://127.0.0.1:{port}/").status

    def test_a_socket_serves_the_listener_of_its_name_else_of_its_address(self):
        service = self.start(raw.Peer.answering())
        for name, by_name in (("web", True), ("other", False)):
            with self.subTest(by_name=by_name):
                passed = self.listening()
                port = passed.getsockname()[1]
                address = f"127.0.0.1:{free_port()}" if by_name else f"127.0.0.1:{port}"
                self.started(self.config(service, address), (name, passed))
                self.assertEqual([200] * 8, [self.get(port) for _ in range(8)])

    def test_clients_that_came_before_the_process_are_served(self):
        passed = self.listening()
        with raw.Client(passed.getsockname()[1]) as early:
            early.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            self.started(self.config(self.start(raw.Peer.answering()), "127.0.0.1:1"), ("web", passed))
            self.assertEqual(200, early.response().status)

    def test_a_reload_keeps_the_socket_and_finds_it_again(self):
        service, passed = self.start(raw.Peer.answering()), self.listening()
        port = passed.getsockname()[1]
        process, directory = self.started(self.config(service, f"127.0.0.1:{port}"), ("web", passed))
        other = free_port()

        def reload(text, count):
            (directory / "outrigger.yaml").write_text(text)
            process.send_signal(signal.SIGHUP)
            until(lambda: (directory / "stderr").read_text().count('"reloaded"') >= count, "the reload")
        reload(self.config(service, f"127.0.0.1:{port}") + "logging: {level: info}\n", 1)
        self.assertEqual(200, self.get(port))
        reload(self.config(service, f"127.0.0.1:{other}", "elsewhere"), 2)
        self.assertEqual(200, self.get(other))
        reload(self.config(service, f"127.0.0.1:{port}"), 3)
        self.assertEqual(200, self.get(port))

    def test_the_admin_api_is_open_on_no_passed_socket_that_other_hosts_reach(self):
        service, port = self.start(raw.Peer.answering()), free_port()
        admin = f"admin: {{address: \"127.0.0.1:{port}\"@token@}}\n"
        public = self.enterContext(socket.create_server(("", 0)))
        text = self.config(service, f"127.0.0.1:{free_port()}") + admin
        path = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory())) / "outrigger.yaml"
        path.write_text(text.replace("@token@", ""))
        refused = passing([("admin", public)], [BINARY, "run", "-c", path, "--workers", 1], stderr=subprocess.PIPE, text=True)
        self.addCleanup(refused.kill)
        said = refused.communicate(timeout=PATIENCE * 2)[1]
        self.assertEqual(2, refused.returncode, said)
        self.assertRegex(said, r"outrigger\.yaml:5:\d+: admin\.address: the socket .* listens on 0\.0\.0\.0:\d+, .*`token: file:/path`")
        (path.parent / "token").write_text("secret")
        self.started(text.replace("@token@", f", token: \"file:{path.parent}/token\""), ("admin", public))
        self.assertEqual(401, curl(f"http://127.0.0.1:{public.getsockname()[1]}/api/info").status)

    def test_one_socket_serves_one_of_two_with_its_name(self):
        passed, other = self.listening(), free_port()
        config = self.config(self.start(raw.Peer.answering()), f"127.0.0.1:{free_port()}", "admin")
        self.started(config + f"admin: {{address: \"127.0.0.1:{other}\"}}\n", ("admin", passed))
        self.assertEqual(200, curl(f"http://127.0.0.1:{other}/api/info").status)
        self.assertEqual({b"ok"}, {curl(f"http://127.0.0.1:{passed.getsockname()[1]}/").body for _ in range(8)})

    def test_sockets_of_one_unit_have_one_name_and_go_by_their_addresses(self):
        first, second = self.listening(), self.listening()
        ports = [passed.getsockname()[1] for passed in (first, second)]
        config = self.config(self.start(raw.Peer.answering()), f"127.0.0.1:{ports[0]}")
        other = f"listeners: [{{name: other, address: \"127.0.0.1:{ports[1]}\", upstream: app}}, "
        _, directory = self.started(config.replace("listeners: [", other), ("other", first), ("other", second))
        self.assertEqual([200] * 2, [self.get(port) for port in ports])
        self.assertNotIn("not served", (directory / "stderr").read_text())

    def test_a_socket_that_nobody_wants_and_what_is_no_socket_are_warnings(self):
        unwanted, datagrams = self.listening(), self.enterContext(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
        port = free_port()
        _, directory = self.started(self.config(self.start(raw.Peer.answering()), f"127.0.0.1:{port}"),
                                    ("unwanted", unwanted), ("datagrams", datagrams))
        self.assertEqual(200, self.get(port))
        said = (directory / "stderr").read_text()
        self.assertIn("unwanted (127.0.0.1:", said)
        self.assertIn("no listening stream socket", said)

    def test_process_1_takes_what_was_given_to_it(self):
        passed, manager = self.listening(), self.start(NotifySocket())
        path = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory())) / "outrigger.yaml"
        path.write_text(self.config(self.start(raw.Peer.answering()), "127.0.0.1:1"))
        given = "export LISTEN_PID=1 WATCHDOG_PID=1 WATCHDOG_USEC=200000; exec \"$@\""
        process = passing([("web", passed)],
                          [*process_1(self), "sh", "-c", given, "sh", BINARY, "run", "-c", path, "--exec", "--", "sleep", "600"],
                          stderr=subprocess.DEVNULL, env={**os.environ, "NOTIFY_SOCKET": manager.name})
        self.addCleanup(process.kill)
        for _ in range(3):
            manager.wait_for(WATCHDOG="1")
        self.assertEqual(200, self.get(passed.getsockname()[1]))
        app = children(children(process_1_of(process))[0])[0]
        until(lambda: all(int(link.name) <= 2 for link in pathlib.Path(f"/proc/{app}/fd").iterdir()),
              "the app to begin without our descriptors")

    def test_sockets_for_another_process_are_not_taken(self):
        proxy = self.proxy(CONFIG, self.start(raw.Peer.answering()), environment={"LISTEN_PID": "1", "LISTEN_FDS": "9"})
        self.assertEqual(200, self.client(proxy).get().status)
        self.assertNotIn("passed", proxy.stderr())
