#include "filters/path_forms.h"

#include <catch2/catch.hpp>

namespace outrigger::filters {

TEST_CASE("path forms: what a lenient service would make of a path", "[filter][security]") {
  struct Row {
    const char* sent;
    const char* lenient;
  };
  for (const Row& row : {Row{"/", "/"},
                         Row{"/a/b", "/a/b"},
                         Row{"/%61dmin", "/admin"},
                         Row{"//admin", "/admin"},
                         Row{"/admin;x=1/a;y", "/admin/a"},
                         Row{"/a/../admin", "/admin"},
                         Row{"/a/%2e%2e/admin", "/admin"},
                         Row{"/a%2fb", "/a/b"},
                         Row{"/a\\b", "/a/b"},
                         Row{"/a%5cb", "/a/b"},
                         Row{"/a/.", "/a/"},
                         Row{"/a/", "/a/"},
                         Row{"/a//", "/a/"},
                         Row{"/../../a", "/a"},
                         Row{"/.;/admin", "/admin"},
                         Row{"/..;/admin", "/admin"},
                         Row{"/%", "/%"},
                         Row{"/%2", "/%2"},
                         Row{"/%zz", "/%zz"},
                         Row{"/%2561dmin", "/admin"},
                         Row{"/%252561", "/a"},
                         Row{"/%25252561", "/%61"},
                         Row{"/x/%252e%252e/admin", "/admin"},
                         Row{"/admin%00.png", "/admin"},
                         Row{"/admin%09/x%20", "/admin/x"},
                         Row{"/admin%a0", "/admin"},
                         Row{"/admin%c2%85", "/admin"},
                         Row{"/%c3%a0", "/\xc3\xa0"},
                         Row{"/%0a", "/"},
                         Row{"/;", "/"},
                         Row{"*", "*"},
                         Row{"/a/..", "/"}}) {
    CAPTURE(row.sent);
    Arena arena;
    const PathForms forms = PathForms::of(row.sent, arena);
    CHECK(forms.sent == row.sent);
    CHECK(forms.lenient == row.lenient);
  }
}

TEST_CASE("path rule: a prefix is made of whole segments", "[filter]") {
  const PathRule prefix({.prefix = "/a", .exact = {}, .regex = {}});
  CHECK(prefix.matches("/a"));
  CHECK(prefix.matches("/a/b"));
  CHECK_FALSE(prefix.matches("/ab"));
  const PathRule root({.prefix = "/", .exact = {}, .regex = {}});
  CHECK(root.matches("/anything"));
  const PathRule exact({.prefix = {}, .exact = "/a", .regex = {}});
  CHECK(exact.matches("/a"));
  CHECK_FALSE(exact.matches("/a/"));
  const PathRule regex({.prefix = {}, .exact = {}, .regex = "/[0-9]+"});
  CHECK(regex.matches("/12"));
  CHECK_FALSE(regex.matches("/12/x"));
}

TEST_CASE("path rule: letters of either case, where that is asked for", "[filter][security]") {
  for (const PathCondition& condition : {PathCondition{.prefix = "/Admin", .exact = {}, .regex = {}},
                                         PathCondition{.prefix = {}, .exact = "/Admin", .regex = {}},
                                         PathCondition{.prefix = {}, .exact = {}, .regex = "/Ad[m]in"}}) {
    CHECK_FALSE(PathRule(condition).matches("/aDMIN"));
    CHECK(PathRule(condition, PathRule::Case::any).matches("/aDMIN"));
  }
}

}  // namespace outrigger::filters
