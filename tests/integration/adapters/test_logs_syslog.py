"""Syslog in and out: raw messages, logger, rsyslogd on both sides."""
import os
import pathlib
import shutil
import socket
import subprocess
import tempfile
import unittest

from support import rsyslog
from support.case import Case
from support.log_files import json_lines
from support.metrics import Metrics
from support.outrigger import Outrigger
from support.ports import free_port
from support.wait import until

SYSLOG = """
version: 1
status: {address: "@listen@"}
adapters:
  logs: [{syslog: "@syslog@", EXTRAoutput: {file: "@dir@/out.json", batch: {every: 20ms}}}]
"""


class SyslogCase(Case):
    def listen(self, extra="", **options):
        return self.start(Outrigger(SYSLOG.replace("EXTRA", extra and extra + ", "), **options))

    def records(self, proxy, count):
        return until(lambda: (lambda found: found if len(found) >= count else None)(json_lines(proxy.dir / "out.json")[0]),
                     f"{count} records")

    def metrics(self, proxy):
        return Metrics(proxy.address())

    def udp(self, proxy, *messages):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
            for message in messages:
                sender.sendto(message, ("127.0.0.1", proxy.port("syslog")))

    def tcp(self, proxy):
        return self.start(socket.create_connection(("127.0.0.1", proxy.port("syslog"))))


class In(SyslogCase):
    def test_both_formats_over_udp(self):
        proxy = self.listen()
        self.udp(proxy, b"<165>1 2026-11-26T05:16:01.003Z web app 7 ID47 [e@1 k=\"v\"] five",
                 b"<34>Oct 11 22:14:15 web su[12]: three", b"<191>just text\n")
        records = {record["msg"]: record for record in self.records(proxy, 3)}
        self.assertEqual({"time": "2026-11-26T05:16:01.003Z", "level": "info", "msg": "five", "facility": "local4",
                          "host": "web", "app": "app", "pid": "7", "msgid": "ID47", "e@1.k": "v", "source": "127.0.0.1"},
                         records["five"])
        self.assertEqual(("fatal", "auth", "su", "12"),
                         tuple(records["three"][key] for key in ("level", "facility", "app", "pid")))
        self.assertEqual("debug", records["just text"]["level"])

    def test_both_framings_over_tcp_and_a_message_without_an_end(self):
        proxy = self.listen()
        connection = self.tcp(proxy)
        for part in (b"7 <13>a\nb", b"<13>c\r\n<1", b"3>d\n<13>e"):
            connection.sendall(part)
        connection.close()
        self.assertEqual(["a\nb", "c", "d", "e"], [record["msg"] for record in self.records(proxy, 4)])

    def test_a_message_without_an_end_is_passed_on_when_its_connection_is_idle_or_the_process_ends(self):
        proxy = self.listen("idle: 1s")
        connection = self.tcp(proxy)
        connection.sendall(b"<13>idle")
        self.assertEqual("idle", self.records(proxy, 1)[0]["msg"])
        self.assertEqual(b"", connection.recv(1))
        proxy = self.listen()
        lines, counted = self.tcp(proxy), self.tcp(proxy)
        lines.sendall(b"<13>one\n<13>half")
        counted.sendall(b"8 <13>two\n20 <13>lack")
        self.records(proxy, 2)
        proxy.stop()
        self.assertEqual({"one": None, "two": None, "half": None, "lack": 12},
                         {record["msg"].strip(): record.get("cut_bytes") for record in self.records(proxy, 4)})

    def test_unix_sockets(self):
        for transport, kind in (("datagram", socket.SOCK_DGRAM), ("stream", socket.SOCK_STREAM)):
            with self.subTest(transport):
                proxy = Outrigger(SYSLOG.replace("EXTRA", f"transport: {transport}, "), syslog="unix:@dir@/log")
                proxy.values["syslog"] = f"unix:{proxy.dir}/log"
                proxy.write(SYSLOG.replace("EXTRA", f"transport: {transport}, "))
                self.start(proxy)
                with socket.socket(socket.AF_UNIX, kind) as sender:
                    sender.connect(str(proxy.dir / "log"))
                    sender.sendall(b"<13>app: hi\n")
                record = self.records(proxy, 1)[0]
                self.assertEqual(("hi", "app", "unix"), (record["msg"], record["app"], record["source"]))
                proxy.stop()

    def test_a_parser_reads_the_content(self):
        proxy = self.listen("json: true")
        self.udp(proxy, b'<13>1 - h app - - - {"level": "error", "msg": "bad", "n": 1}', b"<13>app: no json")
        records = {record["msg"]: record for record in self.records(proxy, 2)}
        self.assertEqual(("error", 1, "app"), tuple(records["bad"][key] for key in ("level", "n", "app")))
        self.assertEqual("json", records["no json"]["unparsed"])

    def test_limits_are_kept_and_counted(self):
        proxy = self.listen("max_line: 100B, max_connections: 2")
        connections = [self.tcp(proxy), self.tcp(proxy)]
        until(lambda: self.metrics(proxy).value("outrigger_logs_connections") == 2, "two connections")
        third = self.tcp(proxy)
        self.assertEqual(b"", third.recv(1))
        self.assertEqual(1, self.metrics(proxy).value("outrigger_logs_refused_connections_total"))
        connections[0].sendall(b"<13>" + b"x" * 500 + b"\n")
        self.udp(proxy, b"<13>" + b"y" * 500)
        self.assertEqual([404, 404], [record["cut_bytes"] for record in self.records(proxy, 2)])
        connections[1].sendall(b"12345678901234 nonsense")
        self.assertEqual(b"", connections[1].recv(1))
        until(lambda: self.metrics(proxy).value("outrigger_logs_broken_streams_total") == 1, "the stream to be counted")

    def test_a_reload_keeps_the_sockets_and_connections(self):
        proxy = self.listen()
        connection = self.tcp(proxy)
        connection.sendall(b"<13>before\n<13>ha")
        self.records(proxy, 1)
        proxy.write(SYSLOG.replace("EXTRA", "fields: {add: {new: 'yes'}}, "))
        sent = 0

        def is_new():
            nonlocal sent
            self.udp(proxy, b"<13>m%d" % sent)
            sent += 1
            return any("new" in record for record in json_lines(proxy.dir / "out.json")[0])
        until(is_new, "a record of the new configuration")
        seen = {record["msg"] for record in self.records(proxy, sent + 1)}
        self.assertEqual({"before", *(f"m{n}" for n in range(sent))}, seen)
        connection.sendall(b"lf\n9 <13>after")
        connection.close()
        after = {record["msg"]: record.get("new") for record in self.records(proxy, sent + 3)[-2:]}
        self.assertEqual({"half": "yes", "after": "yes"}, after)
        until(lambda: self.metrics(proxy).value("outrigger_logs_connections") == 0, "the connection to end")

    def test_an_address_that_is_taken_is_refused(self):
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            proxy = Outrigger(SYSLOG.replace("EXTRA", ""), syslog=f"127.0.0.1:{taken.getsockname()[1]}", wait_for=())
            with self.assertRaisesRegex(AssertionError, "cannot listen on"):
                proxy.start()
                proxy.process.wait(20)
                proxy._is_up()


@unittest.skipUnless(shutil.which("logger"), "needs logger: scripts/install test")
class Logger(SyslogCase):
    def send(self, *arguments):
        subprocess.run(["logger", *arguments], check=True, timeout=30)

    def test_logger_in_every_form(self):
        proxy = self.listen()
        to = ["-n", "127.0.0.1", "-P", str(proxy.port("syslog")), "-p", "local3.warn", "-t", "shop", "--id=77"]
        for number, form in enumerate((["-d", "--rfc3164"], ["-d", "--rfc5424"], ["-T", "--rfc3164"], ["-T", "--rfc5424"],
                                       ["-T", "--rfc5424", "--octet-count"])):
            self.send(*to, *form, f"message {number}")
            record = self.records(proxy, number + 1)[-1]
            self.assertEqual((f"message {number}", "warn", "local3", "shop", "77"),
                             tuple(record[key] for key in ("msg", "level", "facility", "app", "pid")), form)

    def test_logger_to_a_unix_socket(self):
        proxy = Outrigger(SYSLOG.replace("EXTRA", ""), syslog="")
        proxy.values["syslog"] = f"unix:{proxy.dir}/log"
        proxy.write(SYSLOG.replace("EXTRA", ""))
        self.start(proxy)
        self.send("-u", str(proxy.dir / "log"), "-t", "shop", "local words")
        record = self.records(proxy, 1)[0]
        self.assertEqual(("local words", "shop", "info"), tuple(record[key] for key in ("msg", "app", "level")))


@unittest.skipUnless(rsyslog.BINARY, rsyslog.NEEDS)
class RealRsyslog(SyslogCase):
    def test_rsyslog_forwards_over_udp_and_tcp(self):
        proxy = self.listen()
        port, own = proxy.port("syslog"), free_port()
        templates = [("udp", "RSYSLOG_TraditionalForwardFormat", ""), ("udp", "RSYSLOG_SyslogProtocol23Format", ""),
                     ("tcp", "RSYSLOG_ForwardFormat", ""), ("tcp", "RSYSLOG_SyslogProtocol23Format", ""),
                     ("tcp", "RSYSLOG_SyslogProtocol23Format", ' tcp_framing="octet-counted"')]
        actions = "\n".join(f'action(type="omfwd" target="127.0.0.1" port="{port}" protocol="{protocol}" template="{template}"'
                            f"{framing})" for protocol, template, framing in templates)
        daemon = self.start(rsyslog.Rsyslog(
            f'module(load="imudp")\ninput(type="imudp" address="127.0.0.1" port="{own}")\n' + actions))
        sender = self.start(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))

        def all_came():
            sender.sendto(b"<165>Oct 11 22:14:15 web shop[7]: through rsyslog", ("127.0.0.1", own))
            return len(json_lines(proxy.dir / "out.json")[0]) >= 2 * len(templates)
        until(all_came, "messages over every way")
        self.assertIsNone(daemon.process.poll())
        for record in json_lines(proxy.dir / "out.json")[0]:
            self.assertEqual(("through rsyslog", "local4", "info", "web", "shop", "7"),
                             tuple(record[key].strip() for key in ("msg", "facility", "level", "host", "app", "pid")))

    def test_rsyslog_takes_what_we_send(self):
        for transport, module in (("datagram", "imudp"), ("stream", "imtcp")):
            with self.subTest(transport):
                port = free_port()
                daemon = self.start(rsyslog.Rsyslog(
                    f'module(load="{module}")\ninput(type="{module}" port="{port}" address="127.0.0.1")\n'
                    'template(name="t" type="string" string="%pri%|%hostname%|%app-name%|%procid%|%msg%\\n")\n'
                    'action(type="omfile" file="@dir@/got" template="t")'))
                proxy = self.start(Outrigger("""
version: 1
status: {address: "@listen@"}
adapters:
  logs: [{tail: "@dir@/*.log", from: beginning, logfmt: true, output: {syslog: "@daemon@", transport: TRANSPORT,
          facility: local2, content: text, batch: {every: 20ms}, backoff: {base: 20ms, max: 50ms}}}]
""".replace("TRANSPORT", transport), daemon=f"127.0.0.1:{port}"))
                got = daemon.dir / "got"
                lines = 0

                def came():
                    nonlocal lines
                    with open(proxy.dir / "a.log", "a") as file:
                        file.write(f'level=warn host=web app=shop pid=7 msg="line {lines}"\n')
                    lines += 1
                    return got.exists() and got.read_text().count("\n") >= 3
                until(came, "lines at rsyslog")
                self.assertRegex(got.read_text().splitlines()[-1], r"^148\|web\|shop\|7\| ?line \d+$")
                proxy.stop()


class Stdin(Case):
    CONFIG = """
version: 1
status: {address: "ADDRESS"}
adapters: {logs: [{stdin: true, logfmt: true, EXTRAoutput: {file: "DIR/out.json", batch: {every: 20ms}}}]}
"""

    def setUp(self):
        self.directory = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))
        self.address = f"127.0.0.1:{free_port()}"

    def write(self, extra=""):
        text = self.CONFIG.replace("ADDRESS", self.address).replace("DIR", str(self.directory)).replace("EXTRA", extra)
        (self.directory / "o.yaml").write_text(text)

    def run_it(self):
        from support.outrigger import BINARY
        self.write()
        process = subprocess.Popen([BINARY, "run", "-c", str(self.directory / "o.yaml")], stdin=subprocess.PIPE,
                                   stderr=subprocess.DEVNULL, bufsize=0)
        self.addCleanup(lambda: process.poll() is None and process.kill())
        return process

    def records(self, count):
        file = self.directory / "out.json"
        return until(lambda: (lambda found: found if len(found) >= count else None)(json_lines(file)[0]), f"{count} records")

    def end(self, process):
        process.send_signal(2)
        self.assertEqual(0, process.wait(60))

    def test_lines_of_standard_input_until_it_ends(self):
        process = self.run_it()
        process.stdin.write(b"".join(b'level=info msg="line %d"\n' % n for n in range(1000)) + b"msg=last")
        process.stdin.close()
        records = self.records(1001)
        self.assertEqual([*(f"line {n}" for n in range(1000)), "last"], [record["msg"] for record in records])
        self.assertEqual("stdin", records[0]["source"])
        self.end(process)

    def test_a_half_line_is_a_record_when_the_process_ends(self):
        process = self.run_it()
        process.stdin.write(b"msg=whole\nmsg=half")
        self.records(1)
        self.end(process)
        self.assertEqual(["whole", "half"], [record["msg"] for record in self.records(2)])

    def test_a_reload_keeps_what_is_half_read(self):
        process = self.run_it()
        process.stdin.write(b"msg=before\nmsg=ha")
        self.records(1)
        self.write("fields: {add: {new: 'yes'}}, ")
        until(lambda: Metrics(self.address).value("outrigger_reloads_total", result="success") == 2, "the reload")
        process.stdin.write(b"lf\n")
        self.assertEqual(["before", "half"], [record["msg"] for record in self.records(2)])
        process.stdin.close()
        self.end(process)
