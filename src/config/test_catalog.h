#pragma once

#include <array>
#include <map>
#include <string>
#include <vector>

#include "config/load.h"

// Two filters as small as they can be, for the tests of this folder.
namespace outrigger::config::test {

struct FakeRetry {
  int num_retries = 2;
  Duration base = milliseconds(25);
  std::vector<std::string> retry_on = {"connect-failure", "502-504"};
};

inline void describe(Schema<FakeRetry>& schema) {
  schema.summary("Repeats a failed request.");
  schema.field("num_retries", &FakeRetry::num_retries, "Tries after the first.").range(0, 10);
  schema.field("base", &FakeRetry::base, "First pause.");
  schema.field("retry_on", &FakeRetry::retry_on, "What is repeated.");
}

enum class FakeReset : std::uint8_t { timed, manual };

struct FakeBreaker {
  Share failure_rate{0.5};
  FakeReset reset = FakeReset::timed;
};

inline void describe(Schema<FakeBreaker>& schema) {
  schema.summary("Stops asking a failing service.");
  schema.field("failure_rate", &FakeBreaker::failure_rate, "Where it opens.");
  schema.field("reset", &FakeBreaker::reset, "How it closes.")
      .values({{"timed", FakeReset::timed}, {"manual", FakeReset::manual}});
}

struct FakeRespond {
  std::uint16_t status = 200;
  std::string body;
  std::map<std::string, std::string> headers;
};

inline void describe(Schema<FakeRespond>& schema) {
  schema.summary("Answers by itself.");
  schema.field("status", &FakeRespond::status, "Status code.").range(200, 599);
  schema.field("body", &FakeRespond::body, "Body text.");
  schema.field("headers", &FakeRespond::headers, "Header fields.");
}

inline FilterCatalog catalog() {
  static const FilterDescriptor kRetry{"retry", "Repeats.", &schema_of<FakeRetry>};
  static const FilterDescriptor kBreaker{"circuit_breaker", "Breaks.", &schema_of<FakeBreaker>};
  static const FilterDescriptor kRespond{"respond", "Answers.", &schema_of<FakeRespond>};
  static const std::array<const FilterDescriptor*, 3> kAll = {&kRetry, &kBreaker, &kRespond};
  return kAll;
}

inline LoadResult load(std::string_view text) { return load_text(text, "o.yaml", catalog()); }

// First lines of all diagnostics, without the file name.
inline std::string messages(const LoadResult& result) {
  std::string text;
  for (const Diagnostic& diagnostic : result.diagnostics) {
    const std::string rendered = render(diagnostic, false);
    std::string first = rendered.substr(0, rendered.find('\n'));
    if (first.starts_with("o.yaml:")) first = first.substr(7);
    text += first + "\n";
  }
  return text;
}

}  // namespace outrigger::config::test
