"""The rules by which compare and guards refuse a figure. Run by scripts/test guards."""
import importlib.machinery
import importlib.util
import pathlib
import sys
import unittest

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent)]
from rig import measure, process, report, workloads  # noqa: E402

_LOADER = importlib.machinery.SourceFileLoader("guards", str(HERE / "guards"))
guards = importlib.util.module_from_spec(importlib.util.spec_from_loader("guards", _LOADER))
_LOADER.exec_module(guards)

_FIELDS = ("X-Forwarded-For", "X-Forwarded-Proto", "X-Forwarded-Host", "Via", "X-Request-Id", "X-Tenant", "X-Debug")


class _Proxy:
    name = "outrigger"
    is_floor = False


def _stats(requests, fields=(), **more):
    return {"requests": requests, "body_bytes": 0, "wrong_bodies": 0, **more,
            "fields": {name: requests if name in fields else 0 for name in _FIELDS}}


def _wrongs(key="a", arrived=100, fields=_FIELDS[:4], report_more=None, **stats):
    load = {"requests": 100, "wrong": 0, "failed": 0, "closed": 0, "connections": 1, "resumed": 0, **(report_more or {})}
    workload = next(item for item in workloads.ALL if item.key == key)
    return measure._wrongs(_Proxy(), workload, load, _stats(0), _stats(arrived, fields, **stats))


class Refusals(unittest.TestCase):
    def test_a_run_in_which_all_was_right_has_no_complaint(self):
        self.assertEqual(_wrongs(), [])

    def test_each_wrong_is_told(self):
        for expected, arguments in (
                ("wrong answers: 1", {"report_more": {"wrong": 1}}),
                ("requests without an answer: 2", {"report_more": {"failed": 2}}),
                ("100 requests answered, 99 reached the service", {"arrived": 99}),
                ("100 requests answered, 101 reached the service", {"arrived": 101}),
                ("0 of 100 requests carried Via", {"fields": _FIELDS[:3]}),
                ("0 of 100 requests carried X-Request-Id", {"key": "m"}),
                ("X-Debug was passed on", {"fields": _FIELDS[:4] + ("X-Debug",)}),
                ("bodies did not arrive as they were sent", {"key": "h"}),
                ("0 of 1 sessions were resumed", {"key": "e-resumed"})):
            with self.subTest(expected):
                self.assertIn(expected, _wrongs(**arguments))

    def test_there_is_no_ratio_when_ours_or_the_peer_was_wrong(self):
        for blamed in ("outrigger", "nginx"):
            result = measure.Result(workloads.ALL[0])
            for name, value in (("outrigger", 1.0), ("nginx", 2.0)):
                result.add(name, value)
            self.assertEqual(report.ratio(result), (0.5, 0.5, 0.5))
            result.blame(blamed, ["wrong answers: 1"])
            self.assertIsNone(report.ratio(result))
            self.assertEqual(list(report.complaints([result])), [f"a: {blamed}: wrong answers: 1"])

    def test_the_best_peer_is_the_cheaper_one(self):
        result = measure.Result(workloads.ALL[0])
        for name, value in (("outrigger", 1.0), ("nginx", 2.0), ("haproxy", 1.5), ("floor", 0.5)):
            result.add(name, value)
        self.assertEqual(report.best_peer(result), "haproxy")


class Streams(unittest.TestCase):
    """What h2load prints becomes the report of a load run."""

    def report(self, answered=100, failed=0, errored=0, data=12800):
        printed = (f"finished in 250.00ms, 400.00 req/s, 1.00KB/s\n"
                   f"requests: 100 total, 100 started, 100 done, {answered} succeeded, {failed} failed, {errored} errored, 0 timeout\n"
                   f"traffic: 15.00KB (15360) total, 2.00KB (2048) headers (space savings 60.00%), 12.50KB ({data}) data\n")
        workload = next(item for item in workloads.ALL if item.key == "f")
        return process.streams_report(printed, "1\t200\t30\n2\t200\t10\n3\t200\t20\n", workload)

    def test_all_answered(self):
        told = self.report()
        self.assertEqual((100, 0, 0, 0.25, 20), tuple(told[key] for key in ("requests", "failed", "wrong", "seconds", "p50")))

    def test_other_statuses_missing_answers_and_short_content_are_told(self):
        self.assertEqual(2, self.report(answered=98, failed=2, data=98 * 128)["wrong"])
        self.assertEqual(3, self.report(answered=97, failed=3, errored=3, data=97 * 128)["failed"])
        self.assertEqual(1, self.report(data=12799)["wrong"])


class Limits(unittest.TestCase):
    def test_a_figure_above_its_limit_and_tolerance_fails(self):
        limit = {"limit": 10, "tolerance": 0.2}
        self.assertTrue(guards.judge("calls", 10.2, limit)[1])
        self.assertFalse(guards.judge("calls", 10.3, limit)[1])

    def test_a_figure_without_a_limit_fails(self):
        self.assertFalse(guards.judge("calls", 1, None)[1])


if __name__ == "__main__":
    unittest.main()
