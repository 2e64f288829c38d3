#include "filters/cookies.h"

#include <catch2/catch.hpp>

namespace outrigger::filters {

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

}  // namespace outrigger::filters
