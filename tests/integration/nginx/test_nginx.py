"""A real nginx behind us."""
import hashlib
import subprocess
import tempfile

from support.case import PLAIN, Case
from support.curl import curl
from support.echo_service import pattern
from support.nginx import Nginx


class RealNginx(Case):
    def setUp(self):
        self.big = pattern(10 << 20)
        self.proxy_ = self.proxy(PLAIN, self.start(Nginx(**{"index.html": "hello from nginx\n", "big.txt": self.big})))
        self.url = f"http://{self.proxy_.address()}"

    def test_a_page_a_range_and_an_error_come_through(self):
        self.assertEqual(b"hello from nginx\n", curl(self.url + "/").body)
        answer = curl("-r", "6-9", self.url + "/")
        self.assertEqual((206, b"from"), (answer.status, answer.body))
        self.assertEqual(404, curl(self.url + "/none").status)
        self.assertEqual(405, curl("-d", "a=b", self.url + "/").status)

    def test_a_conditional_get_is_304(self):
        tag = curl(self.url + "/").head.get("ETag")
        self.assertEqual(304, curl("-H", f"If-None-Match: {tag}", self.url + "/").status)

    def test_head_has_the_length_and_no_body(self):
        answer = curl("-I", self.url + "/big.txt")
        self.assertEqual((200, str(len(self.big)), b""), (answer.status, answer.head.get("Content-Length"), answer.body))

    def test_a_large_file_comes_whole_many_times_at_once(self):
        with tempfile.TemporaryDirectory() as directory:
            running = [subprocess.Popen(["curl", "-q", "-sS", "--noproxy", "*", "-o", f"{directory}/{n}", self.url + "/big.txt"])
                       for n in range(8)]
            self.assertEqual([0] * 8, [process.wait(60) for process in running])
            for n in range(8):
                with open(f"{directory}/{n}", "rb") as file:
                    self.assertEqual(hashlib.sha256(self.big).digest(), hashlib.sha256(file.read()).digest())
