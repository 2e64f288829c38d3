"""What ships beside the binary: the units, the Debian package, the compose file, the dashboard, the metrics reference."""
import json
import pathlib
import re
import shutil
import subprocess
import tempfile

import yaml

from support import raw
from support.case import Case
from support.curl import curl
from support.outrigger import BINARY, ROOT, SANITIZED, command
from support.wait import PATIENCE

UNITS = ROOT / "examples/systemd"
DOCKER = ROOT / "docker"


class Units(Case):
    def analyze(self, *arguments):
        if not shutil.which("systemd-analyze"):
            self.skipTest("systemd-analyze is not here: THE UNITS ARE NOT CHECKED")
        return subprocess.run(["systemd-analyze", *arguments], capture_output=True, text=True, check=False, timeout=PATIENCE * 2)

    def units(self, change=lambda text: text):
        """A folder with the units, which name the binary under test."""
        folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))
        for unit in UNITS.glob("outrigger.[s]*"):
            (folder / unit.name).write_text(change(unit.read_text().replace("/usr/bin/outrigger", BINARY)))
        return folder

    def test_the_units_are_valid(self):
        folder = self.units()
        for unit in ("outrigger.service", "outrigger.socket"):
            with self.subTest(unit):
                done = self.analyze("verify", "--man=no", folder / unit)
                said = [line for line in done.stderr.splitlines() if "outrigger" in line]
                self.assertEqual((0, []), (done.returncode, said), done.stderr)

    def test_a_mistake_in_a_unit_would_be_found(self):
        folder = self.units(lambda text: text.replace("Type=notify", "Type=nosuch").replace("WatchdogSec", "WatchdogSecs"))
        self.assertIn("outrigger.service", self.analyze("verify", "--man=no", folder / "outrigger.service").stderr)

    def test_the_service_has_next_to_no_rights(self):
        done = self.analyze("security", "--offline=true", "--no-pager", "--threshold=20", self.units() / "outrigger.service")
        self.assertEqual(0, done.returncode, done.stdout[-600:])

    def test_the_packaged_file_is_good(self):
        self.assertEqual(0, command("validate", "-c", UNITS / "outrigger.yaml").returncode)


class Package(Case):
    def test_the_package_installs_and_runs(self):
        build = pathlib.Path(BINARY).parent
        if not (build / "CPackConfig.cmake").exists() or not shutil.which("cpack") or not shutil.which("dpkg-deb"):
            self.skipTest("cpack or dpkg-deb is not here: THE PACKAGE IS NOT BUILT")
        if SANITIZED:
            self.skipTest("nobody packages a sanitizer build")
        folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))
        made = subprocess.run(["cpack", "-G", "DEB", "-B", folder, "--config", build / "CPackConfig.cmake"], cwd=build,
                              capture_output=True, text=True, check=False, timeout=PATIENCE * 12)
        self.assertEqual(0, made.returncode, made.stdout[-3000:] + made.stderr[-3000:])
        package = next(folder.glob("*.deb"))
        self.check_control(package)
        root = folder / "root"
        subprocess.run(["dpkg-deb", "-x", package, root], check=True)
        self.check_files(root)
        self.check_runs(root)

    def check_control(self, package):
        said = subprocess.run(["dpkg-deb", "-f", package], capture_output=True, text=True, check=True).stdout
        self.assertRegex(said, r"(?m)^Depends: .*libssl3")
        self.assertNotRegex(said, r"(?m)^Depends: .*(catch2|-dev)")
        conffiles = subprocess.run(["dpkg-deb", "--ctrl-tarfile", package], capture_output=True, check=True).stdout
        self.assertIn(b"/etc/outrigger/outrigger.yaml", conffiles)

    def check_files(self, root):
        for name in ("usr/bin/outrigger", "lib/systemd/system/outrigger.service", "lib/systemd/system/outrigger.socket",
                     "etc/outrigger/outrigger.yaml", "usr/share/doc/outrigger/README.md"):
            self.assertTrue((root / name).exists() or (root / "usr" / name).exists(), name)
        for name, words in (("usr/share/man/man1/outrigger.1", ["man"]),
                            ("usr/share/bash-completion/completions/outrigger", ["completions", "bash"])):
            said = command(*words)
            if said.returncode == 0:
                self.assertEqual(said.stdout, (root / name).read_text())

    def check_runs(self, root):
        binary = root / "usr/bin/outrigger"
        self.assertIn("outrigger", subprocess.run([binary, "version"], capture_output=True, text=True, check=True).stdout)
        subprocess.run([binary, "validate", "-c", root / "etc/outrigger/outrigger.yaml"], check=True)


class Compose(Case):
    def test_the_compose_file_names_what_there_is(self):
        services = yaml.safe_load((DOCKER / "compose.yaml").read_text())["services"]
        self.assertEqual({"legacy", "outrigger", "prometheus", "grafana"}, set(services))
        for name, service in services.items():
            for volume in service.get("volumes", []):
                with self.subTest(f"{name}: {volume}"):
                    self.assertTrue((DOCKER / volume.split(":")[0]).exists())
        build = services["outrigger"]["build"]
        self.assertTrue((DOCKER / build["context"] / build["dockerfile"]).exists())
        self.assertTrue(services["outrigger"]["read_only"])

    def test_the_images_file_is_good_and_serves(self):
        service = self.start(raw.Peer.answering())
        text = re.sub(r"(address: [\d.]+):(\d+)", r'address: "@listen\2@"', (DOCKER / "outrigger.yaml").read_text())
        proxy = self.proxy(text, environment={"UPSTREAM": service.address}, wait_for=("listen",))
        self.assertEqual(200, curl(f"http://{proxy.address('listen8000')}/").status)
        self.assertEqual(200, curl(f"http://{proxy.address('listen9902')}/readyz").status)

    def test_what_goes_into_the_build_is_not_ignored(self):
        wanted = [line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")]
        for line in (DOCKER / "Dockerfile").read_text().splitlines():
            if line.startswith("COPY ") and "--from" not in line:
                for source in line.split()[1:-1]:
                    self.assertTrue((ROOT / source).exists(), source)
                    self.assertTrue(any(source.startswith(name) or name.startswith(source) for name in wanted), source)


class Metrics(Case):
    def known(self):
        return dict(re.findall(r"^\| `(\w+)` \| (\w+)", (ROOT / "docs/metrics.md").read_text(), re.M))

    def test_the_reference_is_what_the_source_says(self):
        said = subprocess.run([ROOT / "scripts/metrics-reference"], capture_output=True, text=True, check=True).stdout
        self.assertEqual((ROOT / "docs/metrics.md").read_text(), said, "write it anew: scripts/metrics-reference >docs/metrics.md")

    def test_no_metric_is_missing(self):
        for path in (ROOT / "src").rglob("*.cc"):
            if not path.name.endswith("_test.cc"):
                for name in re.findall(r'"(outrigger_[a-z0-9_]+)"', path.read_text()):
                    self.assertIn(name, self.known(), path)

    def test_kinds_and_names_are_those_of_the_running_process(self):
        service = self.start(raw.Peer.answering())
        proxy = self.proxy("""
version: 1
listeners: [{address: "@listen@", filters: [{access_log: {}}, {cache: {}}, {rate_limit: {key: client_ip, rate: 50/s}}], upstream: app}]
upstreams: {app: {endpoints: ["@app@"]}}
status: {address: "@status@"}
""", service, wait_for=("listen", "status"))
        self.client(proxy).get()
        text = curl(f"http://{proxy.address('status')}/metrics").body.decode()
        for name, kind in re.findall(r"^# TYPE (outrigger_\w+) (\w+)", text, re.M):
            self.assertEqual(kind, self.known().get(name), name)

    def test_the_dashboard_asks_for_metrics_that_there_are(self):
        dashboard = json.loads((DOCKER / "grafana/dashboards/outrigger.json").read_text())
        asked = [target["expr"] for panel in dashboard["panels"] for target in panel["targets"]]
        self.assertGreater(len(asked), 10)
        for expression in asked:
            for name in re.findall(r"outrigger_\w+", expression):
                self.assertIn(re.sub(r"_bucket$", "", name), self.known(), expression)
