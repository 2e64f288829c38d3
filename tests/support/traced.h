#pragma once

#include <array>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "filters/tracing/tracing.h"
#include "support/chain_harness.h"

namespace outrigger::test {

inline const std::string kTrace = "0af7651916cd43dd8448eb211c80319c";
inline const std::string kSpan = "b7ad6b7169203331";
inline const std::string kSampled = "00-" + kTrace + "-" + kSpan + "-01";
inline const std::string kUnsampled = "00-" + kTrace + "-" + kSpan + "-00";

// Keeps records instead of sending them.
class KeptRecords final : public LineLog {
 public:
  explicit KeptRecords(std::vector<std::string>& records) : records_(records) {}
  char* reserve() noexcept override { return room_.data(); }
  void commit(std::size_t size) noexcept override { records_.emplace_back(room_.data(), size); }

 private:
  std::vector<std::string>& records_;
  std::array<char, kMaxLine> room_{};
};

// A chain behind a filter `tracing` whose spans can be looked at.
struct Traced {
  using Form = filters::SpanSink::Form;
  explicit Traced(const std::string& options_text = "{}", std::vector<Filter*> rest = {}, Form form = Form::otlp_json)
      : tracing(options<filters::TracingOptions>("tracing: " + options_text),
                std::make_unique<filters::SpanSink>(form, "shop", std::make_unique<KeptRecords>(records))),
        chain(with_tracing(std::move(rest))) {}
  std::vector<Filter*> with_tracing(std::vector<Filter*> rest) {
    rest.insert(rest.begin(), &tracing);
    return rest;
  }
  nlohmann::json span(std::size_t index) const { return nlohmann::json::parse(records.at(index)); }
  // The value of an attribute, null if there is none.
  nlohmann::json attribute(std::size_t index, const std::string& key) const {
    nlohmann::json whole = span(index);
    for (const auto& each : whole["attributes"]) {
      if (each["key"] == key) return each["value"].begin().value();
    }
    return {};
  }
  std::string sent(std::string_view field, std::size_t index = 0) const {
    return chain.upstream_requests().at(index).field(field);
  }

  std::vector<std::string> records;
  filters::Tracing tracing;
  ChainHarness chain;
};

}  // namespace outrigger::test
