#pragma once

#include <cstdint>
#include <expected>
#include <string_view>
#include <utility>
#include <vector>

namespace outrigger::adapters {

enum class StatsdType : std::uint8_t { counter, gauge, timer, histogram, set };

// Why a line is no metric. In the order of kStatsdProblems.
enum class StatsdProblem : std::uint8_t { empty, name, value, type, rate, tags, event, service_check, too_long };
inline constexpr std::string_view kStatsdProblems[] = {"empty", "name",  "value",         "type",    "sample_rate",
                                                       "tags",  "event", "service_check", "too_long"};

// One line of statsd or DogStatsD, views into it.
struct StatsdLine {
  std::string_view name;
  StatsdType type = StatsdType::counter;
  double rate = 1;  // 0.000001 to 1: the share of events that were sent
  struct Value {
    double number = 0;
    bool is_relative = false;  // it has a sign: of a gauge, a change
    std::string_view text;     // as it stands: of a set, the member
  };
  std::vector<Value> values;                                        // at least one
  std::vector<std::pair<std::string_view, std::string_view>> tags;  // a bare tag has an empty value
};

// `name:value|type[|@rate][|#key:value,...]`, with the extensions of DogStatsD 1.1 to 1.3: several values
// `name:1:2|ms`, type `d`, and fields c:, e:, T that are passed over. Sources: etsy statsd docs/metric_types.md,
// docs.datadoghq.com "DogStatsD datagram format".
//
// Strict: a number is decimal and finite; an unknown type or field, a rate out of [0.000001, 1], and a name with a
// control character are problems, which the whole line shares. Linear in the line.
std::expected<StatsdLine, StatsdProblem> parse_statsd(std::string_view line);

}  // namespace outrigger::adapters
