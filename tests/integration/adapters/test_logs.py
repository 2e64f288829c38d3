"""Log files in, JSON out: following, rotation, restarts, parsers, outputs."""
import json
import os
import pathlib
import time

from support.case import Case
from support.log_files import NumberedLog, json_lines, numbers_of, outcome
from support.metrics import Metrics
from support.outrigger import Outrigger, command
from support.wait import until

TAIL = """
version: 1
status: {address: "@listen@"}
adapters:
  logs: [{tail: "@dir@/*.log", state: "@dir@", output: {file: "@dir@/out.json"}}]
"""


class Logs(Case):
    def follow(self, config=TAIL, **options):
        return self.start(Outrigger(config, **options))

    def records(self, proxy, count, name="out.json"):
        return until(lambda: (lambda found: found if len(found) >= count else None)(json_lines(proxy.dir / name)[0]),
                     f"{count} records")

    def metrics(self, proxy):
        return Metrics(proxy.address())


class Following(Logs):
    def test_a_line_becomes_json_with_its_source(self):
        proxy = self.follow()
        (proxy.dir / "a.log").write_text("hello world\n")
        record = self.records(proxy, 1)[0]
        self.assertEqual("hello world", record["msg"])
        self.assertEqual(str(proxy.dir / "a.log"), record["source"])
        self.assertRegex(record["time"], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$")

    def test_what_was_written_before_the_start_is_read_too_when_there_is_a_state_directory(self):
        proxy = Outrigger(TAIL)
        (proxy.dir / "a.log").write_text("before\n")
        self.start(proxy)
        self.assertEqual("before", self.records(proxy, 1)[0]["msg"])

    def test_without_a_state_directory_only_new_lines_are_read_and_the_log_says_so(self):
        proxy = Outrigger(TAIL.replace('state: "@dir@", ', ""), environment={"STATE_DIRECTORY": ""})
        (proxy.dir / "a.log").write_text("before\n")
        self.start(proxy)
        until(lambda: self.metrics(proxy).value("outrigger_logs_open_files") == 1, "the file to be followed")
        with open(proxy.dir / "a.log", "a") as file:
            file.write("after\n")
        self.assertEqual(["after"], [record["msg"] for record in self.records(proxy, 1)])
        until(lambda: "without `state` a restart begins at the end" in proxy.stderr(), "the warning")

    def test_every_rotation_keeps_lines_and_their_order(self):
        for how in ("rename", "copytruncate", "recreate"):
            with self.subTest(how):
                proxy = self.follow()
                log = NumberedLog(proxy.dir / "a.log")
                self.addCleanup(log.close)
                log.write(1)
                self.records(proxy, 1)  # a file that was never seen before it lost its name is nobody's
                for _ in range(5):
                    log.write(400)
                    # What is removed is only safe once it is open; a copy and a rename are so at any time.
                    if how == "recreate":
                        self.records(proxy, log.count)
                    log.rotate(how)
                    log.write(100)
                    self.records(proxy, log.count)
                records = self.records(proxy, log.count)
                self.assertEqual(list(range(log.count)), list(numbers_of(records).elements()))
                self.assertEqual((0, 0, 0), tuple(outcome(proxy.dir / "out.json", log.count)))
                proxy.stop()

    def test_kill_and_rotation_lose_nothing(self):
        proxy = self.follow(TAIL.replace("output: {file", "output: {batch: {every: 20ms}, file"))
        log = NumberedLog(proxy.dir / "a.log")
        self.addCleanup(log.close)
        ways = ("rename", "copytruncate")
        for turn in range(12):
            for _ in range(10):
                log.write(50)
                time.sleep(0.01)
            if turn % 2:
                # A file that was never seen before it lost its name is nobody's.
                until(lambda: any(n >= log.count - 400 for n in numbers_of(json_lines(proxy.dir / "out.json")[0])), "new lines")
                log.rotate(ways[turn // 2 % 2])
            proxy.kill()
            log.write(50)
            proxy.start()
        records = until(lambda: (lambda seen: seen if len(seen) == log.count else None)(
            numbers_of(json_lines(proxy.dir / "out.json")[0])), "every line")
        repeated = sum(records.values()) - log.count
        self.assertLess(repeated, log.count / 2)

    def test_a_reload_goes_on_where_it_was(self):
        proxy = self.follow()
        log = NumberedLog(proxy.dir / "a.log")
        self.addCleanup(log.close)
        log.write(1000)
        self.records(proxy, 1000)
        proxy.write(TAIL.replace("output:", "fields: {add: {app: shop}}, output:"))
        until(lambda: (log.write(1), any("app" in each for each in json_lines(proxy.dir / "out.json")[0]))[1],
              "a record of the new configuration")
        self.records(proxy, log.count)
        self.assertEqual((0, 0, 0), tuple(outcome(proxy.dir / "out.json", log.count)))

    def test_a_state_directory_that_is_missing_is_refused(self):
        proxy = Outrigger(TAIL.replace('state: "@dir@"', "state: /nowhere"))
        with self.assertRaisesRegex(AssertionError, "state: cannot write to /nowhere"):
            proxy.start()


class Parsing(Logs):
    def config(self, options, output='{file: "@dir@/out.json"}'):
        return TAIL.replace("output: {file: \"@dir@/out.json\"}", options + ", output: " + output)

    def parsed(self, options, text, count=1):
        proxy = self.follow(self.config(options))
        with open(proxy.dir / "a.log", "ab") as file:
            file.write(text if isinstance(text, bytes) else text.encode())
        return proxy, self.records(proxy, count)

    def test_the_example_of_the_manual(self):
        _, records = self.parsed(r"multiline: '^\d{4}-', regex: '^(?P<time>\S+) (?P<level>\w+) (?P<msg>.*)$'",
                                 "2026-11-26T05:16:01Z ERROR it failed\n  at line 1\n2026-11-26T05:16:02Z INFO fine\n", 2)
        self.assertEqual([("2026-11-26T05:16:01.000Z", "error", "it failed\n  at line 1"),
                          ("2026-11-26T05:16:02.000Z", "info", "fine")],
                         [(each["time"], each["level"], each["msg"]) for each in records])

    def test_json_logfmt_and_grok(self):
        for options, line, expected in (
                ("json: true", '{"ts": 1795670161.5, "lvl": "WARN", "msg": "x", "deep": {"a": [1, "b"]}}',
                 {"time": "2026-11-26T05:16:01.500Z", "level": "warn", "msg": "x", "deep": {"a": [1, "b"]}}),
                ("logfmt: true", 'time=2026-11-26T05:16:01Z level=info msg="it is up" took=1.5',
                 {"time": "2026-11-26T05:16:01.000Z", "level": "info", "msg": "it is up", "took": 1.5}),
                ("grok: combined", '1.2.3.4 - - [26/Nov/2026:05:16:01 +0000] "GET /a HTTP/1.1" 404 12 "-" "curl"',
                 {"time": "2026-11-26T05:16:01.000Z", "client": "1.2.3.4", "method": "GET", "target": "/a",
                  "http_version": "1.1", "status": 404, "bytes": 12, "user_agent": "curl"})):
            with self.subTest(options):
                proxy, records = self.parsed(options, line + "\n")
                self.assertEqual({**expected, "source": str(proxy.dir / "a.log")}, records[0])
                proxy.stop()

    def test_what_is_odd_passes_with_a_field_that_says_so_and_is_counted(self):
        proxy, records = self.parsed("json: true, max_line: 100B",
                                     b"no json\n" + b'{"msg": "\xff\xfe"}\n' + b"n\0l\n" + b"y" * 150 + b"\n{\"msg\": \"ok\"}\n", 5)
        self.assertEqual({"msg": "no json", "unparsed": "json"},
                         {key: records[0][key] for key in ("msg", "unparsed")})
        self.assertEqual((True, "eyJtc2ciOiAi//4ifQ==", "\ufffd\ufffd"),
                         (records[1]["invalid_utf8"], records[1]["raw_base64"], records[1]["msg"]))
        self.assertEqual((True, "n\0l"), (records[2]["binary"], records[2]["msg"]))
        self.assertEqual((50, "y" * 100), (records[3]["cut_bytes"], records[3]["msg"]))
        self.assertEqual("ok", records[4]["msg"])
        metrics = self.metrics(proxy)
        for flag, count in (("unparsed", 3), ("invalid_utf8", 1), ("binary", 1), ("cut", 1)):
            self.assertEqual(count, metrics.value("outrigger_logs_flagged_lines_total", flag=flag), flag)

    def test_lines_are_chosen_and_fields_changed(self):
        proxy, records = self.parsed(
            "logfmt: true, lines: {drop: DEBUG, keep: a=}, redact: {fields: password, patterns: '\\d{4}-\\d{4}'}, "
            "fields: {rename: {a: b}, drop: [noise], add: {app: shop}}",
            "level=DEBUG a=1\nlevel=INFO z=1\nlevel=INFO a=2 noise=1 password=x msg=\"card 1234-5678\"\n")
        self.assertEqual(1, len(records))
        record = {key: value for key, value in records[0].items() if key not in ("time", "source")}
        self.assertEqual({"level": "info", "msg": "card [redacted]", "b": 2, "password": "[redacted]", "app": "shop"}, record)
        self.assertEqual(2, self.metrics(proxy).value("outrigger_logs_dropped_lines_total", reason="filtered"))

    def test_a_rate_limit_counts_what_it_leaves_out(self):
        proxy, _ = self.parsed("lines: {rate: 1/s, burst: 5}", "x\n" * 100)
        until(lambda: self.metrics(proxy).value("outrigger_logs_lines_total") == 100, "all lines")
        self.assertGreater(self.metrics(proxy).value("outrigger_logs_dropped_lines_total", reason="rate_limit"), 50)

    def test_a_traceparent_and_a_request_id_in_the_line_become_fields(self):
        _, records = self.parsed("trace_context: true", "done request_id=abc traceparent=00-4bf92f3577b34da6a3ce929d0e0e4736-"
                                                        "00f067aa0ba902b7-01\n")
        self.assertEqual(("abc", "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"),
                         tuple(records[0][key] for key in ("request_id", "trace_id", "span_id")))

    def test_bad_settings_are_named(self):
        for options, message in (("regex: '('", "bad regular expression"), ("grok: combind", 'did you mean "combined"'),
                                 ("json: true, logfmt: true", "one of regex, grok, json and logfmt"),
                                 ("time: {format: '%Q'}", "a time format has no %Q"),
                                 ("time: {zone: Europe/Atlantis}", "no time zone"),
                                 ("level: {map: {a: loud}}", "a level is one of"),
                                 ("stdin: true", "one of tail, syslog and stdin")):
            with self.subTest(options):
                file = pathlib.Path(self.enterContext(__import__("tempfile").TemporaryDirectory())) / "f.yaml"
                file.write_text(self.config(options).replace("@dir@", "/tmp").replace("@listen@", "127.0.0.1:1"))
                done = command("validate", "-c", file)
                self.assertEqual(2, done.returncode)
                self.assertIn(message, done.stderr + done.stdout)


class Outputs(Logs):
    def test_stdout_has_whole_lines_beside_the_access_log(self):
        proxy = self.follow("""
version: 1
listeners: [{address: "@listen@", filters: [{access_log: {}}], routes: [{respond: {status: 200}}]}]
adapters: {logs: [{tail: "@dir@/*.log", from: beginning, output: stdout}]}
""")
        log = NumberedLog(proxy.dir / "a.log", padding=9000)
        self.addCleanup(log.close)
        client = self.client(proxy)
        for _ in range(20):
            log.write(20)
            client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            client.response()
        lines = until(lambda: (lambda all_: all_ if len(all_) == log.count + 20 else None)(proxy.stdout().split("\n")[:-1]),
                      "every line")
        records = [json.loads(line) for line in lines]
        self.assertEqual(list(range(log.count)), sorted(numbers_of(records).elements()))

    def test_a_file_is_rotated_by_size(self):
        proxy = self.follow(TAIL.replace('out.json"', 'out.json", max_size: 20KB, keep: 3'))
        log = NumberedLog(proxy.dir / "a.log")
        self.addCleanup(log.close)
        for _ in range(12):
            log.write(50)
            until(lambda: self.metrics(proxy).value("outrigger_logs_delivered_lines_total") == log.count, "delivery")
        names = sorted(file.name for file in proxy.dir.glob("out.json*"))
        self.assertEqual(["out.json", "out.json.1", "out.json.2", "out.json.3"], names)
        records, torn = json_lines(proxy.dir / "out.json")
        self.assertEqual(0, torn)
        numbers = sorted(numbers_of(records))
        self.assertEqual(list(range(numbers[0], log.count)), numbers)

    def test_a_full_disk_is_said_once_and_loses_nothing(self):
        proxy = self.follow(TAIL.replace('file: "@dir@/out.json"', 'file: /dev/full, backoff: {base: 10ms, max: 20ms}'))
        (proxy.dir / "a.log").write_text("x\n")
        until(lambda: self.metrics(proxy).value("outrigger_logs_retries_total") > 3, "retries")
        until(lambda: "a log output does not take records" in proxy.stderr(), "the reason")
        self.assertEqual(1, proxy.stderr().count("a log output does not take records"))
        self.assertIn("No space left on device", proxy.stderr())
        proxy.write(TAIL)
        self.assertEqual("x", self.records(proxy, 1)[0]["msg"])

    def test_positions_that_cannot_be_kept_are_said_once_and_counted(self):
        proxy = Outrigger(TAIL.replace('state: "@dir@"', 'state: "@dir@/state"'))
        state = proxy.dir / "state"
        state.mkdir()
        self.start(proxy)
        log = NumberedLog(proxy.dir / "a.log")
        self.addCleanup(log.close)
        log.write(1)
        self.records(proxy, 1)
        state.rename(proxy.dir / "gone")  # in one step: the proxy may be writing in it
        log.write(1)
        self.records(proxy, 2)
        until(lambda: self.metrics(proxy).value("outrigger_logs_state_failures_total") >= 1, "the failure to be counted")
        until(lambda: "the positions of log files cannot be kept" in proxy.stderr(), "the reason")
        self.assertEqual(1, proxy.stderr().count("the positions of log files cannot be kept"))


class Loss(Logs):
    """A sink that is down: memory, then disk, then the oldest goes and is counted."""

    CONFIG = """
version: 1
status: {address: "@listen@"}
adapters:
  logs: [{tail: "@dir@/*.log", from: beginning, output: {http: "http://@sink@/", when_full: drop_oldest, max_memory: 64KiB,
          batch: {max_size: 10KB, every: 20ms}, backoff: {base: 20ms, max: 100ms}, SPOOL}}]
"""

    def run_against_a_sink_that_is_down(self, spool, lines):
        from support.ports import free_port
        sink = f"127.0.0.1:{free_port()}"
        proxy = self.follow(self.CONFIG.replace("SPOOL", spool), sink=sink)
        log = NumberedLog(proxy.dir / "a.log")
        self.addCleanup(log.close)
        until(lambda: self.metrics(proxy).value("outrigger_logs_open_files") == 1, "the file to be followed")
        log.write(lines)
        until(lambda: self.metrics(proxy).value("outrigger_logs_lines_total") == lines, "every line")
        return proxy, sink

    def delivered_to(self, sink, proxy, expected):
        from http.server import BaseHTTPRequestHandler, HTTPServer
        import threading
        got = []

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                got.extend(json.loads(line) for line in
                           self.rfile.read(int(self.headers["Content-Length"])).split(b"\n")[:-1])
                self.send_response(204)
                self.end_headers()

            def log_message(self, *_):
                pass
        server = HTTPServer(("127.0.0.1", int(sink.rpartition(":")[2])), Handler)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        self.addCleanup(server.server_close)
        self.addCleanup(server.shutdown)
        until(lambda: len(numbers_of(got)) >= expected(), "what was kept to be delivered")
        return sorted(numbers_of(got))

    def check_loss(self, sink, proxy, lines):
        """What was counted as lost is all that is missing, and it is one gap behind the batch that was on its way."""
        def kept():
            return lines - int(self.metrics(proxy).value("outrigger_logs_lost_lines_total"))
        numbers = self.delivered_to(sink, proxy, kept)
        self.assertEqual(kept(), len(numbers))
        gaps = [after - before - 1 for before, after in zip(numbers, numbers[1:]) if after != before + 1]
        self.assertEqual([lines - len(numbers)], gaps)
        self.assertEqual(lines - 1, numbers[-1])

    def test_without_a_spool_the_oldest_go_first(self):
        proxy, sink = self.run_against_a_sink_that_is_down("", 5000)
        lost = self.metrics(proxy).value("outrigger_logs_lost_lines_total", reason="memory_full")
        self.assertGreater(lost, 0)
        self.check_loss(sink, proxy, 5000)

    def test_a_spool_keeps_everything_in_order(self):
        proxy, sink = self.run_against_a_sink_that_is_down('spool: "@dir@/spool"', 5000)
        self.assertEqual(0, self.metrics(proxy).value("outrigger_logs_lost_lines_total"))
        self.assertGreater(self.metrics(proxy).value("outrigger_logs_spooled_bytes"), 100_000)
        self.assertEqual(list(range(5000)), self.delivered_to(sink, proxy, lambda: 5000))
        until(lambda: not list((proxy.dir / "spool").iterdir()), "the spool to be empty")

    def test_a_full_spool_drops_the_oldest(self):
        self.CONFIG = self.CONFIG.replace("max_size: 10KB, every", "max_size: 30KB, every")  # each batch waits for the disk
        proxy, sink = self.run_against_a_sink_that_is_down('spool: {path: "@dir@/spool", max_size: 1MiB}', 20000)
        self.assertGreater(self.metrics(proxy).value("outrigger_logs_lost_lines_total", reason="spool_full"), 0)
        self.check_loss(sink, proxy, 20000)

    def test_a_file_waits_by_itself_for_a_sink_that_is_down(self):
        config = self.CONFIG.replace("when_full: drop_oldest, ", "").replace(", SPOOL", "")
        from support.ports import free_port
        sink = f"127.0.0.1:{free_port()}"
        proxy = self.follow(config, sink=sink)
        log = NumberedLog(proxy.dir / "a.log")
        self.addCleanup(log.close)
        log.write(20000)
        until(lambda: self.metrics(proxy).value("outrigger_logs_retries_total") > 2, "retries")
        self.assertLess(self.metrics(proxy).value("outrigger_logs_lines_total"), 20000)
        self.assertEqual(list(range(20000)), self.delivered_to(sink, proxy, lambda: 20000))
        self.assertEqual(0, self.metrics(proxy).value("outrigger_logs_lost_lines_total"))

    def test_what_a_removed_entry_holds_is_counted_as_lost_and_said_once(self):
        self.CONFIG = self.CONFIG.replace("from: beginning", "from: end")
        proxy, _ = self.run_against_a_sink_that_is_down("", 200)
        proxy.write(self.CONFIG.replace("SPOOL", "").replace("*.log", "*.txt"))
        until(lambda: self.metrics(proxy).value("outrigger_logs_lost_lines_total", reason="removed") == 200, "the loss")
        self.assertEqual(1, proxy.stderr().count("records that no log output took are lost"))

    def test_what_a_renamed_entry_holds_waits_in_its_spool(self):
        self.CONFIG = self.CONFIG.replace("from: beginning", "from: end")
        spool = 'spool: "@dir@/spool"'
        proxy, sink = self.run_against_a_sink_that_is_down(spool, 1000)
        proxy.write(self.CONFIG.replace("SPOOL", spool).replace("tail:", "name: other, tail:"))
        until(lambda: self.metrics(proxy).value("outrigger_logs_spooled_bytes", adapter="other") > 0, "the new entry")
        self.assertEqual(list(range(1000)), self.delivered_to(sink, proxy, lambda: 1000))
        self.assertEqual(0, self.metrics(proxy).value("outrigger_logs_lost_lines_total"))

    def test_a_spool_outlives_a_kill(self):
        proxy, sink = self.run_against_a_sink_that_is_down('spool: "@dir@/spool"', 5000)
        proxy.kill()
        os.unlink(proxy.dir / "a.log")
        kept = len(list((proxy.dir / "spool").iterdir()))
        self.assertGreater(kept, 10)
        proxy.start()
        numbers = self.delivered_to(sink, proxy, lambda: 2000)
        self.assertEqual(0, numbers[0])


class OtherAdapters(Logs):
    def test_metrics_and_health_see_the_lines(self):
        proxy = self.follow("""
version: 1
status: {address: "@listen@"}
adapters:
  logs: [{tail: "@dir@/*.log", from: beginning, regex: '^(?P<level>\\w+) (?P<msg>.*)$', output: {file: "@dir@/out.json"}}]
  metrics: [{from_logs: 'ERROR (?P<kind>\\w+)', counter: app_errors_total}]
""")
        (proxy.dir / "a.log").write_text("ERROR Timeout happened\nINFO fine\nERROR Timeout again\n")
        until(lambda: self.metrics(proxy).value("app_errors_total", kind="Timeout") == 2, "the counter")
