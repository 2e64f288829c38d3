"""What a kubelet does to the Pods of examples/kubernetes, done here: volumes, probes, limits, the end."""
import json
import os
import pathlib
import shutil
import signal
import subprocess
import tempfile
import threading

from support import raw
from support.case import Case
from support.certificates import self_signed
from support.curl import curl
from support.kubernetes import Pod, objects
from support.outrigger import SANITIZED
from support.ports import free_port
from support.wait import PATIENCE, until

GROUPS = pathlib.Path("/sys/fs/cgroup/memory")


class Kubelet(Case):
    def secret(self, name="first"):
        directory = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))
        self_signed(directory, name)
        return {file.name: file.read_text() for file in directory.iterdir()}

    def pod(self, example="native-sidecar.yaml", kind="Deployment", change=lambda text: text, **addresses):
        found = objects(example)
        config = change(found["ConfigMap"]["data"]["outrigger.yaml"])
        secret = self.secret() if "/etc/tls" in config else None
        return self.start(Pod(found[kind]["spec"]["template"]["spec"], config, secret, **addresses))

    def legacy(self, service=None, change=lambda text: text):
        """The Pod of native-sidecar.yaml in front of `service`, ready."""
        self.service = service or self.start(raw.Peer.answering())
        self.text = change(objects("native-sidecar.yaml")["ConfigMap"]["data"]["outrigger.yaml"])
        pod = self.pod(change=lambda _: self.text, **{"127_0_0_1:8080": self.service.address})
        pod.wait_for("readiness")
        return pod

    def get(self, pod, path="/"):
        return curl("-k", f"https://127.0.0.1:{pod.port(8443)}{path}")


class Probes(Kubelet):
    def test_they_pass_in_order_and_liveness_does_not_depend_on_the_app(self):
        pod = self.pod(**{"127_0_0_1:8080": f"127.0.0.1:{free_port()}"})
        pod.wait_for("startup")
        self.assertEqual([200, 200], [pod.probe(kind).status for kind in ("readiness", "liveness")])
        self.assertIn(self.get(pod).status, (502, 503))
        self.assertEqual(200, pod.probe("liveness").status)

    def test_a_pod_with_a_bad_configmap_never_starts_and_says_why(self):
        pod = self.pod(change=lambda text: text.replace("upstream: app\n", "upstream: ap\n"))
        self.assertEqual(2, pod.process.wait(PATIENCE))
        self.assertIn('did you mean "app"?', pod.stderr.read_text())


class Volumes(Kubelet):
    def test_a_changed_configmap_is_taken_without_a_signal(self):
        pod = self.legacy()
        self.assertIsNone(self.get(pod).head.get("X-Changed"))
        changed = self.text.replace("- request_id: {}", "- request_id: {}\n      - headers: {response: {set: {X-Changed: \"1\"}}}")
        pod.config.swap({"outrigger.yaml": pod.translated(changed)})
        until(lambda: self.get(pod).head.get("X-Changed") == "1", "the new configuration")

    def test_a_bad_configmap_changes_nothing_and_stays_ready(self):
        pod = self.legacy()
        pod.config.swap({"outrigger.yaml": "version: 1\nlisteners: [\n"})
        until(lambda: b"the last reload failed" in pod.probe("readiness").body, "the word of it")
        self.assertEqual((200, 200), (pod.probe("readiness").status, self.get(pod).status))
        pod.config.swap({"outrigger.yaml": pod.translated(self.text)})
        until(lambda: pod.probe("readiness").body == b"ready\n", "the good one")

    def test_a_renewed_certificate_is_served(self):
        pod = self.legacy()
        pod.secret.swap(self.secret("renewed"))

        def name():
            done = subprocess.run(["openssl", "s_client", "-connect", f"127.0.0.1:{pod.port(8443)}"], input="", capture_output=True,
                                  text=True, timeout=PATIENCE, check=False)
            return "CN = renewed" in done.stdout
        until(name, "the new certificate")

    def test_what_the_downward_api_says_is_in_the_log(self):
        pod = self.legacy()
        self.get(pod)
        line = json.loads(until(lambda: [line for line in pod.stdout.read_text().splitlines() if '"status":200' in line], "a line")[0])
        self.assertEqual(("legacy-7d4b9c-x2x4z", "default", "node-1"), (line["pod"], line["namespace"], line["node"]))


class End(Kubelet):
    def test_no_request_is_lost_between_prestop_and_the_end(self):
        pod = self.legacy(change=lambda text: text.replace("not_ready: 5s", "not_ready: 1s"))
        answers, over = [], threading.Event()

        def use():  # as long as the endpoint is ready, as kube-proxy would send
            while not over.is_set() and pod.probe("readiness").status == 200:
                answers.append(self.get(pod).status)
        client = threading.Thread(target=use)
        client.start()
        until(lambda: len(answers) > 3, "traffic")
        code = pod.stop()
        over.set()
        client.join()
        self.assertEqual((0, {200}), (code, set(answers)))
        phases = [json.loads(line)["phase"] for line in pod.stderr.read_text().splitlines() if '"phase"' in line]
        self.assertEqual(["not_ready", "draining", "drained"], phases)

    def test_a_request_on_its_way_is_answered_before_the_end(self):
        go_on = threading.Event()
        service = self.start(raw.Peer([raw.request(), raw.wait(go_on), raw.answer(b"late")], loop=True))
        pod = self.legacy(service, lambda text: text.replace("not_ready: 5s", "not_ready: 0ms").replace(
            "        health_check: {path: /, interval: 5s}\n", ""))
        with raw.Client(pod.port(8443), tls="first") as client:
            client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            until(lambda: service.requests, "the request")
            code = []
            end = threading.Thread(target=lambda: code.append(pod.stop()))
            end.start()
            until(lambda: pod.probe("readiness").status in (503, None), "not ready")
            go_on.set()
            self.assertEqual(b"late", client.response().body)
            end.join()
        self.assertEqual([0], code)

    def test_a_job_ends_with_its_exit_code(self):
        for code in (0, 3):
            with self.subTest(code):
                found = objects("job.yaml")
                spec = found["Job"]["spec"]["template"]["spec"]
                spec["containers"][0]["args"] = ["sh", "-c", f"exit {code}"]
                pod = self.start(Pod(spec, found["ConfigMap"]["data"]["outrigger.yaml"]))
                self.assertEqual(code, pod.process.wait(PATIENCE * 2), pod.stderr.read_text())


class Memory(Kubelet):
    def test_the_containers_limit_is_known_and_kept(self):
        if SANITIZED or not shutil.which("unshare"):
            self.skipTest("a sanitizer needs more memory" if SANITIZED else "there is no unshare here")
        group = GROUPS / f"outrigger-test-{os.getpid()}"
        limit = 128 * 1024 * 1024
        try:
            group.mkdir()
            (group / "memory.limit_in_bytes").write_text(str(limit))
        except OSError as error:
            self.skipTest(f"no memory cgroup can be made here: {error}")
        self.addCleanup(self.remove, group)
        found = objects("native-sidecar.yaml")
        service = self.start(raw.Peer.answering(raw.answer(b"x" * 200_000)))
        pod = Pod(found["Deployment"]["spec"]["template"]["spec"], found["ConfigMap"]["data"]["outrigger.yaml"], self.secret(),
                  **{"127_0_0_1:8080": service.address})
        # As a container sees it: its own group is the root of /sys/fs/cgroup/memory.
        command = pod.command
        script = f'echo $$ > {group}/cgroup.procs && mount --bind {group} {GROUPS} && exec "$@"'
        pod.command = lambda: ["unshare", "--mount", "sh", "-c", script, "sh", *command()]
        self.start(pod)
        pod.wait_for("readiness")
        status = pod.port(9902)
        metrics = curl(f"http://127.0.0.1:{status}/metrics").body.decode()
        self.assertRegex(metrics, rf"outrigger_memory_budget_limit_bytes {limit // 2}\b|outrigger_memory_budget_limit_bytes 6.7108864e\+07")
        slow = [self.start(raw.Client(pod.port(8443), tls="first", receive_buffer=4096)) for _ in range(200)]
        for client in slow:  # they ask for much and read nothing
            client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        until(lambda: len(service.requests) >= 100, "the requests", PATIENCE * 2)
        self.assertIn(self.get(pod).status, (200, 503))
        self.assertIsNone(pod.process.poll())
        self.assertLess(int((group / "memory.max_usage_in_bytes").read_text()), limit)
        pod.process.send_signal(signal.SIGINT)

    def remove(self, group):
        for line in (group / "cgroup.procs").read_text().split():
            os.kill(int(line), signal.SIGKILL)
        until(lambda: not (group / "cgroup.procs").read_text(), "the group to be empty")
        group.rmdir()


class Bare(Kubelet):
    def test_a_read_only_root_and_a_missing_cgroup_are_no_errors(self):
        space = ["unshare", "--mount", "sh", "-c", "mount -t tmpfs none /sys/fs/cgroup && mount -o remount,bind,ro / && exec \"$@\"", "sh"]
        if not shutil.which("unshare") or subprocess.run([*space, "true"], capture_output=True, check=False).returncode:
            self.skipTest("no mount namespace can be made here")
        found = objects("native-sidecar.yaml")
        pod = Pod(found["Deployment"]["spec"]["template"]["spec"], found["ConfigMap"]["data"]["outrigger.yaml"], self.secret(),
                  **{"127_0_0_1:8080": self.start(raw.Peer.answering()).address})
        command = pod.command
        pod.command = lambda: [*space, *command()]
        self.start(pod)
        pod.wait_for("readiness")
        self.assertEqual(200, self.get(pod).status)
        self.assertNotIn('"error"', pod.stderr.read_text())
