"""What only one adapter can have: `validate` refuses the second as `run` does, and touches nothing."""
import pathlib
import re
import tempfile

from support.case import Case
from support.outrigger import command

TEXT = """version: 1
listeners: [{address: "127.0.0.1:0", upstream: app}]
upstreams: {app: "127.0.0.1:2"}
adapters:
  logs:
    - {tail: DIR/a, output: {file: DIR/out.json, spool: DIR/spool}}
    - {tail: DIR/b, output: {file: DIR/./out.json, spool: DIR/spool}}
  metrics:
    - {statsd: "unix:DIR/statsd"}
    - {statsd: "unix:DIR/statsd"}
  health:
    - {path: /healthz, all: [{pid: 1}]}
    - {path: /healthz, all: [{pid: 1}], name: other}
"""
PLACES = (("7", "logs[1].output.file", "logs[0].output.file"), ("7", "logs[1].output.spool", "logs[0].output.spool"),
          ("10", "metrics[1].statsd", "metrics[0].statsd"), ("13", "health[1].path", "health[0].path"))


class Claims(Case):
    def test_two_that_want_the_same_are_refused_with_both_places(self):
        directory = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))
        file = directory / "f.yaml"
        file.write_text(TEXT.replace("DIR", str(directory)))
        for verb in ("validate", "run"):
            done = command(verb, "-c", file)
            self.assertEqual(2, done.returncode, done.stderr)
            for line, second, first in PLACES:
                with self.subTest(verb=verb, second=second):
                    self.assertRegex(done.stderr, rf"{file}:{line}:\d+: adapters\.{re.escape(second)}: .* "
                                                  rf"is already taken by adapters\.{re.escape(first)}\n")
            self.assertEqual(4, done.stderr.count("is already taken by"), done.stderr)
        self.assertEqual([file], list(directory.iterdir()), "nothing is made of what is refused")
