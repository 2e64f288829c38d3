#include "adapters/statsd/statsd.h"

#include <algorithm>
#include <cmath>

#include "adapters/metric_name.h"
#include "base/random.h"

namespace outrigger::adapters {
namespace {

std::unique_ptr<Adapter> make(const void* options, AdapterContext& context) {
  return std::make_unique<Statsd>(*static_cast<const StatsdOptions*>(options), context);
}

std::expected<std::shared_ptr<void>, std::string> open(const void* options, OpenContext& context) {
  return DatagramSocket::bind(static_cast<const StatsdOptions*>(options)->statsd, context.store);
}

std::vector<Claim> claims(const void* options, std::string_view) {
  const auto address = net::Address::parse(static_cast<const StatsdOptions*>(options)->statsd).value();
  if (!address.is_unix() && address.port() == 0) return {};
  return {{socket_name(address, false), "statsd", ""}};
}

stats::Counter counter(const StatsdOptions& options, const char* name, const char* help, std::string_view reason = {}) {
  stats::Labels labels = {{"origin", options.statsd}};
  if (!reason.empty()) labels.emplace_back("reason", reason);
  return stats::counter(name, help, labels);
}

// How often an event of that sample rate happened.
double times(double rate) { return std::round(1 / rate); }

std::string unmapped_name(const StatsdOptions& options, const StatsdLine& line) {
  std::string name = options.prefix + snake_case(line.name);
  const char* suffix = line.type == StatsdType::counter ? "_total" : line.type == StatsdType::timer ? "_seconds" : "";
  if (!name.ends_with(suffix)) name += suffix;
  return name;
}

const char* default_help(StatsdType type) {
  switch (type) {
    case StatsdType::counter:
      return "A counter of statsd.";
    case StatsdType::gauge:
      return "A gauge of statsd.";
    case StatsdType::timer:
      return "A timer of statsd, in seconds.";
    case StatsdType::histogram:
      return "A histogram of statsd.";
    case StatsdType::set:
      break;
  }
  return "Different members of a set of statsd in its latest interval.";
}

}  // namespace

void describe(config::Schema<StatsdOptions>& schema) {
  schema.summary("Receives statsd and DogStatsD.");
  schema.field("statsd", &StatsdOptions::statsd, "Where to receive: a UDP address, or unix:/path for datagrams.")
      .required()
      .check_text([](const std::string& text) {
        const auto address = net::Address::parse(text);
        return address ? std::string() : address.error();
      })
      .example("127.0.0.1:8125");
  schema.field("prefix", &StatsdOptions::prefix, "In front of names that no rule maps.")
      .check_text([](const std::string& text) {
        return text.empty() || is_metric_name(text) ? "" : "\"" + text + "\" cannot begin the name of a metric";
      })
      .example("app_");
  schema.field("map", &StatsdOptions::map, "What names become; the first rule that matches decides.");
  schema.field("unmapped", &StatsdOptions::unmapped, "false: names that no rule maps are passed over.");
  schema.field("buckets", &StatsdOptions::buckets, "Upper bounds of histograms, in seconds for timers.");
  schema.field("labels", &StatsdOptions::labels, "Labels that all have.").example("{app: shop}");
  schema.field("sets_every", &StatsdOptions::sets_every, "The interval that members of sets are counted in.")
      .range(std::chrono::seconds(1), std::chrono::hours(1));
  schema.field("series", &StatsdOptions::series, "Most label sets; what is beyond them is counted as refused.")
      .range(1, 100'000);
  schema.field("stale_after", &StatsdOptions::stale_after, "What nobody sent for so long goes; 0s: never.")
      .range(Duration(0), std::chrono::hours(24 * 365));
  schema.check([](const StatsdOptions& options) -> std::string {
    for (const auto& [label, value] : options.labels) {
      if (!is_label_name(label)) return "\"" + label + "\" is no name of a label";
    }
    return std::ranges::is_sorted(options.buckets, std::less_equal<>{}) ? "" : "buckets must rise";
  });
}

Statsd::Statsd(const StatsdOptions& options, AdapterContext& context)
    : options_(options),
      services_(context.services),
      mapping_(options.map),
      metrics_(services_.metrics.source({"statsd", options.statsd, "statsd_", options.series})),
      lines_(counter(options, "outrigger_statsd_lines_total", "Lines of statsd that were received.")),
      passed_over_(counter(options, "outrigger_statsd_passed_over_total", "Lines that the rules drop.")),
      dropped_(counter(options, "outrigger_statsd_dropped_datagrams_total",
                       "Datagrams that the kernel dropped because they came faster than they were read.")),
      hash_(random_bits(), random_bits()),
      sweep_(services_.loop, [this] { sweep(); }),
      sets_timer_(services_.loop, [this] { count_sets(); }),
      reader_(services_.loop, std::static_pointer_cast<DatagramSocket>(context.opened),
              [this](const DatagramReader::Datagram& datagram) {
                if (datagram.dropped > 0) dropped_.add(datagram.dropped);
                if (datagram.is_cut) problems_[static_cast<std::size_t>(StatsdProblem::too_long)].add();
                take(datagram.content);
              }) {
  for (std::size_t i = 0; i < std::size(problems_); ++i) {
    problems_[i] = counter(options, "outrigger_statsd_bad_lines_total",
                           "Lines of statsd that are no metric, by reason.", kStatsdProblems[i]);
  }
}

void Statsd::start() {
  reader_.start();
  sets_timer_.start(options_.sets_every);
  if (options_.stale_after > Duration(0)) sweep_.start(options_.stale_after / 4);
}

void Statsd::sweep() {
  metrics_->expire(services_.loop.now() - options_.stale_after);
  sweep_.start(options_.stale_after / 4);
}

void Statsd::take(std::string_view content) {
  while (content.ends_with('\n')) content.remove_suffix(1);
  for (bool is_last = false; !is_last;) {
    const auto end = content.find('\n');
    is_last = end == std::string_view::npos;
    std::string_view line = content.substr(0, end);
    if (line.ends_with('\r')) line.remove_suffix(1);
    take_line(line);
    if (!is_last) content.remove_prefix(end + 1);
  }
}

void Statsd::take_line(std::string_view text) {
  lines_.add();
  const auto line = parse_statsd(text);
  if (!line) return problems_[static_cast<std::size_t>(line.error())].add();
  Target target;
  if (!aim(*line, target)) return passed_over_.add();
  put(*line, target);
}

bool Statsd::aim(const StatsdLine& line, Target& target) const {
  std::map<std::string, std::string> labels = options_.labels;
  for (const auto& [key, value] : line.tags) {
    std::string name = snake_case(key);
    if (!name.empty()) labels.insert_or_assign(std::move(name), value.empty() ? "true" : std::string(value));
  }
  auto match = mapping_.find(line.name);
  if (match ? match->rule->drop : !options_.unmapped) return false;
  const bool has_help = match && !match->rule->help.empty();
  target.help = has_help ? match->rule->help : default_help(line.type);
  target.buckets = match && !match->rule->buckets.empty() ? &match->rule->buckets : &options_.buckets;
  target.name = match ? std::move(match->name) : unmapped_name(options_, line);
  if (match) {
    for (auto& [name, value] : match->labels) labels.insert_or_assign(std::move(name), std::move(value));
  }
  target.labels.assign(labels.begin(), labels.end());
  return true;
}

void Statsd::put(const StatsdLine& line, const Target& target) {
  const Instant now = services_.loop.now();
  const SeriesName series{target.name, target.help, target.labels};
  for (const StatsdLine::Value& value : line.values) {
    switch (line.type) {
      case StatsdType::counter:
        if (value.number < 0) {
          metrics_->count(Refusal::value);
        } else {
          metrics_->add(series, value.number / line.rate, now);
        }
        break;
      case StatsdType::gauge:
        value.is_relative ? metrics_->change(series, value.number, now) : metrics_->set(series, value.number, now);
        break;
      case StatsdType::timer:
        metrics_->observe(series, value.number / 1000, times(line.rate), *target.buckets, now);
        break;
      case StatsdType::histogram:
        metrics_->observe(series, value.number, times(line.rate), *target.buckets, now);
        break;
      case StatsdType::set:
        put_member(target, value.text);
        break;
    }
  }
}

void Statsd::put_member(const Target& target, std::string_view member) {
  const auto key = std::pair(target.name, target.labels);
  if (!sets_.contains(key) && sets_.size() >= options_.series) return metrics_->count(Refusal::cardinality);
  Members& set = sets_[key];
  set.help = target.help;
  if (set.members.size() >= kMostMembers) return metrics_->count(Refusal::cardinality);
  set.members.insert(hash_(member));
}

// A set without members has one more interval, which says 0; then it is left to go stale.
void Statsd::count_sets() {
  for (auto it = sets_.begin(); it != sets_.end();) {
    const auto size = static_cast<double>(it->second.members.size());
    metrics_->set({it->first.first, it->second.help, it->first.second}, size, services_.loop.now());
    it->second.members.clear();
    it = size == 0 ? sets_.erase(it) : std::next(it);
  }
  sets_timer_.start(options_.sets_every);
}

const AdapterType kStatsdType = {
    {"metrics", {"statsd"}, "Receives statsd and DogStatsD.", &config::schema_of<StatsdOptions>}, make, open, claims};

}  // namespace outrigger::adapters
