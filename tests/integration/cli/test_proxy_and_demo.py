"""What works without a file: `proxy` and `demo`."""
import re
import signal
import subprocess
import tempfile

from support import raw
from support.case import Case
from support.curl import curl
from support.outrigger import BINARY, command
from support.ports import free_port
from support.wait import until


class CommandCase(Case):
    def addresses(self, *names):
        return {name: f"127.0.0.1:{free_port()}" for name in names}

    def run_in_background(self, *arguments):
        process = subprocess.Popen([BINARY, *arguments], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.addCleanup(process.stdout.close)
        self.addCleanup(process.stderr.close)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        return process

    def ends_well(self, process):
        process.send_signal(signal.SIGINT)
        output = process.communicate(timeout=40)
        self.assertEqual(0, process.returncode, output)
        return output[0].decode()


class Proxy(CommandCase):
    def test_it_serves_tls_with_metrics_and_admin_from_three_flags(self):
        at = self.addresses("listen", "status", "admin")
        service = self.start(raw.Peer.answering())
        process = self.run_in_background("proxy", "--listen", at["listen"], "--tls", "self-signed", "--upstream", service.address,
                                         "--status", at["status"], "--admin", at["admin"])
        until(lambda: curl("-k", f"https://{at['listen']}/").status == 200, "an answer")
        self.assertEqual(200, curl(f"http://{at['status']}/readyz").status)
        self.assertEqual(200, curl(f"http://{at['admin']}/api/info").status)
        self.assertIn('"status":200', self.ends_well(process))

    def test_the_file_it_prints_is_a_good_one(self):
        printed = command("proxy", "--listen", "8080", "--upstream", "127.0.0.1:9000", "--upstream", "unix:/run/a \"b\"", "--print")
        path = self.enterContext(tempfile.NamedTemporaryFile("w", suffix=".yaml"))
        path.write(printed.stdout)
        path.flush()
        self.assertEqual(0, command("validate", "-c", path.name).returncode, printed.stdout)


class Demo(CommandCase):
    def flags(self):
        return [word for name, address in self.addresses("listen", "service", "status", "admin").items()
                for word in (f"--{name}", address)]

    def test_the_comparison_shows_fewer_errors_through_outrigger(self):
        done = command("demo", "--requests", "400", *self.flags())
        self.assertEqual(0, done.returncode, done.stderr)
        errors = {row[0]: int(row[1]) for row in re.findall(r"^(direct|through Outrigger)\s+400\s+(\d+)", done.stdout, re.M)}
        self.assertGreater(errors["direct"], 20)
        self.assertLess(errors["through Outrigger"], errors["direct"] / 4)

    def test_it_serves_until_a_signal_and_says_what_to_try(self):
        flags = self.flags()
        listen = flags[flags.index("--listen") + 1]
        process = self.run_in_background("demo", *flags)
        until(lambda: curl("-k", f"https://{listen}/").status, "an answer")
        told = self.ends_well(process)
        self.assertIn(f"curl -k https://{listen}/", told)
        self.assertIn('"tries":', told)

    def test_a_port_in_use_is_told_with_the_flag_that_changes_it(self):
        flags = self.flags()
        service = self.start(raw.Peer.answering())
        flags[flags.index("--service") + 1] = service.address
        done = command("demo", *flags)
        self.assertEqual(2, done.returncode)
        self.assertIn("--service", done.stderr)
