#pragma once

#include <string>
#include <string_view>

// Names as Prometheus has them: https://prometheus.io/docs/concepts/data_model/.
namespace outrigger::adapters {

// [a-zA-Z_:][a-zA-Z0-9_:]*
bool is_metric_name(std::string_view name);
// [a-zA-Z_][a-zA-Z0-9_]*, and not the two underscores in front that are Prometheus' own.
bool is_label_name(std::string_view name);
// Any text as a name in snake_case: "queueLen" is queue_len, "app.db-time" is app_db_time, "9x" is _9x. What has no
// letter or digit is "".
std::string snake_case(std::string_view text);

}  // namespace outrigger::adapters
