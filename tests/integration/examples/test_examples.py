"""Each example's run script does what it says: every `expect` in it is a check."""
import os
import pathlib
import re
import subprocess

from support.case import Case
from support.outrigger import BINARY, ROOT
from support.ports import free_port
from support.wait import PATIENCE

EXAMPLES = ROOT / "examples"


class Examples(Case):
    def run_example(self, name):
        folder = EXAMPLES / name
        text = (folder / "run").read_text() + (folder / "outrigger.yaml").read_text()
        ports = {variable: str(free_port()) for variable in set(re.findall(r"\b[A-Z]+_PORT\b", text))}
        environment = {**os.environ, "OUTRIGGER_BINARY": BINARY, **ports}
        done = subprocess.run([folder / "run"], env=environment, capture_output=True, text=True, timeout=PATIENCE * 12, check=False)
        self.assertEqual(0, done.returncode, f"{done.stdout}\n{done.stderr}")
        self.assertGreaterEqual((folder / "run").read_text().count("\nexpect "), 3)

    def test_every_example_is_named_in_the_list_of_examples(self):
        text = (EXAMPLES / "README.md").read_text()
        for path in EXAMPLES.iterdir():
            if path.is_dir():
                self.assertIn(f"({path.name}/", text)
                self.assertTrue((path / "README.md").exists(), path)


def _add(folder):
    def test(self):
        self.run_example(folder.name)
    test.__doc__ = f"examples/{folder.name}/run"
    setattr(Examples, f"test_{folder.name}", test)


for _run in sorted(pathlib.Path(EXAMPLES).glob("*/run")):
    _add(_run.parent)
