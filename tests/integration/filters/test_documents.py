"""The documents of the filters name what there is."""
import re
import unittest

from support.outrigger import ROOT

FILTERS = ROOT / "src/filters"


def entries(file):
    return re.findall(r"^OUTRIGGER_\w+\((\w+),", (FILTERS / file).read_text(), re.M)


class Documents(unittest.TestCase):
    def test_every_variable_is_in_the_table(self):
        table = (FILTERS / "README.md").read_text().partition("## Variables")[2]
        for name in entries("values.def"):
            with self.subTest(name):
                self.assertIn(f"`{name}`", table)

    def test_every_variable_stands_in_the_manual_as_the_code_has_it(self):
        manual = (ROOT / "docs/access-log.md").read_text().partition("## Variables")[2]
        known = {"request": "request", "response": "answer", "end": "log"}
        kinds = {"text": "text", "url": "URL text", "number": "number"}
        rows = re.findall(r'^OUTRIGGER_VALUE\((\w+), (\w+), (\w+), "((?:[^"\\]|\\.)*)"\)', (FILTERS / "values.def").read_text(), re.M)
        self.assertEqual(len(rows), len(entries("values.def")))
        for name, when, kind, summary in rows:
            with self.subTest(name):
                self.assertIn(f"| `{name}` | {known[when]} | {kinds[kind]} | {summary} |", manual)

    def test_every_log_field_is_in_the_table(self):
        table = (FILTERS / "access_log/README.md").read_text()
        for name in entries("values.def"):
            with self.subTest(name):
                self.assertIn(f"`{name}`", table)

    def test_every_filter_is_in_both_tables(self):
        for document in ("README.md", "src/filters/README.md"):
            text = (ROOT / document).read_text()
            for name in entries("filters.def"):
                with self.subTest(document=document, name=name):
                    self.assertIn(f"`{name}`" if document == "README.md" else f"[{name}](", text)

    def test_every_filter_has_a_readme_that_names_its_options(self):
        reference = (ROOT / "docs/reference.md").read_text()
        for name in entries("filters.def"):
            text = (FILTERS / name / "README.md").read_text()
            block = re.search(rf"^### `{name}`\n(.*?)^##", reference + "\n## ", re.M | re.S)
            for option in re.findall(r"^\| `(\w+)` \|", block.group(1).partition("####")[0], re.M):
                with self.subTest(filter=name, option=option):
                    self.assertIn(option, text)
