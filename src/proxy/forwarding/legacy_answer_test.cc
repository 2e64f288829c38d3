#include "proxy/forwarding/legacy_answer.h"

#include <catch2/catch.hpp>

namespace outrigger::proxy {

namespace {

const PublicPlace kHttps{"https", "shop.example", "127.0.0.1:8080", "app.internal"};

config::LegacyRewrite with_paths(const char* from, const char* to) {
  config::LegacyRewrite rewrite;
  rewrite.path = config::PathMapping{from, to};
  return rewrite;
}

std::string corrected(const char* name, std::string_view value, const config::LegacyRewrite& rewrite = {},
                      const PublicPlace& place = kHttps) {
  Arena arena;
  Headers headers(arena);
  headers.add(name, value);
  correct_answer(headers, rewrite, place);
  return std::string(headers.get(name).value_or("-"));
}

}  // namespace

TEST_CASE("legacy: Location leads clients to where they found the service", "[proxy][legacy]") {
  struct Case {
    const char* what;
    const char* said;
    const char* heard;
  };
  const Case cases[] = {
      {"its scheme", "http://shop.example/a?b#c", "https://shop.example/a?b#c"},
      {"its default port", "http://shop.example:80/a", "https://shop.example/a"},
      {"letters' case", "HTTP://Shop.Example/a", "https://shop.example/a"},
      {"its address", "http://127.0.0.1:8080/a", "https://shop.example/a"},
      {"its Host", "http://app.internal", "https://shop.example/"},
      {"without scheme", "//app.internal/a", "https://shop.example/a"},
      {"without path", "http://app.internal?a", "https://shop.example/?a"},
      {"https was meant", "https://app.internal/a", "https://shop.example/a"},
      {"a path", "/a", "/a"},
      {"relative", "a/b", "a/b"},
      {"elsewhere", "http://other.example/a", "http://other.example/a"},
      {"another port", "http://127.0.0.1:8081/a", "http://127.0.0.1:8081/a"},
      {"another scheme", "mailto:a@app.internal", "mailto:a@app.internal"},
  };
  for (const Case& each : cases) {
    INFO(each.what);
    REQUIRE(corrected("Location", each.said) == each.heard);
  }
  const PublicPlace plain{"http", "shop.example", "127.0.0.1:8080", "app.internal"};
  REQUIRE(corrected("Location", "http://app.internal/a", {}, plain) == "http://shop.example/a");
  const PublicPlace unknown{"https", "", "127.0.0.1:8080", ""};
  REQUIRE(corrected("Location", "http://127.0.0.1:8080/a", {}, unknown) == "http://127.0.0.1:8080/a");
  config::LegacyRewrite named;
  named.hosts = {"old.name"};
  REQUIRE(corrected("Location", "http://old.name/a", named) == "https://shop.example/a");
}

TEST_CASE("legacy: paths stand where clients see them", "[proxy][legacy]") {
  struct Case {
    const char *from, *to, *said, *heard;
  };
  const Case cases[] = {
      {"/", "/shop", "/a", "/shop/a"},
      {"/", "/shop/", "/", "/shop/"},
      {"/app", "/", "/app/a", "/a"},
      {"/app", "/", "/app", "/"},
      {"/app/", "/", "/app?b", "/?b"},
      {"/app", "/x", "/apple", "/apple"},
      {"/app", "/x", "/app#a", "/x#a"},
      {"/app", "/x", "/other", "/other"},
      {"/", "/shop", "a", "a"},
      {"/app", "/x", "http://app.internal/app/a", "https://shop.example/x/a"},
      {"/app", "/x", "http://other.example/app/a", "http://other.example/app/a"},
  };
  for (const Case& each : cases) {
    INFO(each.from << " to " << each.to << ": " << each.said);
    REQUIRE(corrected("Location", each.said, with_paths(each.from, each.to)) == each.heard);
  }
}

TEST_CASE("legacy: cookies belong to the place that clients see", "[proxy][legacy]") {
  struct Case {
    const char* what;
    const char* said;
    const char* heard;
  };
  const Case cases[] = {
      {"Secure is added", "a=b", "a=b; Secure"},
      {"once", "a=b; Path=/app; secure; HttpOnly", "a=b; Path=/x; secure; HttpOnly"},
      {"its own domain goes", "a=b; Domain=app.internal", "a=b; Secure"},
      {"with a dot", "a=b; domain=.App.Internal; Path=/app/c", "a=b; Path=/x/c; Secure"},
      {"another domain stays", "a=b; Domain=example", "a=b; Domain=example; Secure"},
      {"a value with =", "a=b=c ; Expires=Thu, 01 Jan 2026 00:00:00 GMT",
       "a=b=c ; Expires=Thu, 01 Jan 2026 00:00:00 GMT; Secure"},
      {"nothing but a name", "a;;", "a; Secure"},
  };
  for (const Case& each : cases) {
    INFO(each.what);
    REQUIRE(corrected("Set-Cookie", each.said, with_paths("/app", "/x")) == each.heard);
  }
  const PublicPlace plain{"http", "shop.example", "127.0.0.1:8080", "app.internal"};
  REQUIRE(corrected("Set-Cookie", "a=b", {}, plain) == "a=b");
  config::LegacyRewrite strict;
  strict.secure = false;
  strict.same_site = config::SameSite::strict;
  REQUIRE(corrected("Set-Cookie", "a=b", strict) == "a=b; SameSite=Strict");
  REQUIRE(corrected("Set-Cookie", "a=b; SameSite=None", strict) == "a=b; SameSite=None");
}

TEST_CASE("legacy: every cookie keeps its place among the others", "[proxy][legacy]") {
  Arena arena;
  Headers headers(arena);
  headers.add("Set-Cookie", "a=1");
  headers.add("Set-Cookie", "b=2");
  correct_answer(headers, {}, kHttps);
  REQUIRE(headers.count(FieldId::set_cookie) == 2);
  REQUIRE(headers.get("Set-Cookie") == "a=1; Secure");
}

}  // namespace outrigger::proxy
