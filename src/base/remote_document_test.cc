#include "base/remote_document.h"

#include <algorithm>
#include <catch2/catch.hpp>

namespace outrigger::base {
namespace {

using namespace std::chrono_literals;

std::expected<std::shared_ptr<const void>, std::string> parse(std::string_view text) {
  if (text == "bad") return std::unexpected("is bad");
  return std::make_shared<std::string>(text);
}

std::shared_ptr<RemoteDocument> document(Duration keep = 1h) {
  return RemoteDocument::find_or_make({"https://a.test/keys", "", 10min, keep}, &parse);
}

std::string content(const RemoteDocument& document) {
  const auto any = document.content();
  return any ? *static_cast<const std::string*>(any.get()) : "none";
}

}  // namespace

TEST_CASE("remote document: equal rules find the same one while somebody holds it", "[base]") {
  auto first = document();
  CHECK(document() == first);
  CHECK(document(2h) != first);
  REQUIRE(first->succeed("one", Instant(1s)));
  const auto again = document();
  first.reset();
  CHECK(content(*again) == "one");
  CHECK(std::ranges::count(RemoteDocument::all(), again) == 1);
}

TEST_CASE("remote document: the last good one stays up to its limit", "[base]") {
  const auto made = document();
  CHECK_FALSE(made->has_been_good());
  CHECK(made->problem() == "it has not been fetched yet");
  made->fail("no route", Instant(1s));
  CHECK((content(*made) == "none" && made->problem() == "no route" && made->version() == 0));
  REQUIRE(made->succeed("one", Instant(10s)));
  CHECK((content(*made) == "one" && made->problem().empty() && made->version() == 1));
  const auto refused = made->succeed("bad", Instant(20s));
  REQUIRE_FALSE(refused);
  CHECK(refused.error() == "is bad");
  CHECK((content(*made) == "one" && made->problem() == "is bad" && made->version() == 1));
  made->fail("no route", Instant(10s) + 1h);
  CHECK((content(*made) == "none" && made->version() == 2 && made->has_been_good()));
}

TEST_CASE("remote document: who asks for a fresher one waits for the fetch under way, and seldom begins one",
          "[base]") {
  const auto made = document();
  CHECK(made->ask(0, Instant(1s)) == nullptr);  // nobody fetches
  int begun = 0;
  made->serve([&] { ++begun; });
  const auto first = made->ask(0, Instant(1s));
  REQUIRE(first);
  CHECK(begun == 0);  // the first one is on its way anyway
  made->begin(Instant(1s));
  CHECK(made->ask(0, Instant(1s)) == first);
  REQUIRE(made->succeed("one", Instant(2s)));
  CHECK(first->is_done());
  CHECK(made->ask(0, Instant(3s)) == nullptr);  // there is another one already
  CHECK(made->ask(1, Instant(3s)) == nullptr);  // so soon after the latest
  const auto second = made->ask(1, Instant(1s) + RemoteDocument::kPause);
  REQUIRE(second);
  CHECK(begun == 1);
  CHECK(made->ask(1, Instant(32s)) == second);
  made->fail("no route", Instant(33s));
  CHECK(second->is_done());
  CHECK(made->ask(1, Instant(34s)) == nullptr);
}

}  // namespace outrigger::base
