"""The kubelet's side of a Pod: volumes that change as its do, variables, probes and the end."""
import os
import pathlib
import re
import shutil
import signal
import subprocess
import tempfile

import yaml

from .curl import curl
from .outrigger import BINARY, ROOT
from .ports import free_port
from .wait import PATIENCE, until

EXAMPLES = ROOT / "examples/kubernetes"


def objects(name):
    """The objects of an example, by kind."""
    return {one["kind"]: one for one in yaml.safe_load_all((EXAMPLES / name).read_text())}


def outrigger_of(pod):
    """The container of a Pod's spec that runs Outrigger."""
    containers = pod.get("initContainers", []) + pod["containers"]
    return next(one for one in containers if "outrigger" in one["image"] or "/usr/bin/outrigger" in one.get("command", []))


class Volume:
    """A ConfigMap or Secret as a directory: each file a link through `..data` to a directory with a date in its name."""

    def __init__(self, directory, files):
        self.dir, self._count = pathlib.Path(directory), 0
        self.dir.mkdir(parents=True)
        self.swap(files)
        for name in files:
            os.symlink(f"..data/{name}", self.dir / name)

    def swap(self, files):
        """What the kubelet does when the object has changed: one rename makes all of it visible."""
        self._count += 1
        fresh = self.dir / f"..2026_11_26_05_00_{self._count:02}.000000001"
        fresh.mkdir()
        for name, content in files.items():
            (fresh / name).write_text(content)
        before = os.readlink(self.dir / "..data") if (self.dir / "..data").is_symlink() else None
        os.symlink(fresh.name, self.dir / "..data_tmp")
        os.rename(self.dir / "..data_tmp", self.dir / "..data")
        if before:
            shutil.rmtree(self.dir / before)


class Pod:
    """Outrigger's container of a Pod on this machine: the same words, paths and ports stand for others."""

    def __init__(self, spec, config, secret=None, **addresses):
        self.container = outrigger_of(spec)
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix="outrigger-pod-"))
        self.ports = {}
        self.addresses = addresses
        self.config = Volume(self.dir / "etc/outrigger", {"outrigger.yaml": self.translated(config)})
        self.secret = Volume(self.dir / "etc/tls", secret) if secret else None
        self.process = None

    def translated(self, text):
        """`text` with each path and port of the Pod as it is here; `address=other` of the constructor first."""
        for address, other in self.addresses.items():
            text = text.replace(address.replace("_", "."), other)
        text = re.sub(r"/etc/(outrigger|tls)\b", rf"{self.dir}/etc/\1", text)
        return re.sub(r"(address: (?:[\d.]+)):(\d+)", lambda match: f"{match[1]}:{self.port(int(match[2]))}", text)

    def port(self, number):
        return self.ports.setdefault(number, free_port())

    def environment(self):
        fields = {"metadata.name": "legacy-7d4b9c-x2x4z", "metadata.namespace": "default", "spec.nodeName": "node-1"}
        variables = {one["name"]: one.get("value") or fields[one["valueFrom"]["fieldRef"]["fieldPath"]]
                     for one in self.container.get("env", [])}
        return {"PATH": os.environ["PATH"], **{name: value for name, value in os.environ.items() if "SAN_" in name}, **variables}

    def words(self, words):
        return [BINARY if word == "/usr/bin/outrigger" else self.translated(word) for word in words]

    def command(self):
        words = self.words([*self.container.get("command", ["/usr/bin/outrigger"]), *self.container["args"]])
        words[words.index("run") + 1:words.index("run") + 1] = ["--workers", "1"]
        return words

    def __enter__(self):
        self.stdout, self.stderr = self.dir / "stdout", self.dir / "stderr"
        with open(self.stdout, "wb") as out, open(self.stderr, "wb") as errors:
            self.process = subprocess.Popen(self.command(), stdin=subprocess.DEVNULL, stdout=out, stderr=errors, env=self.environment())
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        shutil.rmtree(self.dir, ignore_errors=True)

    def probe(self, kind):
        """The answer to one of the container's probes: `startup`, `readiness`, `liveness`."""
        get = self.container[f"{kind}Probe"]["httpGet"]
        named = {one["name"]: one["containerPort"] for one in self.container["ports"]}
        return curl(f"http://127.0.0.1:{self.port(named[get['port']])}{get['path']}")

    def wait_for(self, kind):
        until(lambda: self.probe(kind).status == 200, f"the {kind} probe", PATIENCE * 2)

    def stop(self):
        """preStop, then SIGTERM; the exit code."""
        hook = self.container.get("lifecycle", {}).get("preStop")
        if hook:
            done = subprocess.run(self.words(hook["exec"]["command"]), env=self.environment(), capture_output=True, text=True,
                                  timeout=PATIENCE * 3, check=False)
            if done.returncode:
                raise AssertionError(f"preStop: {done.returncode}\n{done.stderr}")
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(PATIENCE * 2)
