#include "filters/access/access.h"

#include <catch2/catch.hpp>

#include "support/chain_harness.h"

using namespace outrigger;
using test::ChainHarness;
using test::Client;
using test::Fields;

namespace {

std::shared_ptr<const ClientCertificate> certificate() {
  auto made = std::make_shared<ClientCertificate>();
  made->common_name = "web";
  made->uri = {"spiffe://prod/web"};
  made->dns = {"web.example"};
  made->fingerprint = std::string(64, 'a');
  return made;
}

struct Row {
  const char* what;
  const char* rules;
  const char* request;
  Fields fields;
  Client client;
  int status;
};

const Row kRows[] = {
    {"a request that no rule fits is refused", "[{allow: {path: /a}}]", "GET /b", {}, {}, 403},
    {"the first rule that fits decides", "[{deny: {path: /a/b}}, {allow: {path: /a}}]", "GET /a/b/c", {}, {}, 403},
    {"a later rule is reached", "[{deny: {path: /a/b}}, {allow: {path: /a}}]", "GET /a/c", {}, {}, 200},
    {"{} is every request", "[{allow: {}}]", "DELETE /x", {}, {}, 200},
    {"deny {} refuses everything", "[{deny: {}}]", "GET /", {}, {}, 403},
    {"a client inside the block", "[{allow: {client: 192.0.2.0/24}}]", "GET /", {}, {}, 200},
    {"a client outside the block", "[{allow: {client: 192.0.3.0/24}}]", "GET /", {}, {}, 403},
    {"an IPv4 client over IPv6", "[{allow: {client: 192.0.2.0/24}}]", "GET /", {}, {.ip = "::ffff:192.0.2.1"}, 200},
    {"a client without IP address is in no block", "[{allow: {client: 0.0.0.0/0}}]", "GET /", {}, {.ip = "unix:"}, 403},
    {"what only looks like an address is in no block",
     "[{allow: {client: 0.0.0.0/0}}]",
     "GET /",
     {},
     {.ip = "192.0.2.1.evil"},
     403},
    {"a method that is listed", "[{allow: {method: [GET, HEAD]}}]", "HEAD /", {}, {}, 200},
    {"a method that is not listed", "[{allow: {method: [GET, HEAD]}}]", "PUT /", {}, {}, 403},
    {"methods have case", "[{allow: {method: GET}}]", "get /", {}, {}, 403},
    {"a host", "[{allow: {host: admin.example}}]", "GET /", {{"Host", "admin.example"}}, {}, 200},
    {"another host", "[{allow: {host: admin.example}}]", "GET /", {{"Host", "admin.example.evil"}}, {}, 403},
    {"a port does not hide the host",
     "[{deny: {host: admin.example}}, {allow: {}}]",
     "GET /",
     {{"Host", "admin.example:80"}},
     {},
     403},
    {"capital letters do not",
     "[{deny: {host: admin.example}}, {allow: {}}]",
     "GET /",
     {{"Host", "ADMIN.example"}},
     {},
     403},
    {"a last dot does not",
     "[{deny: {host: admin.example}}, {allow: {}}]",
     "GET /",
     {{"Host", "admin.example."}},
     {},
     403},
    {"capital letters do not hide a path", "[{deny: {path: /admin}}, {allow: {}}]", "GET /Admin/x", {}, {}, 403},
    {"capital letters do not open a path", "[{allow: {path: /admin}}]", "GET /Admin", {}, {}, 403},
    {"all conditions must hold", "[{allow: {method: GET, path: /a}}]", "GET /b", {}, {}, 403},
    {"the query is no part of the path", "[{deny: {path: /admin}}, {allow: {}}]", "GET /a?/admin", {}, {}, 200},
    {"a query does not hide the path", "[{deny: {path: /admin}}, {allow: {}}]", "GET /admin?x", {}, {}, 403},
    {"an encoded letter does not hide the path", "[{deny: {path: /admin}}, {allow: {}}]", "GET /%61dmin", {}, {}, 403},
    {"a double slash does not", "[{deny: {path: /admin}}, {allow: {}}]", "GET //admin", {}, {}, 403},
    {"a slash inside does not", "[{deny: {path: /a/admin}}, {allow: {}}]", "GET /a//admin", {}, {}, 403},
    {"parameters do not", "[{deny: {path: /admin}}, {allow: {}}]", "GET /admin;x=1", {}, {}, 403},
    {"dot segments do not", "[{deny: {path: /admin}}, {allow: {}}]", "GET /a/../admin", {}, {}, 403},
    {"encoded dot segments do not", "[{deny: {path: /admin}}, {allow: {}}]", "GET /a/%2e%2e/admin", {}, {}, 403},
    {"an encoded slash does not", "[{deny: {path: /a/admin}}, {allow: {}}]", "GET /a%2fadmin", {}, {}, 403},
    {"a backslash does not", "[{deny: {path: /a/admin}}, {allow: {}}]", "GET /a%5cadmin", {}, {}, 403},
    {"parameters of dots do not", "[{deny: {path: /admin}}, {allow: {}}]", "GET /x/..;/admin", {}, {}, 403},
    {"what leaves the allowed path is not allowed", "[{allow: {path: /public}}]", "GET /public/../admin", {}, {}, 403},
    {"nor encoded", "[{allow: {path: /public}}]", "GET /public/%2e%2e/admin", {}, {}, 403},
    {"nor with parameters", "[{allow: {path: /public}}]", "GET /public/..;/admin", {}, {}, 403},
    {"an encoded path inside the allowed one is", "[{allow: {path: /public}}]", "GET /public/%C3%A9", {}, {}, 200},
    {"exact", "[{allow: {path: {exact: /a}}}]", "GET /a/", {}, {}, 403},
    {"regex", "[{allow: {path: {regex: '/[0-9]+'}}}]", "GET /12", {}, {}, 200},
    {"a header", "[{allow: {header: {X-Team: ops}}}]", "GET /", {{"x-team", "ops"}}, {}, 200},
    {"another value", "[{allow: {header: {X-Team: ops}}}]", "GET /", {{"X-Team", "dev"}}, {}, 403},
    {"no such header", "[{allow: {header: {X-Team: ops}}}]", "GET /", {}, {}, 403},
    {"one of several values", "[{allow: {header: {X-Team: [dev, 'op*']}}}]", "GET /", {{"X-Team", "ops"}}, {}, 200},
    {"a header sent twice must be right twice",
     "[{allow: {header: {X-Team: ops}}}]",
     "GET /",
     {{"X-Team", "ops"}, {"X-Team", "dev"}},
     {},
     403},
    {"a forbidden value is found in any of them",
     "[{deny: {header: {X-Team: dev}}}, {allow: {}}]",
     "GET /",
     {{"X-Team", "ops"}, {"X-Team", "dev"}},
     {},
     403},
    {"a header that must be absent", "[{allow: {header: {X-Debug: {present: false}}}}]", "GET /", {}, {}, 200},
    {"and is not", "[{allow: {header: {X-Debug: {present: false}}}}]", "GET /", {{"X-Debug", "1"}}, {}, 403},
    {"a header by regex", "[{allow: {header: {X-Id: {regex: '[0-9]+'}}}}]", "GET /", {{"X-Id", "1a"}}, {}, 403},
    {"a certificate's URI",
     "[{allow: {client_cert: 'spiffe://prod/*'}}]",
     "GET /",
     {},
     {.certificate = certificate()},
     200},
    {"its DNS name", "[{allow: {client_cert: web.example}}]", "GET /", {}, {.certificate = certificate()}, 200},
    {"its common name",
     "[{allow: {client_cert: {common_name: web}}}]",
     "GET /",
     {},
     {.certificate = certificate()},
     200},
    {"the common name is no SAN", "[{allow: {client_cert: web}}]", "GET /", {}, {.certificate = certificate()}, 403},
    {"no certificate", "[{allow: {client_cert: '*'}}]", "GET /", {}, {}, 403},
    {"a claimed certificate is none",
     "[{allow: {client_cert: '*'}}]",
     "GET /",
     {{"X-Forwarded-Client-Cert", "URI=spiffe://prod/web"}},
     {},
     403},
    {"a claim", "[{allow: {claim: {role: admin}}}]", "GET /", {}, {.claims = {{"role", "admin"}}}, 200},
    {"one of several",
     "[{allow: {claim: {role: admin}}}]",
     "GET /",
     {},
     {.claims = {{"role", "a"}, {"role", "admin"}}},
     200},
    {"another claim", "[{allow: {claim: {role: admin}}}]", "GET /", {}, {.claims = {{"roles", "admin"}}}, 403},
    {"claims have case", "[{allow: {claim: {role: admin}}}]", "GET /", {}, {.claims = {{"role", "Admin"}}}, 403},
    {"a user", "[{allow: {user: alice}}]", "GET /", {}, {.user = "alice"}, 200},
    {"any user", "[{allow: {user: '*'}}]", "GET /", {}, {.user = "bob"}, 200},
    {"no user is not any user", "[{allow: {user: '*'}}]", "GET /", {}, {}, 403},
};

}  // namespace

TEST_CASE("access: rules", "[filter][security]") {
  for (const Row& row : kRows) {
    CAPTURE(row.what, row.rules, row.request);
    ChainHarness chain(std::string("access: {rules: ") + row.rules + "}");
    chain.set_client(row.client);
    test::Request request(row.request, row.fields);
    const auto result = chain.send(request);
    CHECK(result.status == row.status);
    CHECK(chain.upstream_calls() == (row.status == 200 ? 1 : 0));
  }
}

TEST_CASE("access: the client learns nothing, `why` names the rule", "[filter][security]") {
  ChainHarness chain("access: {rules: [{allow: {path: /a}}, {deny: {path: /secret}}]}");
  const auto result = chain.send("GET /secret");
  CHECK(result.failure == Failure::access_denied);
  CHECK(result.body == "403 Forbidden: access is denied\n");
  CHECK(result.why == "access is denied: access.rules[1] denies it");
}

TEST_CASE("access: report lets pass and says what it would have refused", "[filter][security]") {
  ChainHarness chain("access: {mode: report, rules: [{allow: {path: /a}}]}");
  const auto result = chain.send("GET /b");
  CHECK(result.status == 200);
  CHECK(result.why == "not enforced: no rule of access allows it");
}

TEST_CASE("access: bad rules are refused when they are read", "[filter]") {
  struct Bad {
    const char* options;
    const char* words;
  };
  for (const Bad& bad : {Bad{"{}", "missing key \"rules\""}, Bad{"{rules: []}", "needs at least one rule"},
                         Bad{"{rules: [{}]}", "needs one of allow and deny"},
                         Bad{"{rules: [{allow: {}, deny: {}}]}", "needs one of allow and deny"},
                         Bad{"{rules: [{allow: {client: 10.0.0.1/8}}]}", "write 10.0.0.0/8"},
                         Bad{"{rules: [{allow: {method: get}}]}", "methods are upper case"},
                         Bad{"{rules: [{allow: {path: admin}}]}", "a path begins with /"},
                         Bad{"{rules: [{allow: {path: {regex: '('}}}]}", "is no regular expression"},
                         Bad{"{rules: [{deny: {header: {host: a}}}]}", "write `host`"},
                         Bad{"{rules: [{deny: {host: 'a:80'}}]}", "without port"},
                         Bad{"{rules: [{allow: {paht: /a}}]}", "did you mean \"path\""},
                         Bad{"{rules: [{allow: {header: {A: {present: false, any_of: b}}}}]}", "cannot be absent"}}) {
    CAPTURE(bad.options);
    CHECK_THAT(ChainHarness::errors(std::string("access: ") + bad.options), Catch::Contains(bad.words));
  }
}
