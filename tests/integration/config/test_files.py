"""Every file in config/ and every YAML block of the documents is loaded and run."""
import re
import tempfile

from support import raw
from support.case import Case
from support.certificates import self_signed
from support.outrigger import ROOT


class Files(Case):
    def runs(self, text):
        """Runs `text` on free ports, with a certificate where one is named, before a service that answers "ok"."""
        service = self.start(raw.Peer.answering())
        certs = self.enterContext(tempfile.TemporaryDirectory())
        self_signed(certs)
        text = re.sub(r"/etc/tls/", "@certs@/", text)
        head, mark, upstreams = text.partition("\nupstreams:")
        upstreams, mark2, rest = re.split(r"(\n(?=\w))", mark + upstreams, maxsplit=1) if re.search(r"\n\w", upstreams) else \
            (mark + upstreams, "", "")
        number = iter(range(100))
        head = re.sub(r"(address: )\"?[\w.:\[\]]+:\d+\"?", lambda m: f'{m[1]}"@listen{next(number)}@"', head)
        rest = re.sub(r"(address: )\"?[\w.:\[\]]+:\d+\"?", lambda m: f'{m[1]}"@other{next(number)}@"', rest)
        upstreams = re.sub(r"(?<![\w.])[\w.\-]+:\d{2,5}\b", "@app@", upstreams)
        proxy = self.proxy(head + upstreams + mark2 + rest, service, certs=certs)
        with raw.Client(proxy.port("listen0"), tls="localhost" if "tls:" in head else None) as client:
            self.assertEqual(200, client.get().status)


def _add(name, path, text):
    def test(self):
        self.runs(text)
    test.__doc__ = f"{path} loads and runs"
    setattr(Files, name, test)


for _path in sorted((ROOT / "config").glob("*.yaml")):
    _add(f"test_{_path.stem}_loads_and_runs", _path.name, _path.read_text())
for _document in ("README.md", "docs/concepts.md"):
    for _number, _block in enumerate(re.findall(r"```yaml\n(.*?)```", (ROOT / _document).read_text(), re.S)):
        _add(f"test_{_document.lower().replace('.md', '').replace('/', '_')}_block_{_number}_loads_and_runs", _document, _block)
