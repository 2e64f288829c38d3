#include "filters/cookies.h"

#include <catch2/catch.hpp>

namespace outrigger::filters {

TEST_CASE("query: a parameter is hidden wherever it stands", "[filter][security]") {
  Arena arena;
  for (const auto& [target, shown] : {std::pair{"/a", "/a"},
                                      {"/a?", "/a"},
                                      {"/a?x=1", "/a?x=1"},
                                      {"/a?k=1&x=2&k=3", "/a?k=[redacted]&x=2&k=[redacted]"},
                                      {"/a?kk=1&k", "/a?kk=1&k=[redacted]"}}) {
    CHECK(with_hidden_parameter(target, "k", arena) == shown);
  }
}

TEST_CASE("cookies: a value is found by its name, once", "[filter][security]") {
  struct Row {
    const char* field;
    const char* value;  // null: none
  };
  for (const Row& row :
       {Row{"k=v", "v"}, Row{"a=b; k=v", "v"}, Row{"a=b;k=v;c=d", "v"}, Row{"k=\"v\"", "v"}, Row{"k=", ""},
        Row{"K=v", nullptr}, Row{"xk=v", nullptr}, Row{"k=v; k=w", nullptr}, Row{"k=a=b", "a=b"}, Row{" k = v ", "v"},
        Row{"k", ""}, Row{"", nullptr}, Row{";;;", nullptr}, Row{"k=\"", "\""}, Row{"a=\"; k=v\"", "v\""}}) {
    CAPTURE(row.field);
    Arena arena;
    Headers headers(arena);
    headers.add("Cookie", row.field);
    const auto found = cookie_of(headers, "k");
    CHECK(found.has_value() == (row.value != nullptr));
    if (found && row.value != nullptr) CHECK(*found == row.value);
  }
}

TEST_CASE("cookies: two fields count as one", "[filter][security]") {
  Arena arena;
  Headers headers(arena);
  headers.add("Cookie", "k=v");
  headers.add("cookie", "k=w; a=b");
  CHECK_FALSE(cookie_of(headers, "k"));
  CHECK(cookie_of(headers, "a") == "b");
}

TEST_CASE("cookies: one is removed, the others stay", "[filter]") {
  struct Row {
    const char* before;
    const char* after;
  };
  for (const Row& row : {Row{"k=v", ""}, Row{"a=b; k=v; c=d", "a=b; c=d"}, Row{"k=v; a=b", "a=b"},
                         Row{"a=b; k=v", "a=b"}, Row{"a=b", "a=b"}, Row{"k=v; k=w", ""}}) {
    CAPTURE(row.before);
    Arena arena;
    Headers headers(arena);
    headers.add("Cookie", row.before);
    remove_cookie(headers, "k");
    CHECK(headers.get(FieldId::cookie).value_or("") == row.after);
  }
}

TEST_CASE("query: a parameter is found once and removed", "[filter][security]") {
  CHECK(parameter_of("k=v", "k") == "v");
  CHECK(parameter_of("a=b&k=v", "k") == "v");
  CHECK_FALSE(parameter_of("k=v&k=w", "k"));
  CHECK_FALSE(parameter_of("ak=v", "k"));
  Arena arena;
  CHECK(without_parameter("/p?k=v", "k", arena) == "/p");
  CHECK(without_parameter("/p?a=b&k=v&c", "k", arena) == "/p?a=b&c");
  CHECK(without_parameter("/p", "k", arena) == "/p");
}

}  // namespace outrigger::filters
