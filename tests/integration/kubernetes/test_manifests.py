"""The manifests are what a cluster takes, and what they promise holds in each."""
import json
import pathlib
import shutil
import subprocess
import tempfile

import yaml

from support.case import Case
from support.certificates import self_signed
from support.kubernetes import EXAMPLES, outrigger_of
from support.outrigger import ROOT, command

NPM = ROOT / "tests/npm"


def merged(base, patch):
    """A strategic merge as Kustomize does it: maps by key, lists of named things by name, other values replaced."""
    if isinstance(base, dict) and isinstance(patch, dict):
        return {**base, **{key: merged(base.get(key), value) for key, value in patch.items()}}
    if isinstance(base, list) and patch and isinstance(patch[0], dict) and "name" in patch[0]:
        return [*base, *(one for one in patch if one["name"] not in [other.get("name") for other in base])]
    return patch


def with_component():
    """What `kubectl kustomize examples/kubernetes/with-component` gives."""
    overlay = yaml.safe_load((EXAMPLES / "with-component/kustomization.yaml").read_text())
    place = (EXAMPLES / "with-component" / overlay["components"][0]).resolve()
    component = yaml.safe_load((place / "kustomization.yaml").read_text())
    patch = yaml.safe_load((place / component["patches"][0]["path"]).read_text())
    patch.pop("metadata")
    generator = component["configMapGenerator"][0]
    config = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": generator["name"]},
              "data": {name: (place / name).read_text() for name in generator["files"]}}
    return [config, *(merged(yaml.safe_load((EXAMPLES / "with-component" / name).read_text()), patch) for name in overlay["resources"])]


def all_examples():
    """(name, objects) of every example."""
    for path in sorted(EXAMPLES.glob("*.yaml")):
        yield path.name, list(yaml.safe_load_all(path.read_text()))
    yield "with-component", with_component()


def pods():
    """(name, Pod's spec, its objects by name) of everything that runs Outrigger."""
    for name, objects in all_examples():
        for one in objects:
            if one["kind"] in ("Deployment", "Job"):
                yield name, one["spec"]["template"]["spec"], {other["metadata"]["name"]: other for other in objects}


class Manifests(Case):
    def problems(self, objects):
        if not (NPM / "node_modules/kubernetes-models").exists():
            self.skipTest("kubernetes-models is not installed: scripts/install test brings it from npm. THE MANIFESTS ARE NOT CHECKED")
        done = subprocess.run(["node", NPM / "validate_kubernetes.mjs"], input=json.dumps(objects), capture_output=True, text=True,
                              check=True)
        return json.loads(done.stdout)

    def test_they_are_valid_by_the_schemas_of_kubernetes(self):
        for name, objects in all_examples():
            with self.subTest(name):
                self.assertEqual([[] for _ in objects], self.problems(objects))

    def test_a_mistake_would_be_found(self):
        text = (EXAMPLES / "native-sidecar.yaml").read_text()
        for right, wrong in (("readinessProbe", "readinesProbe"), ("replicas: 2", "replicas: two"), ("apps/v1", "apps/v0")):
            with self.subTest(wrong):
                self.assertTrue(any(self.problems(list(yaml.safe_load_all(text.replace(right, wrong))))))

    def test_each_configuration_is_good(self):
        certs = self.enterContext(tempfile.TemporaryDirectory())
        self_signed(certs)
        for name, objects in all_examples():
            for one in objects:
                if one["kind"] != "ConfigMap":
                    continue
                with self.subTest(name), tempfile.TemporaryDirectory() as directory:
                    file = pathlib.Path(directory) / "outrigger.yaml"
                    file.write_text(one["data"]["outrigger.yaml"].replace("/etc/tls", certs))
                    done = command("validate", "-c", file, env={"POD_NAME": "a", "POD_NAMESPACE": "b", "NODE_NAME": "c"})
                    self.assertEqual((0, ""), (done.returncode, done.stderr))

    def test_outrigger_has_no_right_that_it_does_not_need(self):
        for name, pod, _ in pods():
            with self.subTest(name):
                own = outrigger_of(pod)["securityContext"]
                self.assertEqual((True, False, {"drop": ["ALL"]}), (own["readOnlyRootFilesystem"], own["allowPrivilegeEscalation"],
                                                                    own["capabilities"]))
                self.assertTrue({**pod.get("securityContext", {}), **own}["runAsNonRoot"])
                self.assertTrue(outrigger_of(pod)["resources"]["limits"]["memory"])

    def test_probes_ports_and_volumes_exist(self):
        for name, pod, objects in pods():
            with self.subTest(name):
                own = outrigger_of(pod)
                config = yaml.safe_load(objects[pod["volumes"][0]["configMap"]["name"]]["data"]["outrigger.yaml"])
                served = [one["address"] for one in (*config["listeners"], config["status"])]
                for port in own["ports"]:
                    self.assertIn(f"0.0.0.0:{port['containerPort']}", served)
                for kind, path in (("startup", "/startupz"), ("readiness", "/readyz"), ("liveness", "/livez")):
                    probe = own.get(f"{kind}Probe", {"httpGet": {"path": path, "port": "status"}})["httpGet"]
                    self.assertEqual((path, True), (probe["path"], probe["port"] in [port["name"] for port in own["ports"]]))
                self.assertLessEqual({one["name"] for one in own["volumeMounts"]}, {one["name"] for one in pod["volumes"]})
                for mount in own["volumeMounts"]:
                    self.assertNotIn("subPath", mount)

    def test_preparing_for_the_end_fits_into_the_grace_period(self):
        for name, pod, _ in pods():
            with self.subTest(name):
                self.assertGreaterEqual(pod.get("terminationGracePeriodSeconds", 30), 30)

    def test_the_readme_names_each(self):
        text = (EXAMPLES / "README.md").read_text()
        for path in EXAMPLES.iterdir():
            self.assertIn(f"]({path.name}", text)


class Tools(Case):
    def test_the_component_is_what_kustomize_takes(self):
        if not shutil.which("kustomize") and not shutil.which("kubectl"):
            self.skipTest("neither kustomize nor kubectl is here: the merge is played by this file")
        tool = ["kustomize", "build"] if shutil.which("kustomize") else ["kubectl", "kustomize"]
        done = subprocess.run([*tool, EXAMPLES / "with-component"], capture_output=True, text=True, check=True)
        made = {one["kind"]: one for one in yaml.safe_load_all(done.stdout)}
        for one in with_component():
            self.assertEqual(one.get("spec", one.get("data")), made[one["kind"]].get("spec", made[one["kind"]].get("data")))
