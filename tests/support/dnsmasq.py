"""Debian's dnsmasq as the DNS server: one process on a free port of 127.0.0.1, records of the test's own."""
import os
import shutil

from .services import Service
from .wait import PATIENCE


class DnsMasq(Service):
    """`hosts` (name to addresses) may change while it runs: see set_hosts(); `services` need a restart(): a list of
    (name, host, port, priority, weight)."""

    def __init__(self, hosts=None, services=(), ttl=1):
        super().__init__()
        self.services, self.ttl = list(services), ttl
        self.hosts_file = self.dir / "hosts"
        self._write_hosts(hosts or {})

    def _write_hosts(self, hosts):
        lines = [f"{address} {name}\n" for name, addresses in hosts.items() for address in addresses]
        self.hosts_file.write_text("".join(lines))

    def set_hosts(self, hosts):
        """New addresses; dnsmasq reads them at SIGHUP."""
        self._write_hosts(hosts)
        self.process.send_signal(1)

    def command(self):
        records = [f"--srv-host={','.join(map(str, service))}" for service in self.services]
        return [shutil.which("dnsmasq") or "/usr/sbin/dnsmasq", "--keep-in-foreground", "--conf-file=/dev/null", "--no-resolv",
                "--no-hosts", f"--addn-hosts={self.hosts_file}", "--listen-address=127.0.0.1", "--bind-interfaces",
                f"--port={self.port}", f"--local-ttl={self.ttl}", "--local=/test/", "--pid-file=", "--log-facility=-",
                *(["--user=root", "--group=root"] if os.geteuid() == 0 else []), *records]

    def stop(self):
        """Gone, until restart()."""
        self.process.terminate()
        self.process.wait(PATIENCE)

    def restart(self, services=None):
        self.services = self.services if services is None else list(services)
        if self.process.poll() is None:
            self.stop()
        self.start()
