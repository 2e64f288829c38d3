#include "generator.h"

#include <algorithm>

namespace outrigger::differential {

namespace {

using Words = std::vector<std::string_view>;

const Words kMethods = {"GET",     "GET",   "POST",  "PUT",   "HEAD",    "DELETE",
                        "OPTIONS", "PATCH", "TRACE", "PURGE", "CONNECT", "get"};
const Words kTargets = {
    "/",         "/a/b",        "/a?b=c",          "/a;b/../c",  "*",  "http://b/", "http://b:81/x?y",
    "HTTP://b",  "http://b?x",  "http://[::1]:8/", "/%2f%2e",    "//", "/a#b",      "a",
    "/\xc3\xa4", "http://u@b/", "/a|b{}\"",        "https://b/?"};
const Words kVersions = {"HTTP/1.1", "HTTP/1.1", "HTTP/1.1", "HTTP/1.0",
                         "HTTP/1.2", "HTTP/2.0", "http/1.1", "HTTP/1.1 "};
const Words kHosts = {"a", "a.example:80", "[::1]:1", "a b", "", "a/b", "127.0.0.1"};
const Words kFields = {"Content-Length: 5\r\n",
                       "Content-Length: 5\r\n",
                       "Content-Length: 0\r\n",
                       "content-length:\t3 \r\n",
                       "Content-Length: 5, 5\r\n",
                       "Content-Length: +5\r\n",
                       "Content-Length: 5 5\r\n",
                       "Content-Length:\r\n",
                       "Content-Length: 18446744073709551617\r\n",
                       "Content-Length: 0x5\r\n",
                       "Content-Length : 5\r\n",
                       "Transfer-Encoding: chunked\r\n",
                       "Transfer-Encoding: chunked\r\n",
                       "Transfer-Encoding: chunked\r\n",
                       "Transfer-Encoding: Chunked \r\n",
                       "Transfer-Encoding: gzip, chunked\r\n",
                       "Transfer-Encoding: chunked, x\r\n",
                       "Transfer-Encoding: xchunked\r\n",
                       "Transfer-Encoding:\r\n",
                       "Connection: close\r\n",
                       "Connection: keep-alive\r\n",
                       "Connection: x, close\r\n",
                       "Connection:  keep-alive , y\r\n",
                       "Connection: upgrade\r\nUpgrade: websocket\r\n",
                       "Connection: close, keep-alive\r\n",
                       "Connection: \r\n",
                       "Connection: closed\r\n",
                       "Connection: x\r\n",
                       "Connection: x-y, host, content-length\r\n",
                       "X: y\r\n",
                       "X:\r\n",
                       "X: \t y z \t \r\n",
                       "X-Y: \xe4\xff\r\n",
                       " X: y\r\n",
                       "X : y\r\n",
                       "X: y\r\n z\r\n",
                       "X\r\n",
                       ": x\r\n",
                       "X: y\n",
                       "X: y\rz\r\n",
                       "X(: y\r\n",
                       "Expect: 100-continue\r\n",
                       "Proxy-Connection: close\r\n",
                       "Upgrade: h2c\r\n",
                       "Trailer: T\r\n",
                       "TE: trailers\r\n",
                       "Host: b\r\n"};
const Words kBodies = {"",
                       "hello",
                       "hello",
                       "hel",
                       "hello world",
                       "0\r\n\r\n",
                       "5\r\nhello\r\n0\r\n\r\n",
                       "5\r\nhello\r\n0\r\n\r\nGET / HTTP/1.1\r\n",
                       "5;a=b\r\nhello\r\n1\r\nx\r\n0;y\r\nT: 1\r\n\r\n",
                       "5\nhello\r\n0\r\n\r\n",
                       "g\r\n",
                       "005\r\nhello\r\n0\r\nT: 1\r\nContent-Length: 9\r\n\r\n",
                       "10000000000000000\r\n",
                       "5 \r\nhello\r\n0\r\n\r\n",
                       "5\r\nhelloo\r\n0\r\n\r\n",
                       "0\r\nT : 1\r\n\r\n",
                       "5;a=\"b;c\"\r\nhello\r\n0;\r\n\r\n",
                       "5;a=\"b\\\"c\";d\r\nhello\r\n0;;\r\n\r\n",
                       "5; a\r\nhello\r\n0;a =b\r\n\r\n",
                       "5;a=\r\nhello\r\n0;=\r\n\r\n",
                       "1;\"x\"\r\nx\r\n0;a=\"b\r\n\r\n",
                       "5;a;b=c;d\r\nhello\r\n00\r\n\r\n",
                       "helloPOST /b HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\nx",
                       "5\r\nhello\r\n0\r\n\r\nGET /b HTTP/1.1\r\nHost: a\r\n\r\n",
                       "GET /b HTTP/1.1\r\nHost: a\r\n\r\n",
                       "\r\nGET /b HTTP/1.1\r\nHost: a\r\n\r\n"};
const Words kBytes = {"\r",   "\n",   "\r\n", " ", "\t", ":", ",",    ";",       "/",     "\\", "0",        "5",
                      "\x7f", "\x0b", "\xff", "%", "#",  "A", "\x01", "chunked", "close", "\"", "\r\n\r\n", "f"};

}  // namespace

// splitmix64.
std::size_t Generator::below(std::size_t limit) {
  std::uint64_t z = (state_ += 0x9e3779b97f4a7c15);
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
  z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
  return static_cast<std::size_t>((z ^ (z >> 31)) % limit);
}

std::string Generator::make() {
  std::string text(one_in(20) ? "\r\n" : "");
  text.append(pick(kMethods)).append(" ").append(pick(kTargets)).append(" ").append(pick(kVersions)).append("\r\n");
  if (!one_in(10)) text.append("Host: ").append(one_in(3) ? pick(kHosts) : "a").append("\r\n");
  for (std::size_t i = below(4); i > 0; --i) text.append(pick(kFields));
  return text.append("\r\n").append(pick(kBodies));
}

void Generator::mutate(std::string& text) {
  const std::size_t at = below(text.size() + 1);
  switch (below(5)) {
    case 0:
      text.insert(at, pick(kBytes));
      break;
    case 1:
      text.erase(at, 1 + below(4));
      break;
    case 2:
      if (at < text.size()) text[at] = static_cast<char>(below(256));
      break;
    case 3:
      text.insert(at, text.substr(below(text.size() + 1), below(20)));
      break;
    default:
      text.replace(at, std::min<std::size_t>(1, text.size() - at), pick(kBytes));
      break;
  }
}

std::string Generator::next() {
  std::string text = !seeds_.empty() && one_in(4) ? seeds_[below(seeds_.size())] : make();
  if (!one_in(2)) {
    for (std::size_t i = 1 + below(2); i > 0; --i) mutate(text);
  }
  return text;
}

}  // namespace outrigger::differential
