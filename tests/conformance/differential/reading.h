#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace outrigger::differential {

// How a parser read one request at the front of its input.
struct Reading {
  bool is_accepted = false;
  std::string error;
  std::string method;
  std::string target;  // as received
  int minor = 1;
  std::vector<std::pair<std::string, std::string>> fields;  // values without outer blanks
  std::string body;
  bool is_complete = false;  // the body too
  bool is_chunked = false;
  std::uint64_t length = 0;  // Content-Length, 0 without
  bool keep_alive = false;
};

// Our reading; `keep` paths, so that only the grammar is compared.
Reading read_ours(std::string_view input);
// The reading of libhttp_parser, nothing behind the first message.
Reading read_reference(std::string_view input);

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
