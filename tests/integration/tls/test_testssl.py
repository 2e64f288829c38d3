"""Debian's testssl.sh on both policies: nothing of medium severity or above."""
import json
import pathlib
import shutil
import subprocess
import tempfile
import unittest

from support.case import Case

CONFIG = """
version: 1
listeners:
  - address: "@listen@"
    tls: {cert: "@dir@/tls.crt", key: "@dir@/tls.key", policy: %s}
    filters: [{security_headers: {}}]
    routes: [{respond: {status: 200, body: ok}}]
"""
# All but the simulation of clients and the list of every single cipher, which judge nothing.
CHECKS = ("--protocols", "--std", "--fs", "--server-preference", "--server-defaults", "--headers", "--vulnerable")


def openssl(*arguments):
    subprocess.run(["openssl", *map(str, arguments)], check=True, capture_output=True)


def issue(directory):
    """The certificate file of an authority, and one by it as public authorities issue them, in tls.crt and tls.key."""
    key = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")
    ca, ca_key = directory / "ca.crt", directory / "ca.key"
    openssl("req", "-x509", *key, "-days", "90", "-subj", "/CN=test CA", "-keyout", ca_key, "-out", ca)
    openssl("req", "-x509", *key, "-days", "90", "-subj", "/CN=localhost", "-CA", ca, "-CAkey", ca_key,
            "-addext", "subjectAltName=DNS:localhost", "-addext", "extendedKeyUsage=serverAuth",
            "-addext", "basicConstraints=critical,CA:FALSE", "-addext", "keyUsage=digitalSignature",
            "-addext", "crlDistributionPoints=URI:http://127.0.0.1:9/ca.crl",
            "-keyout", directory / "tls.key", "-out", directory / "tls.crt")
    return ca


@unittest.skipUnless(shutil.which("testssl"), "testssl is not installed: scripts/install test")
class TestSsl(Case):
    def check(self, policy):
        files = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))
        ca = issue(files)
        proxy = self.proxy(CONFIG.replace("@dir@", str(files)) % policy)
        report = files / "report.json"
        done = subprocess.run(["testssl", "--quiet", "--color", "0", "--warnings", "off", "--ip", "127.0.0.1", "--add-ca", ca,
                               "--jsonfile", report, *CHECKS, f"localhost:{proxy.port()}"],
                              capture_output=True, text=True, timeout=500, check=False)
        found = json.loads(report.read_text())
        self.assertGreater(len(found), 50, done.stdout)
        self.assertIn("OK", [each["severity"] for each in found if each["id"] == "TLS1_3"])
        bad = [each for each in found if each["severity"] in ("MEDIUM", "HIGH", "CRITICAL", "FATAL")]
        self.assertEqual([], bad)

    def test_modern(self):
        self.check("modern")

    def test_intermediate(self):
        self.check("intermediate")
