#include "http/h1/request_parser.h"

#include <catch2/catch.hpp>
#include <string>

using namespace outrigger;
using namespace outrigger::http::h1;
using namespace std::string_literals;
using Status = HeadResult::Status;

namespace {

constexpr HeadLimits kSmall{.max_head = 400, .max_fields = 5, .max_target = 100};

// Feeds the request byte by byte; the end must be the same as when it comes whole.
HeadResult trickle(std::string_view input, const HeadLimits& limits, PathPolicy policy, std::string& target) {
  std::size_t scanned = 0;
  for (std::size_t size = 0; size <= input.size(); ++size) {
    Arena arena;
    RequestHead head(arena);
    const HeadResult result = parse_request_head(input.substr(0, size), scanned, limits, policy, head);
    target = head.target;
    if (result.status != Status::need_more) return result;
  }
  return {};
}

// "" when accepted, else the token of the failure and the reason.
std::string outcome(const HeadResult& result) {
  if (result.status == Status::need_more) return "need_more";
  if (result.status == Status::complete) return "";
  return std::string(describe(result.failure).token) + ": " + std::string(result.reason);
}

std::string check(std::string_view input, PathPolicy policy = PathPolicy::reject, const HeadLimits& limits = {}) {
  Arena arena;
  RequestHead head(arena);
  std::size_t scanned = 0;
  const HeadResult whole = parse_request_head(input, scanned, limits, policy, head);
  std::string target;
  const HeadResult slow = trickle(input, limits, policy, target);
  REQUIRE(slow.status == whole.status);
  REQUIRE(slow.consumed == whole.consumed);
  REQUIRE(describe(slow.failure).token == describe(whole.failure).token);
  if (whole.status == Status::complete) REQUIRE(target == head.target);
  return outcome(whole);
}

std::string with_fields(std::string_view fields) {
  return "GET / HTTP/1.1\r\nHost: a\r\n" + std::string(fields) + "\r\n";
}
std::string with_target(std::string_view target) {
  return "GET " + std::string(target) + " HTTP/1.1\r\nHost: a\r\n\r\n";
}
std::string with_host(std::string_view host) { return "GET / HTTP/1.1\r\nHost: " + std::string(host) + "\r\n\r\n"; }

struct Row {
  const char* sentence;
  std::string text;
  const char* outcome;
};

}  // namespace

TEST_CASE("request: the request line", "[http][h1]") {
  const Row rows[] = {
      {"the smallest request", "GET / HTTP/1.1\r\nHost: a\r\n\r\n", ""},
      {"HTTP/1.0 needs no Host", "GET / HTTP/1.0\r\n\r\n", ""},
      {"any token is a method", "PURGE! / HTTP/1.1\r\nHost: a\r\n\r\n", ""},
      {"one empty line before is skipped", "\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", ""},
      {"two empty lines are not", "\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n",
       "bad_request_line: the method is no token"},
      {"an empty line without CR is not", "\nGET / HTTP/1.1\r\nHost: a\r\n\r\n",
       "bad_request_line: the method is no token"},
      {"a blank before the method", " GET / HTTP/1.1\r\nHost: a\r\n\r\n", "bad_request_line: the method is no token"},
      {"a method that is no token", "G@T / HTTP/1.1\r\nHost: a\r\n\r\n", "bad_request_line: the method is no token"},
      {"a long method that is no token", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAA(/ / HTTP/1.1\r\n\r\n",
       "bad_request_line: the method is no token"},
      {"two blanks before the target", "GET  / HTTP/1.1\r\nHost: a\r\n\r\n", "bad_request_line: two blanks"},
      {"two blanks before the version", "GET /  HTTP/1.1\r\nHost: a\r\n\r\n", "bad_request_line: version"},
      {"a blank behind the version", "GET / HTTP/1.1 \r\nHost: a\r\n\r\n", "bad_request_line: version"},
      {"a tab for a blank", "GET\t/ HTTP/1.1\r\nHost: a\r\n\r\n", "bad_request_line: the method is no token"},
      {"a blank inside the target", "GET /a b HTTP/1.1\r\nHost: a\r\n\r\n", "bad_request_line: version"},
      {"HTTP/0.9", "GET /\r\n\r\n", "bad_request_line: no version"},
      {"a method alone", "GET\r\n\r\n", "bad_request_line: the method is no token"},
      {"a long method alone", "GETGETGETGETGETGETGETGETGETGET\r\n\r\n", "bad_request_line: no target"},
      {"a lower-case version", "GET / http/1.1\r\nHost: a\r\n\r\n", "bad_request_line: version"},
      {"version 1.2", "GET / HTTP/1.2\r\nHost: a\r\n\r\n", "unsupported_version: version"},
      {"version 2.0", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "unsupported_version: version"},
      {"version 0.9", "GET / HTTP/0.9\r\nHost: a\r\n\r\n", "unsupported_version: version"},
      {"version 1.10", "GET / HTTP/1.10\r\nHost: a\r\n\r\n", "bad_request_line: version"},
      {"version 1,1", "GET / HTTP/1,1\r\nHost: a\r\n\r\n", "bad_request_line: version"},
      {"bare LF behind the request line", "GET / HTTP/1.1\nHost: a\r\n\r\n", "bad_request_line: bare LF"},
      {"bare CR in the request line", "GET /\rHTTP/1.1\r\nHost: a\r\n\r\n", "bad_request_line: bare CR"},
      {"NUL in the request line", "GET /\0 HTTP/1.1\r\nHost: a\r\n\r\n"s, "bad_request_line: control character"},
      {"a TLS client hello", "\x16\x03\x01\x02"s, "bad_request_line: the method is no token"},
      {"an SSH client", "SSH-2.0-OpenSSH_9.2\r\n", "bad_request_line: the method is no token"},
      {"an unfinished head waits", "GET / HTTP/1.1\r\nHost: a\r\n", "need_more"},
      {"nothing waits", "", "need_more"},
      {"half an empty line waits", "\r", "need_more"},
  };
  for (const Row& row : rows) {
    INFO(row.sentence);
    REQUIRE(check(row.text) == row.outcome);
  }
}

TEST_CASE("request: targets", "[http][h1]") {
  const Row rows[] = {
      {"path and query", "/a/b.c;d=e~f?g=h&i[]=%20/../%2f", ""},
      {"an asterisk is for OPTIONS", "*", "bad_target: \"*\" is for OPTIONS"},
      {"neither path nor URL", "a/b", "bad_target: neither a path nor an http URL"},
      {"another scheme", "ftp://a/", "bad_target: neither a path nor an http URL"},
      {"a URL without slashes", "http:a/", "bad_target: neither a path nor an http URL"},
      {"userinfo", "http://u@a/", "bad_host: malformed authority in the target"},
      {"a URL without host", "http:///a", "bad_host: malformed authority in the target"},
      {"a fragment", "/a#b", "bad_target: fragment in the target"},
      {"a byte above ASCII", "/\xc3\xa4", "bad_target: control character, blank or non-ASCII byte in the target"},
      {"a tab", "/a\tb", "bad_target: control character, blank or non-ASCII byte in the target"},
      {"a lone percent sign", "/a%", "bad_target: bad encoding"},
      {"half an encoding", "/a%4", "bad_target: bad encoding"},
      {"no hexadecimal digits", "/a%zz", "bad_target: bad encoding"},
      {"a bad encoding in front of the query", "/%g0?a=%20", "bad_target: bad encoding"},
      {"a percent sign in the query", "/?a=100%&b=%g0", ""},
      {"a fragment behind a percent sign in the query", "/?a=100%#b", "bad_target: fragment in the target"},
      {"too long", "/" + std::string(16 * 1024, 'a'), "target_too_long: max_target"},
      {"just not too long", "/" + std::string(16 * 1024 - 1, 'a'), ""},
  };
  for (const Row& row : rows) {
    INFO(row.sentence);
    REQUIRE(check(with_target(row.text), PathPolicy::reject) == row.outcome);
    REQUIRE(check(with_target(row.text), PathPolicy::keep) == row.outcome);
  }
  REQUIRE(check("CONNECT a:443 HTTP/1.1\r\nHost: a\r\n\r\n") == "connect_refused: CONNECT");
  REQUIRE(check("OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n").empty());
  REQUIRE(check("OPTIONS *x HTTP/1.1\r\nHost: a\r\n\r\n") == "bad_target: neither a path nor an http URL");
}

TEST_CASE("request: an ambiguous path is refused or kept as the listener says", "[http][h1]") {
  const Row rows[] = {
      {"a plain path", "/a/b/", ""},
      {"two slashes", "//a//b", ""},
      {"dots inside a segment", "/a..b/.c/d./...", ""},
      {"encoded UTF-8", "/%C3%A4%e2%82%ac%F0%9F%98%80", ""},
      {"an encoded blank", "/a%20b", ""},
      {"an encoded percent sign before no digits", "/100%25/x", ""},
      {"a dot segment at the end", "/a/..", "dot segment"},
      {"a dot segment inside", "/a/../b", "dot segment"},
      {"a single dot", "/./a", "dot segment"},
      {"a single dot at the end", "/a/.", "dot segment"},
      {"a dot segment before the query", "/a/..?b", "dot segment"},
      {"a dot segment with parameters", "/a/..;x=y/b", "dot segment"},
      {"a dot segment with an encoded semicolon", "/a/..%3Bx/b", "dot segment"},
      {"an encoded letter, which hides from routes", "/%61dmin", "encoded unreserved character"},
      {"an encoded digit", "/a%31", "encoded unreserved character"},
      {"an encoded tilde", "/%7Euser", "encoded unreserved character"},
      {"an encoded slash", "/a%2fb", "encoded slash"},
      {"an encoded slash, upper case", "/a%2Fb", "encoded slash"},
      {"an encoded dot", "/%2e%2E/a", "encoded dot"},
      {"a half encoded dot segment", "/.%2e/a", "encoded dot"},
      {"a backslash", "/a\\b", "backslash"},
      {"an encoded backslash", "/a%5Cb", "encoded backslash"},
      {"an encoded NUL", "/a%00", "encoded NUL"},
      {"double encoding", "/a%252e", "double encoding"},
      {"a lone continuation byte", "/%80", "invalid UTF-8"},
      {"an overlong slash", "/%c0%af", "invalid UTF-8"},
      {"an overlong three byte form", "/%e0%80%af", "invalid UTF-8"},
      {"a surrogate", "/%ed%a0%80", "invalid UTF-8"},
      {"above U+10FFFF", "/%f4%90%80%80", "invalid UTF-8"},
      {"a truncated sequence", "/%e2%82", "invalid UTF-8"},
      {"a sequence cut by a slash", "/%e2/", "invalid UTF-8"},
  };
  for (const Row& row : rows) {
    INFO(row.sentence);
    const std::string expected = *row.outcome == '\0' ? "" : "bad_target: "s + row.outcome;
    REQUIRE(check(with_target(row.text), PathPolicy::reject) == expected);
    REQUIRE(check(with_target("http://a" + row.text), PathPolicy::reject) == expected);
    REQUIRE(check(with_target(row.text), PathPolicy::keep).empty());
  }
}

TEST_CASE("request: with decode the normal form of the path takes its place, the query stays", "[http][h1]") {
  struct Form {
    const char* target;
    const char* forwarded;
  };
  const Form forms[] = {{"/a/../b%2f%63?x=%2F..&y=/../", "/b/c?x=%2F..&y=/../"},
                        {"/plain?%41", "/plain?%41"},
                        {"http://a/x/..", "/"},
                        {"http://a?b", "/?b"}};
  for (const Form& form : forms) {
    INFO(form.target);
    const std::string input = with_target(form.target);
    Arena arena;
    RequestHead head(arena);
    std::size_t scanned = 0;
    REQUIRE(parse_request_head(input, scanned, {}, PathPolicy::decode, head).status == Status::complete);
    REQUIRE(head.target == form.forwarded);
  }
  REQUIRE(check(with_target("/a/../../b"), PathPolicy::decode) == "bad_target: dot segment above the root");
  REQUIRE(check("OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n", PathPolicy::decode).empty());
}

TEST_CASE("request: field lines", "[http][h1]") {
  const Row rows[] = {
      {"blanks around a value", "A: \t b \t\r\n", ""},
      {"an empty value", "A:\r\nB:  \r\n", ""},
      {"obs-text and tabs in a value", "A: \xe4\tb\r\n", ""},
      {"all token characters in a name", "!#$%&'*+-.^_`|~09az: b\r\n", ""},
      {"a long value over many registers", "A: " + std::string(1000, 'b') + "\r\n", ""},
      {"obs-fold", "A: b\r\n c\r\n", "bad_header: obs-fold"},
      {"obs-fold with a tab", "A: b\r\n\tc\r\n", "bad_header: obs-fold"},
      {"a blank before the colon", "A : b\r\n", "bad_header: blank before colon"},
      {"an empty name", ": b\r\n", "bad_header: empty name"},
      {"no colon", "A\r\n", "bad_header: no colon"},
      {"a name that is no token", "A(b): c\r\n", "bad_header: bad character in a name"},
      {"a name above ASCII", "\xc3\xa4: c\r\n", "bad_header: bad character in a name"},
      {"bare LF between fields", "A: b\nC: d\r\n", "bad_header: bare LF"},
      {"bare CR in a value", "A: b\rc\r\n", "bad_header: bare CR"},
      {"two CR", "A: b\r\r\n", "bad_header: bare CR"},
      {"NUL in a value", "A: b\0c\r\n"s, "bad_header: control character"},
      {"a control character in a value", "A: b\x01\r\n", "bad_header: control character"},
      {"DEL in a value", "A: b\x7f\r\n", "bad_header: control character"},
      {"a control character far behind", "A: " + std::string(99, 'b') + "\x1f\r\n", "bad_header: control character"},
  };
  for (const Row& row : rows) {
    INFO(row.sentence);
    REQUIRE(check(with_fields(row.text)) == row.outcome);
  }
  REQUIRE(check("GET / HTTP/1.1\r\n Host: a\r\n\r\n") == "bad_header: blank before the first field");
  REQUIRE(check("GET / HTTP/1.1\r\nHost: a\r\n\n") == "bad_header: bare LF");
}

TEST_CASE("request: a name that differs from a guarded one only by underscores is refused", "[http][h1]") {
  for (const char* name : {"Content_Length", "transfer_encoding", "Transfer-Encoding_", "X_Forwarded-For",
                           "x-forwarded_proto", "X_Real_IP", "X_Forwarded_Client_Cert", "HTTP2_Settings"}) {
    INFO(name);
    const bool is_other = std::string_view(name).ends_with('_');
    REQUIRE(check(with_fields(std::string(name) + ": 1\r\n")) ==
            (is_other ? "" : "bad_header: underscore in place of a hyphen"));
  }
  REQUIRE(check(with_fields("X_Other: 1\r\n_: 2\r\nUser_Agent: 3\r\n")).empty());
}

TEST_CASE("request: fields with underscores in their names are dropped unless they are kept", "[http][h1]") {
  const std::string text = with_fields("X_User: root\r\nX-B: c_d\r\n");
  for (const bool keeps : {false, true}) {
    HeadLimits limits;
    limits.keeps_underscores = keeps;
    Arena arena;
    RequestHead head(arena);
    std::size_t scanned = 0;
    REQUIRE(parse_request_head(text, scanned, limits, PathPolicy::reject, head).status == Status::complete);
    REQUIRE(head.headers.get("X_User").has_value() == keeps);
    REQUIRE(head.headers.get("X-B") == "c_d");
  }
}

TEST_CASE("request: Host is one valid authority", "[http][h1]") {
  const Row rows[] = {
      {"a name", "a.example", ""},
      {"a name with a port", "a.example:8080", ""},
      {"an underscore", "my_service:1", ""},
      {"IPv4", "127.0.0.1:65535", ""},
      {"IPv6", "[::1]", ""},
      {"IPv6 with a port", "[2001:db8::1]:80", ""},
      {"full IPv6", "[1:2:3:4:5:6:7:8]", ""},
      {"IPv6 that ends in IPv4", "[::ffff:1.2.3.4]", ""},
      {"empty", "", "bad_host: malformed Host"},
      {"a port alone", ":80", "bad_host: malformed Host"},
      {"an empty port", "a:", "bad_host: malformed Host"},
      {"a port above 65535", "a:65536", "bad_host: malformed Host"},
      {"a port that is no number", "a:8x", "bad_host: malformed Host"},
      {"userinfo", "u@a", "bad_host: malformed Host"},
      {"a path", "a/b", "bad_host: malformed Host"},
      {"a query", "a?b", "bad_host: malformed Host"},
      {"a list", "a, b", "bad_host: malformed Host"},
      {"a blank inside", "a b", "bad_host: malformed Host"},
      {"an encoded byte", "a%2eb", "bad_host: malformed Host"},
      {"a URL", "http://a", "bad_host: malformed Host"},
      {"an open bracket", "[::1", "bad_host: malformed Host"},
      {"digits behind a bracket", "[::1]80", "bad_host: malformed Host"},
      {"an empty bracket", "[]", "bad_host: malformed Host"},
      {"too many groups", "[1:2:3:4:5:6:7:8:9]", "bad_host: malformed Host"},
      {"two gaps", "[1::2::3]", "bad_host: malformed Host"},
      {"three colons", "[:::1]", "bad_host: malformed Host"},
      {"a zone", "[fe80::1%25eth0]", "bad_host: malformed Host"},
      {"IPv6 without brackets", "::1", "bad_host: malformed Host"},
      {"a byte above ASCII", "\xc3\xa4", "bad_host: malformed Host"},
  };
  for (const Row& row : rows) {
    INFO(row.sentence);
    REQUIRE(check(with_host(row.text)) == row.outcome);
  }
  REQUIRE(check("GET / HTTP/1.1\r\n\r\n") == "bad_host: no Host");
  REQUIRE(check("GET http://a/ HTTP/1.1\r\n\r\n") == "bad_host: no Host");
  REQUIRE(check(with_fields("Host: a\r\n")) == "bad_host: repeated Host");
  REQUIRE(check("GET / HTTP/1.0\r\nHost: a\r\nhost: b\r\n\r\n") == "bad_host: repeated Host");
  REQUIRE(check("GET http://a/ HTTP/1.1\r\nHost: \r\n\r\n").empty());
}

TEST_CASE("request: framing that can be read in two ways is refused", "[http][h1]") {
  const Row rows[] = {
      {"a length", "Content-Length: 5\r\n", ""},
      {"leading zeros", "Content-Length: 005\r\n", ""},
      {"the largest length", "Content-Length: 9223372036854775807\r\n", ""},
      {"chunked", "Transfer-Encoding: chunked\r\n", ""},
      {"chunked in any case", "transfer-encoding:  ChunKed \r\n", ""},
      {"a tab behind a length", "Content-Length: 5\t\r\n", "bad_framing: tab in Content-Length"},
      {"a tab before a length", "Content-Length:\t5\r\n", "bad_framing: tab in Content-Length"},
      {"a tab behind chunked", "Transfer-Encoding: chunked\t\r\n", "bad_framing: tab in Transfer-Encoding"},
      {"length and chunked", "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
       "bad_framing: Content-Length beside Transfer-Encoding"},
      {"chunked and length", "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n",
       "bad_framing: Content-Length beside Transfer-Encoding"},
      {"the same length twice", "Content-Length: 5\r\nContent-Length: 5\r\n", "bad_framing: repeated Content-Length"},
      {"two lengths", "Content-Length: 5\r\nContent-Length: 6\r\n", "bad_framing: repeated Content-Length"},
      {"a list", "Content-Length: 5, 5\r\n", "bad_framing: malformed Content-Length"},
      {"plus", "Content-Length: +5\r\n", "bad_framing: malformed Content-Length"},
      {"minus", "Content-Length: -1\r\n", "bad_framing: malformed Content-Length"},
      {"a blank inside", "Content-Length:  5 5\r\n", "bad_framing: malformed Content-Length"},
      {"hexadecimal", "Content-Length: 0x5\r\n", "bad_framing: malformed Content-Length"},
      {"an empty length", "Content-Length: \r\n", "bad_framing: malformed Content-Length"},
      {"one too large", "Content-Length: 9223372036854775808\r\n", "bad_framing: malformed Content-Length"},
      {"an overflow", "Content-Length: 18446744073709551621\r\n", "bad_framing: malformed Content-Length"},
      {"an unknown coding", "Transfer-Encoding: gzip\r\n",
       "unknown_transfer_coding: transfer coding other than chunked"},
      {"an unknown coding before chunked", "Transfer-Encoding: gzip, chunked\r\n",
       "unknown_transfer_coding: transfer coding other than chunked"},
      {"identity", "Transfer-Encoding: identity\r\n", "unknown_transfer_coding: transfer coding other than chunked"},
      {"almost chunked", "Transfer-Encoding: xchunked\r\n",
       "unknown_transfer_coding: transfer coding other than chunked"},
      {"chunked is not last", "Transfer-Encoding: chunked, gzip\r\n", "bad_framing: chunked is not last"},
      {"chunked twice in a list", "Transfer-Encoding: chunked, chunked\r\n", "bad_framing: chunked is not last"},
      {"chunked twice", "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
       "bad_framing: repeated Transfer-Encoding"},
      {"an empty coding", "Transfer-Encoding:\r\n", "bad_framing: malformed Transfer-Encoding"},
      {"an empty element", "Transfer-Encoding: ,chunked\r\n", "bad_framing: malformed Transfer-Encoding"},
      {"a quoted coding", "Transfer-Encoding: \"chunked\"\r\n", "bad_framing: malformed Transfer-Encoding"},
      {"parameters", "Transfer-Encoding: chunked;a=b\r\n", "bad_framing: malformed Transfer-Encoding"},
      {"a vertical tab",
       "Transfer-Encoding: \x0b"
       "chunked\r\n",
       "bad_header: control character"},
  };
  for (const Row& row : rows) {
    INFO(row.sentence);
    REQUIRE(check(with_fields(row.text)) == row.outcome);
  }
  REQUIRE(check("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n") ==
          "bad_framing: Transfer-Encoding in HTTP/1.0");
}

TEST_CASE("request: limits", "[http][h1]") {
  const auto small = [](std::string_view text) { return check(text, PathPolicy::reject, kSmall); };
  const std::string line = "GET / HTTP/1.1\r\nHost: a\r\n";
  REQUIRE(small(line + "A: 1\r\nB: 2\r\nC: 3\r\nD: 4\r\n\r\n").empty());
  REQUIRE(small(line + "A: 1\r\nB: 2\r\nC: 3\r\nD: 4\r\nE: 5\r\n\r\n") == "too_many_fields: too many fields");
  REQUIRE(small(line + "A: " + std::string(400 - line.size() - 7, 'a') + "\r\n\r\n").empty());
  REQUIRE(small(line + "A: " + std::string(400 - line.size() - 6, 'a') + "\r\n\r\n") == "head_too_large: max_head");
  REQUIRE(small(line + "A: " + std::string(500, 'a')) == "head_too_large: max_head");
  REQUIRE(small("GET /" + std::string(99, 'a') + " HTTP/1.1\r\nHost: a\r\n\r\n").empty());
  REQUIRE(small("GET /" + std::string(100, 'a') + " HTTP/1.1\r\nHost: a\r\n\r\n") == "target_too_long: max_target");
  REQUIRE(small("GET /" + std::string(101, 'a')) == "target_too_long: max_target");
  REQUIRE(small("GET /" + std::string(1000, 'a') + " HTTP/1.1\r\nHost: a\r\n\r\n") == "target_too_long: max_target");
  REQUIRE(small(std::string(500, 'A')) == "head_too_large: max_head");
}

TEST_CASE("request: what is read from an accepted head", "[http][h1]") {
  const std::string input =
      "POST /a/b?c HTTP/1.1\r\nHost: a.example:81\r\nContent-Length: 12\r\nX-A:  b c \r\nExpect: "
      "100-Continue\r\n\r\nbody";
  Arena arena;
  RequestHead head(arena);
  std::size_t scanned = 0;
  const auto result = parse_request_head(input, scanned, {}, PathPolicy::reject, head);
  REQUIRE(result.status == Status::complete);
  REQUIRE(result.consumed == input.size() - 4);
  REQUIRE(head.method_token == "POST");
  REQUIRE(head.method == Method::post);
  REQUIRE(head.version == Version::http11);
  REQUIRE(head.target == "/a/b?c");
  REQUIRE(head.authority == "a.example:81");
  REQUIRE(head.scheme.empty());
  REQUIRE(head.framing == Framing::length);
  REQUIRE(head.content_length == 12);
  REQUIRE(head.expects_continue);
  REQUIRE(head.keep_alive);
  REQUIRE(head.headers.size() == 4);
  const Field& field = head.headers.begin()[2];
  REQUIRE(field.name == "X-A");
  REQUIRE(field.value == "b c");
  REQUIRE(field.line == "X-A:  b c \r\n");
  REQUIRE(field.line.data() == head.headers.begin()[1].line.data() + head.headers.begin()[1].line.size());
}

TEST_CASE("request: an absolute target sets scheme, authority and Host", "[http][h1]") {
  struct Form {
    const char* line;
    const char* target;
    const char* authority;
  };
  const Form forms[] = {{"GET HTTP://b:1/x?y HTTP/1.1", "/x?y", "b:1"},
                        {"GET http://b HTTP/1.1", "/", "b"},
                        {"GET http://b?x HTTP/1.1", "/?x", "b"},
                        {"GET http://[::1]:8/ HTTP/1.0", "/", "[::1]:8"},
                        {"OPTIONS http://b HTTP/1.1", "*", "b"},
                        {"OPTIONS http://b/ HTTP/1.1", "/", "b"},
                        {"GET http://a/ HTTP/1.1", "/", "a"}};
  for (const Form& form : forms) {
    INFO(form.line);
    const std::string input = std::string(form.line) + "\r\nHost: a\r\nX: y\r\n\r\n";
    Arena arena;
    RequestHead head(arena);
    std::size_t scanned = 0;
    REQUIRE(parse_request_head(input, scanned, {}, PathPolicy::reject, head).status == Status::complete);
    REQUIRE(head.target == form.target);
    REQUIRE(head.scheme == "http");
    REQUIRE(head.authority == form.authority);
    REQUIRE(head.headers.get(FieldId::host) == form.authority);
    REQUIRE(head.headers.size() == 2);
  }
}

TEST_CASE("request: keep-alive and Expect", "[http][h1]") {
  struct Wish {
    const char* sentence;
    const char* version;
    const char* fields;
    bool keep_alive;
    bool expects;
  };
  const Wish wishes[] = {
      {"1.1 stays open", "1.1", "", true, false},
      {"1.0 closes", "1.0", "", false, false},
      {"close", "1.1", "Connection: close\r\n", false, false},
      {"close in a list and any case", "1.1", "Connection: x,  CLOSE\t, y\r\n", false, false},
      {"close in a second field", "1.1", "Connection: x\r\nConnection: close\r\n", false, false},
      {"1.0 with keep-alive", "1.0", "Connection: Keep-Alive\r\n", true, false},
      {"close wins", "1.0", "Connection: keep-alive, close\r\n", false, false},
      {"a longer token is no close", "1.1", "Connection: closed\r\n", true, false},
      {"empty elements", "1.1", "Connection: ,,\r\n", true, false},
      {"Expect", "1.1", "Content-Length: 1\r\nExpect: 100-Continue\r\n", true, true},
      {"Expect in 1.0 is ignored", "1.0", "Content-Length: 1\r\nExpect: 100-continue\r\n", false, false},
      {"Expect without content is ignored", "1.1", "Content-Length: 0\r\nExpect: 100-continue\r\n", true, false},
      {"another expectation is left alone", "1.1", "Expect: 200-ok\r\n", true, false},
  };
  for (const Wish& wish : wishes) {
    INFO(wish.sentence);
    const std::string input = "GET / HTTP/"s + wish.version + "\r\nHost: a\r\n" + wish.fields + "\r\n";
    Arena arena;
    RequestHead head(arena);
    std::size_t scanned = 0;
    REQUIRE(parse_request_head(input, scanned, {}, PathPolicy::reject, head).status == Status::complete);
    REQUIRE(head.keep_alive == wish.keep_alive);
    REQUIRE(head.expects_continue == wish.expects);
  }
}
