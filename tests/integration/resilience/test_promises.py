"""What the product promises under faults, with fewer requests than `tests/integration/chaos` sends by itself."""
import subprocess
import sys
import unittest

from support.outrigger import ROOT


class Promises(unittest.TestCase):
    def hold(self, fault, requests):
        """The program ends with 1 where a promise is broken, and says which."""
        done = subprocess.run([sys.executable, ROOT / "tests/integration/chaos", "--only", fault, "--requests", str(requests),
                               "--most", str(requests)], capture_output=True, text=True, timeout=600, check=False)
        self.assertEqual(0, done.returncode, done.stdout + done.stderr)
        self.assertGreaterEqual(len(done.stdout.splitlines()), 2, done.stdout)

    def test_with_one_of_three_endpoints_dead_no_request_fails(self):
        self.hold("^one of three dead$", 1000)

    def test_of_ten_percent_500s_less_than_a_thousandth_reaches_the_client(self):
        self.hold("^500, 10 %$", 5000)

    def test_an_outage_costs_the_service_at_most_a_fifth_more_requests(self):
        self.hold("^outage", 1500)
