#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "adapters/logs/record.h"
#include "outrigger/clock.h"

namespace outrigger::adapters::logs {

// What became of a batch.
struct Delivery {
  enum class Result : std::uint8_t {
    taken,
    later,   // the sink is down, slow or full: try again
    refused  // the sink will never take it
  };
  Result result = Result::taken;
  std::string problem{};            // a sentence, for later and refused
  std::optional<Duration> after{};  // when to try again, where the sink said so
};

// Where records go. Thread: the adapters'. Destroying it ends what is on its way.
class Output {
 public:
  Output() = default;
  Output(const Output&) = delete;
  Output& operator=(const Output&) = delete;
  virtual ~Output() = default;

  // The name of what encode() makes, a word of small letters: a batch of another form is not for this output. Static.
  virtual std::string_view form() const = 0;
  // Appends the record in this output's form. Records of a batch stand one behind the other.
  virtual void encode(const Record& record, std::string& out) = 0;
  // Offers a batch; one at a time. `bytes` stay as they are until `done` is called, once, now or later.
  virtual void deliver(const std::string& bytes, std::function<void(Delivery)> done) = 0;
};

}  // namespace outrigger::adapters::logs
