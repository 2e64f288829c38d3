#include "proxy/downstream/client_address.h"

#include <catch2/catch.hpp>

using namespace outrigger;
using namespace outrigger::proxy;

TEST_CASE("client address: the rightmost address that no trusted proxy vouches for", "[proxy]") {
  struct Row {
    const char* sentence;
    const char* peer;
    std::initializer_list<const char*> fields;
    const char* client;
    bool trusted = true;
  };
  const Row rows[] = {
      {"a stranger is the client, whatever it says", "9.9.9.9", {"1.1.1.1"}, "9.9.9.9", false},
      {"a trusted peer without the field", "10.0.0.1", {}, "10.0.0.1"},
      {"one address", "10.0.0.1", {"1.1.1.1"}, "1.1.1.1"},
      {"the rightmost of a list", "10.0.0.1", {"6.6.6.6, 1.1.1.1"}, "1.1.1.1"},
      {"trusted ones are passed over", "10.0.0.1", {"6.6.6.6, 1.1.1.1, 10.0.0.2 ,\t10.0.0.3"}, "1.1.1.1"},
      {"several fields are one list", "10.0.0.1", {"6.6.6.6, 1.1.1.1", "10.0.0.2"}, "1.1.1.1"},
      {"all are trusted", "10.0.0.1", {"10.0.0.9, 10.0.0.2"}, "10.0.0.9"},
      {"empty elements", "10.0.0.1", {", ,1.1.1.1, ,", ""}, "1.1.1.1"},
      {"a port", "10.0.0.1", {"1.1.1.1:4711"}, "1.1.1.1"},
      {"IPv6", "10.0.0.1", {"2001:db8::5"}, "2001:db8::5"},
      {"IPv6 in brackets", "10.0.0.1", {"[2001:db8::5]"}, "2001:db8::5"},
      {"IPv6 with a port", "10.0.0.1", {"6.6.6.6, [2001:db8::5]:443"}, "2001:db8::5"},
      {"a trusted IPv6 peer", "fd00::1", {"1.1.1.1"}, "1.1.1.1"},
      {"an IPv6 peer that is not trusted", "2001:db8::1", {"1.1.1.1"}, "2001:db8::1", false},
      {"garbage ends the walk", "10.0.0.1", {"evil"}, "10.0.0.1"},
      {"garbage behind a trusted proxy", "10.0.0.1", {"1.1.1.1, <script>, 10.0.0.2"}, "10.0.0.2"},
      {"unknown", "10.0.0.1", {"unknown, 10.0.0.2"}, "10.0.0.2"},
      {"an address with too many numbers", "10.0.0.1", {"1.2.3.4.5"}, "10.0.0.1"},
      {"an open bracket", "10.0.0.1", {"[::1"}, "10.0.0.1"},
      {"only a bracket", "10.0.0.1", {"["}, "10.0.0.1"},
      {"a Unix peer is trusted when its kind is", "unix:", {"1.1.1.1"}, "1.1.1.1"},
  };
  TrustedProxies trusted{{base::Cidr::parse("10.0.0.0/8").value(), base::Cidr::parse("fd00::/8").value()}, true};
  for (const Row& row : rows) {
    INFO(row.sentence);
    Arena arena;
    Headers headers(arena);
    headers.add("X-Other", "7.7.7.7");
    for (const char* value : row.fields) headers.add("X-Forwarded-For", value);
    const ClientAddress found = find_client(row.peer, headers, trusted);
    REQUIRE(found.ip == row.client);
    REQUIRE(found.peer_is_trusted == row.trusted);
  }
  Arena arena;
  Headers headers(arena);
  headers.add("X-Forwarded-For", "1.1.1.1");
  REQUIRE(find_client("unix:", headers, {}).ip == "unix:");
  REQUIRE_FALSE(find_client("unix:", headers, {}).peer_is_trusted);
}

TEST_CASE("client address: what only a gateway may say is dropped", "[proxy][security]") {
  for (const char* name :
       {"Forwarded", "X-Forwarded-For", "X-Forwarded-User", "x-forwarded-email", "X-FORWARDED-SSL", "X-Forwarded-",
        "X-Forwarded-Prefix", "X_Forwarded_Groups", "X-Forwarded", "X-Real-IP", "X-Client-IP", "X-Scheme",
        "X-Url-Scheme", "Front-End-Https", "front_end_https", "True-Client-IP", "X-Original-Forwarded-For"}) {
    CAPTURE(name);
    Arena arena;
    Headers headers(arena);
    headers.add("X-Other", "1");
    headers.add(name, "admin");
    headers.add("Accept", "*/*");
    drop_claims(headers);
    CHECK(headers.size() == 2);
    CHECK_FALSE(headers.get(name));
  }
  Arena arena;
  Headers headers(arena);
  for (const char* name : {"X-Forward", "X-Forwarder-For", "XX-Forwarded-For", "X-User", "Front-End", "Via", "X"}) {
    headers.add(name, "1");
  }
  drop_claims(headers);
  CHECK(headers.size() == 7);
}
