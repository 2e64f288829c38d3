#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace outrigger::differential {

// An endless series of requests, right and wrong, from a seed.
class Generator {
 public:
  explicit Generator(std::uint64_t seed) : state_(seed) {}
  // Seeds that mutations start from, beside the generated ones.
  void add_seed(std::string text) { seeds_.push_back(std::move(text)); }
  std::string next();

 private:
  std::size_t below(std::size_t limit);
  bool one_in(std::size_t n) { return below(n) == 0; }
  std::string_view pick(const std::vector<std::string_view>& from) { return from[below(from.size())]; }
  std::string make();
  void mutate(std::string& text);

  std::uint64_t state_;
  std::vector<std::string> seeds_;
};

}  // namespace outrigger::differential
