"""`outrigger cert`, with openssl as the judge."""
import pathlib
import shutil
import subprocess
import tempfile

from support.case import Case
from support.outrigger import command


class Cert(Case):
    def setUp(self):
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix="outrigger-certs-"))
        self.addCleanup(shutil.rmtree, self.dir)

    def verify(self, cert, purpose):
        done = subprocess.run(["openssl", "verify", "-CAfile", self.dir / "ca.crt", "-purpose", purpose, cert],
                              capture_output=True, check=False)
        return done.returncode == 0

    def test_a_server_and_a_client_of_one_authority(self):
        for arguments in (("localhost", "127.0.0.1"), ("--client", "spiffe://dev/web")):
            made = command("cert", "create", "--dir", self.dir, *arguments)
            self.assertEqual(0, made.returncode, made.stderr)
        server, client = self.dir / "localhost.crt", self.dir / "spiffe___dev_web.crt"
        self.assertEqual((True, False), (self.verify(server, "sslserver"), self.verify(server, "sslclient")))
        self.assertEqual((False, True), (self.verify(client, "sslserver"), self.verify(client, "sslclient")))
        for key in self.dir.glob("*.key"):
            self.assertEqual(0o600, key.stat().st_mode & 0o777)
        shown = command("cert", "show", server).stdout
        for words in ("CN=localhost", "DNS:localhost", "IP Address:127.0.0.1", "ECDSA P-256", "89 days left"):
            self.assertIn(words, shown)
        self.assertIn("an authority", command("cert", "show", self.dir / "ca.crt").stdout)

    def test_files_that_are_there_stay(self):
        self.assertEqual(0, command("cert", "create", "--dir", self.dir, "a.example").returncode)
        before = (self.dir / "a.example.key").read_text()
        again = command("cert", "create", "--dir", self.dir, "a.example")
        self.assertEqual(1, again.returncode)
        self.assertIn("File exists", again.stderr)
        self.assertEqual(before, (self.dir / "a.example.key").read_text())

    def test_check(self):
        for name in ("a.example", "b.example"):
            command("cert", "create", "--dir", self.dir, name)
        good = command("cert", "check", self.dir / "a.example.crt", self.dir / "a.example.key")
        self.assertEqual(0, good.returncode)
        self.assertIn("belong together", good.stdout)
        bad = command("cert", "check", self.dir / "a.example.crt", self.dir / "b.example.key")
        self.assertEqual(1, bad.returncode)
        self.assertIn("does not match", bad.stderr)
