#include "base/query.h"

#include <catch2/catch.hpp>
#include <string>

#include "base/memory_budget.h"

namespace outrigger::base {

TEST_CASE("query: a parameter is hidden wherever it stands", "[base][security]") {
  Arena arena;
  for (const auto& [target, shown] : {std::pair{"/a", "/a"},
                                      {"/a?", "/a?"},
                                      {"/a?x=1", "/a?x=1"},
                                      {"/a?&&x", "/a?&&x"},
                                      {"/a?k=1", "/a?k=[redacted]"},
                                      {"/a?&k=1", "/a?&k=[redacted]"},
                                      {"/a?k=1&x=2&k=3", "/a?k=[redacted]&x=2&k=[redacted]"},
                                      {"/a?kk=1&k", "/a?kk=1&k=[redacted]"}}) {
    CHECK(with_hidden_parameter(target, "k", arena) == shown);
  }
}

TEST_CASE("query: a parameter is found once and removed", "[base][security]") {
  CHECK(parameter_of("k=v", "k") == "v");
  CHECK(parameter_of("a=b&k=v", "k") == "v");
  CHECK(parameter_of("k", "k") == "");
  CHECK_FALSE(parameter_of("k=v&k=w", "k"));
  CHECK_FALSE(parameter_of("ak=v", "k"));
  Arena arena;
  CHECK(without_parameter("/p?k=v", "k", arena) == "/p");
  CHECK(without_parameter("/p?a=b&k=v&c", "k", arena) == "/p?a=b&c");
  CHECK(without_parameter("/p?k=v&k=w&a=b", "k", arena) == "/p?a=b");
  CHECK(without_parameter("/p", "k", arena) == "/p");
}

TEST_CASE("query: what very many parameters cost is linear", "[base][security]") {
  constexpr std::size_t kMany = 16'000;
  std::string target = "/?";
  for (std::size_t i = 0; i < kMany; ++i) target += "k&a&";
  const auto used_by = [&target](auto function) {
    Arena arena;
    const std::uint64_t before = MemoryBudget::used();
    function(std::string_view(target), "k", arena);
    return MemoryBudget::used() - std::min(before, MemoryBudget::used());
  };
  // A name takes at most so many bytes more; the budget is counted in steps.
  const std::uint64_t most = target.size() + kMany * 16 + 2 * MemoryBudget::kStep;
  CHECK(used_by(with_hidden_parameter) <= most);
  CHECK(used_by(without_parameter) <= most);
  CHECK(used_by([](auto&&...) { return 0; }) <= MemoryBudget::kStep);
}

}  // namespace outrigger::base
