#include "http/hop_by_hop.h"

#include <catch2/catch.hpp>
#include <string>

using namespace outrigger;

TEST_CASE("hop-by-hop: what Connection names is dropped, unless it is for all recipients", "[http]") {
  struct Row {
    const char* sentence;
    std::initializer_list<const char*> connection;
    const char* left;
  };
  const char* const all = "X-A x-b Host Cookie X-Forwarded-For TE";
  const Row rows[] = {
      {"nothing named", {}, all},
      {"close", {"close"}, all},
      {"keep-alive in any case", {"Keep-Alive"}, all},
      {"a field", {"X-A"}, "x-b Host Cookie X-Forwarded-For TE"},
      {"a field in any case, in a list", {"close ,\t x-a"}, "x-b Host Cookie X-Forwarded-For TE"},
      {"several Connection fields", {"keep-alive", "x-B", "X-A"}, "Host Cookie X-Forwarded-For TE"},
      {"empty options", {", ,"}, all},
      {"a part of a name", {"X, X-AB"}, all},
      {"fields that all recipients need", {"Host, Cookie, X-Forwarded-For, TE"}, all},
  };
  for (const Row& row : rows) {
    INFO(row.sentence);
    Arena arena;
    Headers headers(arena);
    for (const char* name : {"X-A", "x-b", "Host", "Cookie", "X-Forwarded-For", "TE"}) headers.add(name, "1");
    for (const char* value : row.connection) headers.add("Connection", value);
    http::drop_named_by_connection(headers);
    REQUIRE(headers.count(FieldId::connection) == row.connection.size());
    std::string left;
    for (const Field& field : headers) {
      if (field.id != FieldId::connection) left += (left.empty() ? "" : " ") + std::string(field.name);
    }
    REQUIRE(left == row.left);
  }
}
