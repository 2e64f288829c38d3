"""The process log on stderr."""
import json

from support.case import Case
from support.wait import until

CONFIG = """
version: 1
logging: {format: FORMAT}
listeners: [{name: web, address: "@listen@", filters: [{respond: {body: hello}}]}]
"""


class Lines(Case):
    def lines(self, style):
        proxy = self.proxy(CONFIG.replace("FORMAT", style))
        until(lambda: "started" in proxy.stderr(), "the start to be told")
        return proxy.stderr().splitlines()

    def test_json_lines_keep_what_is_a_number_and_what_is_true(self):
        said = {line["message"]: line for line in map(json.loads, self.lines("json"))}
        self.assertIs(False, said["listening"]["tls"])
        self.assertEqual((1, int), (said["started"]["workers"], type(said["started"]["workers"])))
        self.assertEqual("web", said["listening"]["listener"])

    def test_text_shows_the_same(self):
        said = "\n".join(self.lines("text"))
        self.assertIn("tls=false", said)
        self.assertIn("workers=1", said)
