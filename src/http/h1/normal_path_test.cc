#include "http/h1/normal_path.h"

#include <catch2/catch.hpp>
#include <string>

#include "http/h1/target.h"

using namespace outrigger;
using namespace outrigger::http::h1;

TEST_CASE("path: decode gives one normal form", "[http][h1]") {
  struct Row {
    const char* sentence;
    const char* path;
    const char* normal;
  };
  const Row rows[] = {
      {"a plain path stays", "/a/b;c=d/", "/a/b;c=d/"},
      {"the root stays", "/", "/"},
      {"empty segments stay", "//a//b/", "//a//b/"},
      {"dots inside names stay", "/.well-known/a.b/...", "/.well-known/a.b/..."},
      {"unreserved characters are decoded", "/%41%7a%30%2D%5f%7E", "/Az0-_~"},
      {"an encoded slash is a slash", "/a%2Fb%2fc", "/a/b/c"},
      {"an encoded dot is a dot", "/a%2eb", "/a.b"},
      {"reserved characters stay encoded, in upper case", "/%3b%3F%23%5b%20", "/%3B%3F%23%5B%20"},
      {"a percent sign stays encoded", "/100%25", "/100%25"},
      {"UTF-8 stays encoded", "/%c3%a4", "/%C3%A4"},
      {"one dot vanishes", "/a/./b", "/a/b"},
      {"two dots take the segment before", "/a/b/../c", "/a/c"},
      {"dots at the end leave a slash", "/a/b/..", "/a/"},
      {"one dot at the end leaves a slash", "/a/.", "/a/"},
      {"encoded dots are dot segments", "/a/%2e%2E/b", "/b"},
      {"an encoded slash ends a dot segment", "/a/..%2fb", "/b"},
      {"up to the root", "/a/..", "/"},
      {"two dots take an empty segment", "/a//../b", "/a/b"},
      {"many at once", "/a/b/c/./../../g", "/a/g"},
  };
  for (const Row& row : rows) {
    INFO(row.sentence);
    Arena arena;
    const auto normal = normal_path(row.path, arena);
    REQUIRE(normal.has_value());
    REQUIRE(*normal == row.normal);
    REQUIRE(ambiguity_of_path(*normal).empty());
    REQUIRE(normal_path(*normal, arena) == row.normal);
  }
}

TEST_CASE("path: decode refuses what has no single meaning", "[http][h1]") {
  struct Row {
    const char* path;
    const char* error;
  };
  const Row rows[] = {
      {"/..", "dot segment above the root"},
      {"/a/../../b", "dot segment above the root"},
      {"/%2e%2e/b", "dot segment above the root"},
      {"/a/..;x/b", "dot segment"},
      {"/a/.%3b/b", "dot segment"},
      {"/a\\b", "backslash"},
      {"/a%5cb", "encoded backslash"},
      {"/a%00b", "encoded NUL"},
      {"/a%252fb", "double encoding"},
      {"/a%25%32%66b", "double encoding"},
      {"/a%ff", "invalid UTF-8"},
      {"/a%c3", "invalid UTF-8"},
  };
  for (const Row& row : rows) {
    INFO(row.path);
    Arena arena;
    const auto normal = normal_path(row.path, arena);
    REQUIRE_FALSE(normal.has_value());
    REQUIRE(normal.error() == row.error);
  }
}
