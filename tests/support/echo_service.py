"""A service that tells what reached it. Run as: python3 -m support.echo_service PORT

/bytes/N        N bytes that `pattern(N)` gives     /chunked/N  the same, chunked     /status/N  that status
/slow/SECONDS   an answer after that time           anything    JSON: method, path, headers, length and sha256 of the body
"""
import hashlib
import http.server
import json
import sys
import time


def pattern(count):
    """`count` bytes in which every kilobyte differs from its neighbours."""
    block = b"".join(i.to_bytes(4, "big") for i in range(min(count, 1 << 20) // 4 + 1))
    return (block * (count // len(block) + 1))[:count]


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def read_body(self):
        digest, length = hashlib.sha256(), 0
        if self.headers.get("Transfer-Encoding", "").lower() == "chunked":
            while size := int(self.rfile.readline().split(b";")[0], 16):
                digest.update(self.rfile.read(size))
                length += size
                self.rfile.readline()
            while self.rfile.readline() not in (b"\r\n", b"\n", b""):
                pass
        else:
            missing = int(self.headers.get("Content-Length", 0))
            while missing and (part := self.rfile.read(min(missing, 1 << 16))):
                digest.update(part)
                length += len(part)
                missing -= len(part)
        return length, digest.hexdigest()

    def answer(self):
        length, digest = self.read_body()
        kind, _, value = self.path.partition("?")[0].lstrip("/").partition("/")
        if kind == "chunked":
            return self.chunked(pattern(int(value)))
        status = int(value) if kind == "status" else 200
        if kind == "slow":
            time.sleep(float(value))
        if kind == "bytes":
            body = pattern(int(value))
        else:
            body = json.dumps({"method": self.command, "path": self.path, "headers": self.headers.items(),
                               "length": length, "sha256": digest}).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def chunked(self, body):
        self.send_response(200)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        for at in range(0, len(body), 10000):
            part = body[at:at + 10000]
            self.wfile.write(b"%x\r\n%s\r\n" % (len(part), part))
        self.wfile.write(b"0\r\n\r\n")

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = answer


if __name__ == "__main__":
    http.server.ThreadingHTTPServer.request_queue_size = 512
    http.server.ThreadingHTTPServer.daemon_threads = True
    http.server.ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
