"""The documents of the adapters name what there is."""
import re
import unittest

from support.outrigger import ROOT

ADAPTERS = ROOT / "src/adapters"


class Documents(unittest.TestCase):
    def test_every_adapter_has_a_readme_that_names_its_options(self):
        reference = (ROOT / "docs/reference.md").read_text().partition("\n## Adapters\n")[2]
        for name in re.findall(r"^OUTRIGGER_ADAPTER\((\w+),", (ADAPTERS / "adapters.def").read_text(), re.M):
            text = (ADAPTERS / name / "README.md").read_text()
            if name in ("json", "prometheus", "process"):
                text += (ADAPTERS / "json/README.md").read_text()  # where what scrapes have in common is said
            title = {"health": "health[].path", "logs": "logs[].tail"}.get(name, f"[].{name}")
            block = re.search(rf"^### `\w*{re.escape(title)}`\n(.*?)(?=^### |\Z)", reference, re.M | re.S)
            for option in re.findall(r"^\| `(\w+)` \|", block.group(1), re.M):
                with self.subTest(adapter=name, option=option):
                    self.assertIn(option, text)
