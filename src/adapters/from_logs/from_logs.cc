#include "adapters/from_logs/from_logs.h"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "adapters/metric_name.h"
#include "base/glob.h"

namespace outrigger::adapters {
namespace {

std::unique_ptr<Adapter> make(const void* options, AdapterContext& context) {
  return std::make_unique<FromLogs>(*static_cast<const FromLogsOptions*>(options), context);
}

std::string check_name(const std::string& text) {
  return text.empty() || is_metric_name(text) ? "" : "\"" + text + "\" is no name of a metric";
}

const std::string& name_of(const FromLogsOptions& options) {
  return !options.counter.empty() ? options.counter : !options.gauge.empty() ? options.gauge : options.histogram;
}

// Two that count the same thing share its values across a reload.
SourceOptions source_options(const FromLogsOptions& options) {
  return {"from_logs", name_of(options), "log_", options.series};
}

std::string check(const FromLogsOptions& options) {
  const auto set = [](const std::string& text) { return text.empty() ? 0 : 1; };
  if (set(options.counter) + set(options.gauge) + set(options.histogram) != 1) {
    return "needs one of counter, gauge and histogram, with the name of the metric";
  }
  if (!std::ranges::is_sorted(options.buckets, std::less_equal<>{})) return "buckets must rise";
  const auto pattern = base::Regex::compile(options.from_logs);
  if (!pattern) return "";  // told at its own place
  const auto names = pattern->group_names();
  const bool has_value = std::ranges::find(names, options.value) != names.end();
  if (options.counter.empty() && !has_value) {
    return "the pattern has no group (?P<" + options.value + ">...) whose number the metric could take";
  }
  return "";
}

// The whole text as a number; a comma or unit behind it is none.
std::optional<double> number(std::string_view text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || !std::isfinite(value)) return std::nullopt;
  return value;
}

}  // namespace

void describe(config::Schema<FromLogsOptions>& schema) {
  schema.summary("A metric from the lines of `adapters.logs` that match a pattern.");
  schema
      .field("from_logs", &FromLogsOptions::from_logs,
             "RE2 pattern, looked for anywhere in the message; named groups are labels.")
      .required()
      .check_text([](const std::string& text) {
        const auto pattern = base::Regex::compile(text);
        return pattern ? std::string() : pattern.error();
      })
      .example("'ERROR (?P<kind>\\w+)'");
  schema.field("counter", &FromLogsOptions::counter, "Name: counts the lines, or adds up the group `value`.")
      .check_text(check_name)
      .example("app_errors_total");
  schema.field("gauge", &FromLogsOptions::gauge, "Name: has the latest number of the group `value`.")
      .check_text(check_name);
  schema.field("histogram", &FromLogsOptions::histogram, "Name: spreads the numbers of the group `value`.")
      .check_text(check_name);
  schema.field("help", &FromLogsOptions::help, "What the metric is, for its HELP line.");
  schema.field("value", &FromLogsOptions::value, "The group with the number; it becomes no label.");
  schema.field("buckets", &FromLogsOptions::buckets, "Upper bounds of the histogram.");
  schema.field("labels", &FromLogsOptions::labels, "Labels that all have.").example("{app: shop}");
  schema.field("field", &FromLogsOptions::field, "The field of a parsed line to look in; absent: the message.");
  schema.field("source", &FromLogsOptions::source, "Only lines from there, * stands for anything; absent: all.")
      .example("/var/log/app/*.log");
  schema.field("trace_id", &FromLogsOptions::trace_id,
               "The field that becomes the exemplar of counters and histograms.");
  schema.field("series", &FromLogsOptions::series, "Most label sets; what is beyond them is counted as refused.")
      .range(1, 100'000);
  schema
      .field("stale_after", &FromLogsOptions::stale_after, "Label sets that no line touched for so long go; 0s: never.")
      .range(Duration(0), std::chrono::hours(24 * 365));
  schema.check(check);
}

FromLogs::FromLogs(const FromLogsOptions& options, AdapterContext& context)
    : options_(options),
      services_(context.services),
      pattern_(*base::Regex::compile(options.from_logs)),
      names_(pattern_.group_names()),
      groups_(names_.size()),
      metrics_(context.services.metrics.source(source_options(options))),
      sweep_(services_.loop, [this] { sweep(); }) {}

void FromLogs::start() {
  subscription_.emplace(services_.lines, [this](const LogRecord& record) { on_line(record); });
  if (options_.stale_after > Duration(0)) sweep_.start(options_.stale_after);
}

void FromLogs::sweep() {
  metrics_->expire(services_.loop.now() - options_.stale_after);
  sweep_.start(options_.stale_after);
}

void FromLogs::on_line(const LogRecord& record) {
  if (!options_.source.empty() && !base::matches_glob(options_.source, record.source)) return;
  if (!pattern_.find(options_.field.empty() ? record.body : record.field(options_.field), groups_)) return;
  stats::Labels labels(options_.labels.begin(), options_.labels.end());
  std::optional<std::string_view> text;
  for (std::size_t i = 1; i < names_.size(); ++i) {
    if (names_[i].empty()) continue;
    if (names_[i] == options_.value) {
      text = groups_[i];
    } else {
      labels.emplace_back(names_[i], groups_[i]);
    }
  }
  const std::optional<double> value = text ? number(*text) : std::optional<double>(1);
  const bool is_good = value && (options_.counter.empty() || *value >= 0);
  if (!is_good) return metrics_->count(Refusal::value);
  count(labels, value, record.field(options_.trace_id));
}

void FromLogs::count(const stats::Labels& labels, std::optional<double> value, std::string_view trace_id) {
  const Instant now = services_.loop.now();
  const SeriesName series{name_of(options_), options_.help, labels};
  std::optional<stats::Exemplar> exemplar;
  if (!trace_id.empty() && trace_id.size() <= 64) {
    const std::chrono::duration<double> unix = services_.loop.wall_now().time_since_epoch();
    exemplar = stats::Exemplar{{{"trace_id", std::string(trace_id)}}, *value, unix.count()};
  }
  if (!options_.counter.empty()) {
    metrics_->add(series, *value, now, std::move(exemplar));
  } else if (!options_.gauge.empty()) {
    metrics_->set(series, *value, now);
  } else {
    metrics_->observe(series, *value, 1, options_.buckets, now, std::move(exemplar));
  }
}

const AdapterType kFromLogsType = {
    {"metrics", {"from_logs"}, "A metric from log lines.", &config::schema_of<FromLogsOptions>}, make};

}  // namespace outrigger::adapters
