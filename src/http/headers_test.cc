#include "outrigger/headers.h"

#include <catch2/catch.hpp>
#include <string>

#include "outrigger/failure.h"
#include "outrigger/message.h"

using namespace outrigger;

namespace {

std::string text_of(const Headers& headers) {
  std::string text;
  for (const Field& field : headers) text.append(field.name).append("=").append(field.value).append(" ");
  return text;
}

Headers sample(Arena& arena) {
  Headers headers(arena);
  headers.add("Host", "a");
  headers.add("X-Tag", "1");
  headers.add("Accept", "x");
  headers.add("x-tag", "2");
  return headers;
}

}  // namespace

TEST_CASE("headers: every known name is found in any case, and no other", "[http][headers]") {
#define OUTRIGGER_FIELD(id, name) REQUIRE(field_id(name) == FieldId::id);
#include "outrigger/field_id.def"
#undef OUTRIGGER_FIELD
  REQUIRE(field_id("CONTENT-length") == FieldId::content_length);
  REQUIRE(field_id("x-real-IP") == FieldId::x_real_ip);
  REQUIRE(field_name(FieldId::te) == "TE");
  for (const char* name :
       {"", "Hos", "Hostt", "Content_Length", "Content-Lengtg", "X-Something-That-Is-Quite-Long-Really"}) {
    INFO(name);
    REQUIRE(field_id(name) == FieldId::other);
  }
}

TEST_CASE("headers: case is ignored for ASCII letters only", "[http][headers]") {
  REQUIRE(equals_ignoring_case("aZ-9", "Az-9"));
  REQUIRE_FALSE(equals_ignoring_case("@", "`"));
  REQUIRE_FALSE(equals_ignoring_case("[", "{"));
  REQUIRE_FALSE(equals_ignoring_case("\xc4", "\xe4"));
  REQUIRE_FALSE(equals_ignoring_case("a", "ab"));
}

TEST_CASE("headers: look-ups find the first field of a name", "[http][headers]") {
  Arena arena;
  const Headers headers = sample(arena);
  REQUIRE(headers.get(FieldId::host) == "a");
  REQUIRE(headers.get("HOST") == "a");
  REQUIRE(headers.get("X-TAG") == "1");
  REQUIRE_FALSE(headers.get("X-None"));
  REQUIRE_FALSE(headers.get(FieldId::cookie));
  REQUIRE(headers.count(FieldId::host) == 1);
  REQUIRE(headers.count(FieldId::cookie) == 0);
}

TEST_CASE("headers: each change does what its name says", "[http][headers]") {
  struct Row {
    const char* sentence;
    void (*change)(Headers&);
    const char* result;
  };
  const Row rows[] = {
      {"add keeps fields of the same name", [](Headers& h) { h.add("Host", "b"); },
       "Host=a X-Tag=1 Accept=x x-tag=2 Host=b "},
      {"set replaces the first and removes the others", [](Headers& h) { h.set("X-TAG", "3"); },
       "Host=a X-TAG=3 Accept=x "},
      {"set appends what was not there", [](Headers& h) { h.set("Via", "v"); },
       "Host=a X-Tag=1 Accept=x x-tag=2 Via=v "},
      {"append joins with the last of its name", [](Headers& h) { h.append("X-Tag", "3"); },
       "Host=a X-Tag=1 Accept=x x-tag=2, 3 "},
      {"append adds what was not there", [](Headers& h) { h.append("Via", "v"); },
       "Host=a X-Tag=1 Accept=x x-tag=2 Via=v "},
      {"remove takes all of a name", [](Headers& h) { REQUIRE(h.remove("x-TAG") == 2); }, "Host=a Accept=x "},
      {"remove by id", [](Headers& h) { REQUIRE(h.remove(FieldId::host) == 1); }, "X-Tag=1 Accept=x x-tag=2 "},
      {"remove of a missing name does nothing", [](Headers& h) { REQUIRE(h.remove("Via") == 0); },
       "Host=a X-Tag=1 Accept=x x-tag=2 "},
      {"clear empties", [](Headers& h) { h.clear(); }, ""},
      {"many fields fit",
       [](Headers& h) {
         for (int i = 0; i < 100; ++i) h.add("Via", "v");
         REQUIRE(h.size() == 104);
         h.remove(FieldId::via);
       },
       "Host=a X-Tag=1 Accept=x x-tag=2 "},
  };
  for (const Row& row : rows) {
    INFO(row.sentence);
    Arena arena;
    Headers headers = sample(arena);
    row.change(headers);
    REQUIRE(text_of(headers) == row.result);
    REQUIRE(headers.has(FieldId::host) == headers.get("host").has_value());
    REQUIRE(headers.has(FieldId::via) == headers.get("via").has_value());
  }
}

TEST_CASE("headers: restore brings a snapshot back after any change, as often as wanted", "[http][headers]") {
  Arena arena;
  Headers headers = sample(arena);
  const std::string before = text_of(headers);
  const auto snapshot = headers.snapshot();
  void (*const changes[])(Headers&) = {
      [](Headers& h) { h.add("Via", "v"); },
      [](Headers& h) { h.set("X-Tag", "9"); },
      [](Headers& h) { h.append("Accept", "y"); },
      [](Headers& h) { h.remove("Host"); },
      [](Headers& h) {
        h.clear();
        h.add("A", "b");
      },
      [](Headers& h) {
        for (int i = 0; i < 60; ++i) h.add("Via", "v");
      },
  };
  for (const auto change : changes) {
    change(headers);
    REQUIRE(text_of(headers) != before);
    headers.restore(snapshot);
    REQUIRE(text_of(headers) == before);
    REQUIRE(headers.has(FieldId::host));
    REQUIRE_FALSE(headers.has(FieldId::via));
  }
}

TEST_CASE("headers: a snapshot costs no copy until the first change", "[http][headers]") {
  Arena arena;
  Headers headers = sample(arena);
  const Field* const table = headers.begin();
  (void)headers.snapshot();
  REQUIRE(headers.begin() == table);
  headers.add("Via", "v");
  REQUIRE(headers.begin() != table);
  const Field* const copy = headers.begin();
  headers.add("Via", "w");
  REQUIRE(headers.begin() == copy);
}

TEST_CASE("message: methods are compared with case", "[http][message]") {
  REQUIRE(method_of("GET") == Method::get);
  REQUIRE(method_of("DELETE") == Method::delete_);
  REQUIRE(method_of("get") == Method::other);
  REQUIRE(method_of("PURGE") == Method::other);
  REQUIRE(is_idempotent(Method::put));
  REQUIRE_FALSE(is_idempotent(Method::post));
  REQUIRE_FALSE(is_idempotent(Method::other));
}

TEST_CASE("message: the host is the authority without its port", "[http][message]") {
  Arena arena;
  RequestHead head(arena);
  const std::pair<const char*, const char*> rows[] = {
      {"a.example:80", "a.example"}, {"a.example", "a.example"}, {"[::1]:80", "[::1]"}, {"[::1]", "[::1]"}, {"", ""}};
  for (const auto& [authority, host] : rows) {
    head.authority = authority;
    REQUIRE(head.host() == host);
  }
  head.target = "/a/b?c=d?e";
  REQUIRE(head.path() == "/a/b");
  REQUIRE(head.query() == "c=d?e");
  REQUIRE(reason_phrase(404) == "Not Found");
  REQUIRE(reason_phrase(299).empty());
}

TEST_CASE("failure: each row of the table is its own description", "[http][failure]") {
  REQUIRE(describe(Failure::bad_host).token == "bad_host");
  REQUIRE(describe(Failure::bad_host).status == 400);
  REQUIRE(describe(Failure::bad_host).side == Side::downstream);
  REQUIRE(describe(Failure::response_bad_chunk).token == "response_bad_chunk");
  REQUIRE(describe(Failure::connect_failed).retry == Retry::if_unsent);
  REQUIRE(describe(Failure::upstream_reset).proxy_status == "connection_terminated");
}

TEST_CASE("headers: what was received stays in one piece until a field of it changes", "[http]") {
  const std::string text = "A: 1\r\nHost: h\r\nA: 2\r\n";
  const auto make = [&](Arena& arena) {
    Headers headers(arena);
    const std::string_view all(text);
    headers.push({all.substr(0, 1), all.substr(3, 1), all.substr(0, 6), FieldId::other});
    headers.push({all.substr(6, 4), all.substr(12, 1), all.substr(6, 9), FieldId::host});
    headers.push({all.substr(15, 1), all.substr(18, 1), all.substr(15, 6), FieldId::other});
    headers.set_received(all);
    return headers;
  };
  Arena arena;
  Headers headers = make(arena);
  REQUIRE(headers.received() == text);
  headers.add("B", "3");
  REQUIRE(headers.received() == text);
  REQUIRE(headers.received_count() == 3);
  const auto before = headers.snapshot();
  SECTION("set") { headers.set("a", "4"); }
  SECTION("append") { headers.append("a", "4"); }
  SECTION("remove") { headers.remove("Host"); }
  REQUIRE(headers.received().empty());
  REQUIRE(headers.received_count() == 0);
  headers.restore(before);
  REQUIRE(headers.received() == text);
  REQUIRE(headers.size() == 4);
}

TEST_CASE("headers: which fields are repeated", "[http]") {
  Arena arena;
  Headers headers(arena);
  headers.add("Host", "a");
  REQUIRE_FALSE(headers.is_repeated(FieldId::host));
  headers.add("X", "b");
  headers.add("X", "b");
  REQUIRE_FALSE(headers.is_repeated(FieldId::other));
  headers.add("host", "c");
  REQUIRE(headers.is_repeated(FieldId::host));
  const auto before = headers.snapshot();
  headers.set("Host", "d");
  REQUIRE_FALSE(headers.is_repeated(FieldId::host));
  headers.restore(before);
  REQUIRE(headers.is_repeated(FieldId::host));
  headers.remove("X");
  REQUIRE(headers.is_repeated(FieldId::host));
  headers.remove(FieldId::host);
  REQUIRE_FALSE(headers.is_repeated(FieldId::host));
  REQUIRE(headers.find(FieldId::host) == nullptr);
}

TEST_CASE("headers: every known name is found in any case, and nothing else is", "[http]") {
  for (const char* name : {
#define OUTRIGGER_FIELD(id, name) name,
#include "outrigger/field_id.def"
#undef OUTRIGGER_FIELD
       }) {
    INFO(name);
    std::string text(name);
    const FieldId id = field_id(text);
    REQUIRE(field_name(id) == name);
    for (char& c : text) c = static_cast<char>(c >= 'A' && c <= 'Z' ? c | 0x20 : c >= 'a' && c <= 'z' ? c & ~0x20 : c);
    REQUIRE(field_id(text) == id);
    for (std::size_t i = 0; i < text.size(); ++i) {
      for (const int bit : {0x01, 0x10, 0x20, 0x40, 0x80}) {
        std::string other = text;
        other[i] = static_cast<char>(other[i] ^ bit);
        REQUIRE((field_id(other) == id) == equals_ignoring_case(other, text));
      }
    }
    REQUIRE(field_id(text + "x") != id);
    REQUIRE(field_id(text.substr(1)) != id);
  }
  REQUIRE(field_id("") == FieldId::other);
  REQUIRE(field_id(std::string(1000, 'x')) == FieldId::other);
}
