"""Logs of real servers: nginx and Apache, access and error."""
import pathlib
import unittest

from support.case import Case
from support.curl import curl
from support.log_files import json_lines
from support.nginx import Nginx
from support.old_services import Apache, program
from support.outrigger import Outrigger
from support.wait import until

FOLLOW = """
version: 1
status: {{address: "@listen@"}}
adapters:
  logs:
    - {{tail: "{access}", grok: combined, from: beginning, output: {{file: "@dir@/access.json"}}}}
    - {{tail: "{error}", grok: {error_pattern}, from: beginning, output: {{file: "@dir@/error.json"}}}}
"""


class Sources(Case):
    def follow(self, access, error, error_pattern):
        return self.start(Outrigger(FOLLOW.format(access=access, error=error, error_pattern=error_pattern)))

    def records(self, proxy, name, count):
        return until(lambda: (lambda found: found if len(found) >= count else None)(json_lines(proxy.dir / name)[0]),
                     f"{count} records in {name}")

    def ask(self, address):
        curl("-A", "ours/1.0", "-e", "http://ref.example/", f"http://{address}/index.html?a=b")
        curl(f"http://{address}/missing")

    def check_access(self, records):
        first, second = records[:2]
        self.assertEqual(("127.0.0.1", "GET", "/index.html?a=b", "1.1", 200, "http://ref.example/", "ours/1.0"),
                         tuple(first[key] for key in ("client", "method", "target", "http_version", "status", "referer",
                                                      "user_agent")))
        self.assertEqual((404, "/missing"), (second["status"], second["target"]))
        self.assertNotIn("unparsed", first)
        self.assertRegex(first["time"], r"^20\d\d-\d\d-\d\dT.*Z$")

    def test_nginx(self):
        service = Nginx(server="access_log @dir@/access.log combined;")
        self.start(service)
        proxy = self.follow(service.dir / "access.log", service.dir / "error.log", "nginx_error")
        self.ask(service.address)
        self.check_access(self.records(proxy, "access.json", 2))
        error = [record for record in self.records(proxy, "error.json", 1) if "open()" in record.get("msg", "")][0]
        self.assertEqual(("error", "127.0.0.1", "GET /missing HTTP/1.1"),
                         tuple(error[key] for key in ("level", "client", "request")))
        self.assertIsInstance(error["pid"], int)

    @unittest.skipUnless(pathlib.Path(program("apache2")).exists(), "needs apache2-bin: scripts/install test")
    def test_apache(self):
        class Logging(Apache):
            def command(self):
                line = super().command()
                with open(self.dir / "apache.conf", "a", encoding="ascii") as file:
                    file.write('LogFormat "%h %l %u %t \\"%r\\" %>s %b \\"%{Referer}i\\" \\"%{User-Agent}i\\"" combined\n'
                               f'CustomLog {self.dir}/access.log combined\nLogLevel info\n')
                return line
        service = Logging()
        (service.dir / "www" / "index.html").write_text("hello\n")
        self.start(service)
        proxy = self.follow(service.dir / "access.log", service.dir / "error.log", "apache_error")
        self.ask(service.address)
        self.check_access(self.records(proxy, "access.json", 2))
        errors = self.records(proxy, "error.json", 1)
        parsed = [record for record in errors if "unparsed" not in record]
        self.assertTrue(parsed, errors)
        self.assertIn(parsed[0]["level"], ("info", "warn", "error"))
        self.assertIn("module", parsed[0])
