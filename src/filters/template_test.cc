#include "filters/template.h"

#include <catch2/catch.hpp>

#include "outrigger/filter.h"
#include "support/chain_harness.h"

namespace outrigger::filters {
namespace {

using test::ChainHarness;
using test::Request;

// Renders inside an exchange.
class Renderer final : public Filter {
 public:
  Renderer(const std::string& text, Template::Rules rules, Template::Encoding encoding)
      : template_(Template::parse(text, rules).value()), encoding_(encoding) {}
  [[clang::coro_wrapper]] Task<Response> handle(Exchange& exchange, Next next) override {
    rendered = std::string(template_.render({.exchange = exchange}, exchange.arena(), encoding_));
    is_absent = template_.is_absent({.exchange = exchange});
    return next(exchange);
  }
  std::string rendered;
  bool is_absent = false;

 private:
  Template template_;
  Template::Encoding encoding_;
};

std::string rendered(const std::string& text, const Request& request,
                     Template::Encoding encoding = Template::Encoding::none) {
  Renderer filter(text, {}, encoding);
  ChainHarness chain(std::vector<Filter*>{&filter});
  chain.send(request);
  return filter.rendered;
}

std::string error_of(const std::string& text, Template::Rules rules = {}) {
  const auto parsed = Template::parse(text, rules);
  return parsed ? "" : parsed.error();
}

}  // namespace

TEST_CASE("template: variables stand for what the request says", "[filter][template]") {
  const Request request("GET /a/b?c=d", {{"Host", "shop.example:8443"}, {"User-Agent", "curl"}, {"X-A", "one"}});
  const std::pair<const char*, const char*> cases[] = {
      {"", ""},
      {"fixed", "fixed"},
      {"${client_ip}", "192.0.2.7"},
      {"${method} ${protocol}", "GET HTTP/1.1"},
      {"${scheme}://${host}${target}", "https://shop.example/a/b?c=d"},
      {"${path}|${query}", "/a/b|c=d"},
      {"${header:x-a}, ${header:X-Missing}.", "one, ."},
      {"${user_agent}", "curl"},
      {"${listener}/${route}/${upstream}", "web/route/app"},
      {"$${host} is ${host}", "${host} is shop.example"},
      {"$ $$ $a {b} }", "$ $$ $a {b} }"},
      {"$$${host}", "$${host}"},
  };
  for (const auto& [text, expected] : cases) {
    INFO(text);
    CHECK(rendered(text, request) == expected);
  }
}

TEST_CASE("template: an IPv6 host keeps its brackets and loses its port", "[filter][template]") {
  CHECK(rendered("${host}", Request("GET /", {{"Host", "[::1]:80"}})) == "[::1]");
}

TEST_CASE("template: in a URL, what comes from fields is encoded", "[filter][template]") {
  const Request request("GET /a%20b?c", {{"X-A", "a b/../?#%\xc3\xa9"}});
  CHECK(rendered("https://h${target}&x=${header:X-A}", request, Template::Encoding::url) ==
        "https://h/a%20b?c&x=a%20b%2F..%2F%3F%23%25%C3%A9");
}

TEST_CASE("template: mistakes are named", "[filter][template]") {
  CHECK(error_of("${client_pi}") == "unknown variable \"client_pi\" (did you mean \"client_ip\"?)");
  CHECK(error_of("${nothing_like_it}").find("known are header:NAME, \"client_ip\"") != std::string::npos);
  CHECK(error_of("${host").find("without \"}\"") != std::string::npos);
  CHECK(error_of("${header:a b}") == "\"a b\" is not the name of a header field");
  CHECK(error_of("${header:}") == "\"\" is not the name of a header field");
  CHECK(error_of("${status}") == "${status} is not known yet at this place");
  CHECK(error_of("${duration}", {.known = Known::response}) == "${duration} is not known yet at this place");
  CHECK(error_of("${1}") == "${1} needs a regular expression");
  CHECK(error_of("${status} ${endpoint}", {.known = Known::response}).empty());
  CHECK(error_of("${duration} ${why}", {.known = Known::end}).empty());
  CHECK(error_of("${1}${9}", {.has_captures = true}).empty());
  CHECK_FALSE(error_of("${0}", {.has_captures = true}).empty());
}

TEST_CASE("template: the fixed part must be a field value", "[filter][template]") {
  CHECK(Template::check("a\tb", {}).empty());
  for (const char* bad : {"a\nb", "a\rb", "a\x7f", " a", "a ", "${host}\n"})
    CHECK_FALSE(Template::check(bad, {}).empty());
}

TEST_CASE("template: it is absent when all its variables are empty", "[filter][template]") {
  const std::tuple<const char*, bool> cases[] = {
      {"", false}, {"x", false}, {"${query}", true}, {"Bearer ${header:x}", true}, {"${query}${host}", false}};
  for (const auto& [text, expected] : cases) {
    INFO(text);
    Renderer filter(text, {}, Template::Encoding::none);
    ChainHarness chain(std::vector<Filter*>{&filter});
    chain.send("GET /");
    CHECK(filter.is_absent == expected);
  }
}

}  // namespace outrigger::filters
