"""Every file in config/ and every YAML block of the documents is loaded and run."""
import pathlib
import re
import shlex
import shutil
import tempfile

from support import raw
from support.case import Case
from support.certificates import Authority, self_signed
from support.outrigger import ROOT, command


def _has_tls(text):
    return "tls:" in re.sub(r"#.*", "", text)


class Files(Case):
    @staticmethod
    def tls_files(certs, text):
        """Makes the files that `text` names in /etc/tls; returns a client's certificate if it asks for one."""
        for stem in re.findall(r"/etc/tls/([\w-]+)\.crt", text):
            self_signed(certs, stem, stem)
        (pathlib.Path(certs) / "tickets").write_text("ab" * 80)
        if "client_ca:" not in text:
            return None
        authority = Authority(pathlib.Path(certs) / "ca")
        shutil.copy(authority.cert, pathlib.Path(certs) / "clients.pem")
        shutil.copy(authority.revoke(), pathlib.Path(certs) / "clients.crl")
        return authority.issue("web", "/CN=web", "URI:spiffe://prod/web", "clientAuth")

    def runs(self, text):
        """Runs `text` on free ports, with a certificate where one is named, before a service that answers "ok"."""
        service = self.start(raw.Peer.answering())
        certs = self.enterContext(tempfile.TemporaryDirectory())
        shown = self.tls_files(certs, text)
        text = re.sub(r"/etc/tls/", "@certs@/", text)
        for name in re.findall(r"\bfile:/etc/outrigger/([\w.\-]+)", text.partition("\nupstreams:")[2]):
            pathlib.Path(certs, name).write_text(f"- {service.address}\n")
        text = re.sub(r"file:/etc/outrigger/", "file:@certs@/", text)
        head, mark, upstreams = text.partition("\nupstreams:")
        upstreams, mark2, rest = (re.split(r"(\n(?=\w))", upstreams, maxsplit=1) + ["", ""])[:3]
        upstreams = mark + upstreams
        has_tls = _has_tls(head)
        number = iter(range(100))
        head = re.sub(r"(address: )\"?[\w.:\[\]]+:\d+\"?", lambda m: f'{m[1]}"@listen{next(number)}@"', head)
        rest = re.sub(r"(\bstatsd: )[\d.]+:\d+", r'\1"@datagrams@"', rest)
        rest = re.sub(r"(address: )\"?[\w.:\[\]]+:\d+\"?", lambda m: f'{m[1]}"@other{next(number)}@"', rest)
        upstreams = re.sub(r"(?<![\w.])[\w.\-]+:\d{2,5}\b", "@app@", upstreams)
        proxy = self.proxy(head + upstreams + mark2 + rest, service, certs=certs)
        if re.search(r"proxy_protocol: true|sni:", head):
            return  # what comes first there is not HTTP: tcp/ has the tests
        with raw.Client(proxy.port("listen0"), tls="localhost" if has_tls else None, certificate=shown) as client:
            # The service here speaks neither TLS nor HTTP/2: an upstream that asks for either gets no further than that.
            expected = (502, 504) if _has_tls(upstreams) or "protocol: http2" in upstreams else (200,)
            self.assertIn(client.get().status, expected)


def _add(name, path, text):
    def test(self):
        self.runs(text)
    test.__doc__ = f"{path} loads and runs"
    setattr(Files, name, test)


for _path in sorted((ROOT / "config").glob("*.yaml")):
    _add(f"test_{_path.stem}_loads_and_runs", _path.name, _path.read_text())
_DOCUMENTS = ["README.md", *sorted(str(path.relative_to(ROOT)) for path in (ROOT / "docs").glob("*.md"))]
for _document in _DOCUMENTS:
    for _number, _block in enumerate(re.findall(r"```yaml\n(.*?)```", (ROOT / _document).read_text(), re.S)):
        _add(f"test_{_document.lower().replace('.md', '').replace('/', '_')}_block_{_number}_loads_and_runs", _document, _block)


class Documents(Case):
    OFFLINE = ("validate", "dump", "schema", "explain", "version")

    def commands(self):
        """(document, words) of every line "outrigger ..." in a shell block."""
        for document in _DOCUMENTS:
            for block in re.findall(r"```sh\n(.*?)```", (ROOT / document).read_text(), re.S):
                for line in block.splitlines():
                    words = shlex.split(line, comments=True)
                    if words[:1] == ["outrigger"]:
                        yield document, words[1:words.index(">")] if ">" in words else words[1:]

    def test_every_command_of_the_documents_exists_with_its_options(self):
        for document, words in self.commands():
            with self.subTest(f"{document}: {' '.join(words)}"):
                help_text = command(words[0], "--help")
                self.assertEqual(0, help_text.returncode)
                for word in words[1:]:
                    if word.startswith("-"):
                        self.assertRegex(help_text.stdout, re.escape(word) + r"\b")
                if words[0] in self.OFFLINE:
                    self.assertEqual(0, command(*words, cwd=ROOT).returncode)

    def test_the_reference_is_what_the_binary_says(self):
        said = command("schema", "--markdown").stdout
        self.assertEqual((ROOT / "docs/reference.md").read_text(), said,
                         "write it anew: build/release/outrigger schema --markdown > docs/reference.md")

    def test_links_lead_somewhere(self):
        for path in [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("src/**/*.md")]:
            for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", path.read_text()):
                with self.subTest(f"{path.relative_to(ROOT)}: {target}"):
                    self.assertTrue((path.parent / target).exists())
