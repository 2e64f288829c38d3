"""Floods beside a good client, briefly: tests/bench/floods measures them at length."""
from support import floods, outrigger
from support.case import Case


class Floods(Case):
    def check(self, name):
        found = floods.measure(name, 2)
        self.assertGreater(found.attacked["connections"], 0)
        self.assertGreater(found.asked, 0)
        self.assertEqual(0, found.failed)
        if not outrigger.SANITIZED:  # which makes everything slower, and keeps what is freed
            # Of few requests, beside other tests. The floods last 2 s: who is made to wait for their end waits longer.
            self.assertLess(found.longest, 5000)
            self.assertLess(found.peak - found.start, floods.BUDGET)


def _add(name):
    def test(self):
        self.check(name)
    setattr(Floods, "test_" + "".join(c if c.isalnum() else "_" for c in name.lower()), test)


for _name in floods.ATTACKS:
    _add(_name)
