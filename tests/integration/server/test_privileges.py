"""Who the process is while it serves."""
import os
import tempfile
import unittest

from support import raw
from support.case import BARE, Case
from support.outrigger import command
from support.ports import free_port


def status_of(proxy):
    with open(f"/proc/{proxy.process.pid}/status", encoding="ascii") as file:
        return dict(line.rstrip("\n").split(":\t", 1) for line in file if ":\t" in line)


class Privileges(Case):
    @unittest.skipIf(os.geteuid() != 0, "only root can become another user")
    def test_root_becomes_the_user_before_it_serves(self):
        for user, uid, gid in (("nobody", 65534, 65534), ("65533:65532", 65533, 65532)):
            with self.subTest(user):
                proxy = self.proxy(BARE + f'user: "{user}"\n', self.start(raw.Peer.answering()), workers=2)
                self.assertEqual(200, self.client(proxy).get().status)
                said = status_of(proxy)
                self.assertEqual("\t".join([str(uid)] * 4), said["Uid"])
                self.assertEqual("\t".join([str(gid)] * 4), said["Gid"])
                self.assertEqual("0000000000000000", said["CapEff"])

    @unittest.skipIf(os.geteuid() != 0, "only root can become another user")
    def test_a_user_who_is_not_there_is_no_start(self):
        with tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
            file.write(f"""
version: 1
user: nobody-of-that-name
listeners: [{{address: "127.0.0.1:{free_port()}", upstream: app}}]
upstreams: {{app: {{endpoints: ["127.0.0.1:1"]}}}}
""")
            file.flush()
            done = command("run", "-c", file.name)
        self.assertEqual(2, done.returncode)
        self.assertIn("there is no user \"nobody-of-that-name\"", done.stderr)

    def test_the_process_can_gain_nothing_and_leaves_no_core(self):
        proxy = self.proxy(BARE, self.start(raw.Peer.answering()))
        self.assertEqual(200, self.client(proxy).get().status)
        self.assertEqual("1", status_of(proxy)["NoNewPrivs"])
        with open(f"/proc/{proxy.process.pid}/limits", encoding="ascii") as file:
            cores = [line.split() for line in file if line.startswith("Max core file size")]
        self.assertEqual("0", cores[0][4])
