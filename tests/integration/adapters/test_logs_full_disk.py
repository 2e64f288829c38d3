"""A disk that is full: a clear word in the process log, a count, and nothing lost when there is room again."""
import pathlib
import subprocess
import unittest

from support.case import Case
from support.log_files import NumberedLog, json_lines, numbers_of
from support.metrics import Metrics
from support.outrigger import Outrigger
from support.wait import until

CONFIG = """
version: 1
status: {address: "@listen@"}
adapters:
  logs: [{tail: "@dir@/*.log", from: beginning, state: "@dir@/disk", output: {OUTPUT
          batch: {max_size: 20KB, every: 20ms}, backoff: {base: 20ms, max: 100ms}}}]
"""
MOUNT = ["unshare", "-m", "sh", "-c", 'mount -t tmpfs -o size=300k tmpfs "$0" && exec "$@"']
MAY_MOUNT = subprocess.run([*MOUNT, "/mnt", "true"], capture_output=True, check=False).returncode == 0


@unittest.skipUnless(MAY_MOUNT, "needs to mount a tmpfs in a namespace of its own")
class FullDisk(Case):
    def run_on_a_small_disk(self, output, **values):
        """The proxy with a disk of 300 KiB, 200 KiB of them taken by the file `ballast`; and the disk as it is seen here."""
        config = CONFIG.replace("OUTPUT", output)
        proxy = Outrigger(config, **values)
        (proxy.dir / "disk").mkdir()
        proxy._command = [*MOUNT, str(proxy.dir / "disk"), *proxy._command]
        self.start(proxy)
        disk = pathlib.Path(f"/proc/{proxy.process.pid}/root{proxy.dir}/disk")
        (disk / "ballast").write_bytes(b"x" * 200_000)
        log = NumberedLog(proxy.dir / "a.log")
        self.addCleanup(log.close)
        return proxy, disk, log

    def value(self, proxy, name):
        return Metrics(proxy.address()).value(name)

    def test_an_output_file_waits_for_room_and_has_whole_lines_only(self):
        proxy, disk, log = self.run_on_a_small_disk('file: "@dir@/disk/out.json",')
        log.write(1500)
        until(lambda: self.value(proxy, "outrigger_logs_retries_total") > 2, "a batch that does not fit")
        until(lambda: "a log output does not take records" in proxy.stderr(), "the reason")
        self.assertEqual(1, proxy.stderr().count("a log output does not take records"))
        self.assertIn("No space left on device", proxy.stderr())
        self.assertEqual(0, json_lines(disk / "out.json")[1])
        (disk / "ballast").unlink()
        until(lambda: len(json_lines(disk / "out.json")[0]) >= 1500, "every line")
        self.assertEqual(list(range(1500)), list(numbers_of(json_lines(disk / "out.json")[0]).elements()))
        until(lambda: "takes records again" in proxy.stderr(), "the end to be said")

    def test_a_spool_and_positions_without_room_are_counted(self):
        proxy, disk, log = self.run_on_a_small_disk(
            'http: "http://127.0.0.1:1/", max_memory: 64KiB, spool: "@dir@/disk/spool",')
        log.write(5000)
        until(lambda: self.value(proxy, "outrigger_logs_spool_failures_total") > 0, "the spool to fail")
        until(lambda: "the spool of a log output cannot be written" in proxy.stderr(), "the reason")
        before = self.value(proxy, "outrigger_logs_retries_total")
        until(lambda: self.value(proxy, "outrigger_logs_retries_total") > before + 5, "it to go on")
        self.assertEqual(1, proxy.stderr().count("the spool of a log output cannot be written"))
        self.assertEqual(0, self.value(proxy, "outrigger_logs_lost_lines_total"))
        self.assertFalse(list((disk / "spool").glob("*.new")))
