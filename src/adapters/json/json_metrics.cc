#include "adapters/json/json_metrics.h"

#include <charconv>
#include <cmath>

#include "adapters/metric_name.h"

namespace outrigger::adapters {
namespace {

using base::Json;
using stats::MetricFamily;
using stats::MetricType;

constexpr const char* kHelp = "A number of a JSON page.";

// What a name says of the type: parts of histograms by themselves are none of the types that have rules.
MetricType type_of(std::string_view name) {
  if (name.ends_with("_total")) return MetricType::counter;
  for (const char* suffix : {"_count", "_sum", "_bucket"}) {
    if (name.ends_with(suffix)) return MetricType::untyped;
  }
  return MetricType::gauge;
}

class Walk {
 public:
  void visit(const Json& value, const std::string& name) {
    switch (value.kind) {
      case Json::Kind::number:
        if (is_metric_name(name)) put(name, value.number);
        break;
      case Json::Kind::object:
        for (const base::JsonMember& member : value.members) visit(member.value, joined(name, member.name));
        break;
      case Json::Kind::list:
        for (std::size_t i = 0; i < value.items.size(); ++i) {
          labels_.push_back(element_label(value.items[i], i, labels_));
          visit(value.items[i], name);
          labels_.pop_back();
        }
        break;
      default:
        break;
    }
  }
  std::vector<MetricFamily> take() {
    std::vector<MetricFamily> result;
    for (auto& [name, family] : families_) result.push_back(std::move(family));
    return result;
  }

 private:
  static std::string joined(const std::string& name, const std::string& member) {
    const std::string next = snake_case(member);
    if (name.empty() || name.ends_with('_') || next.starts_with('_')) return name + next;
    return name + '_' + next;
  }
  void put(const std::string& name, double value) {
    auto& family = families_.try_emplace(name, MetricFamily{name, kHelp, type_of(name), {}}).first->second;
    family.metrics.push_back({.labels = labels_, .value = value});
  }

  stats::Labels labels_;
  std::map<std::string, MetricFamily> families_;
};

}  // namespace

void describe(config::Schema<Pick>& schema) {
  schema.summary("What a metric is taken from.");
  schema.shorthand("path");
  schema.field("path", &Pick::path, "Where its value is; [*] makes a label of every element.")
      .required()
      .check_text([](const std::string& text) {
        const auto path = JsonPath::parse(text);
        return path ? std::string() : path.error();
      })
      .example("$.queues[*].len");
  schema.field("type", &Pick::type, "What it is.").values({{"gauge", PickType::gauge}, {"counter", PickType::counter}});
  schema.field("scale", &Pick::scale, "What the value is multiplied by: 0.001 makes milliseconds seconds.");
  schema.field("help", &Pick::help, "What the metric is, for its HELP line.");
  schema.field("labels", &Pick::labels, "Labels from the document, each with its path.")
      .example("{version: $.version}");
  schema.check([](const Pick& pick) -> std::string {
    for (const auto& [name, path] : pick.labels) {
      if (!is_label_name(name)) return "\"" + name + "\" is no name of a label";
      if (const auto parsed = JsonPath::parse(path); !parsed) return parsed.error();
    }
    return "";
  });
}

std::optional<double> number_of(const Json& value) {
  if (value.is_number()) return value.number;
  if (value.kind == Json::Kind::boolean) return value.text == "true" ? 1 : 0;
  if (!value.is_text()) return std::nullopt;
  double number = 0;
  const char* last = value.text.data() + value.text.size();
  const auto [end, error] = std::from_chars(value.text.data(), last, number);
  if (error != std::errc{} || end != last || !std::isfinite(number)) return std::nullopt;
  return number;
}

std::vector<MetricFamily> all_numbers(const Json& document, const std::string& prefix) {
  Walk walk;
  walk.visit(document, prefix);
  return walk.take();
}

MetricFamily picked(const Json& document, const std::string& name, const Pick& pick, std::size_t& refused) {
  const MetricType type = pick.type == PickType::counter ? MetricType::counter : MetricType::gauge;
  MetricFamily family{name, pick.help.empty() ? kHelp : pick.help, type, {}};
  stats::Labels common;
  for (const auto& label : pick.labels) {
    JsonPath::parse(label.second)->for_each(document, [&](const Json& value, const stats::Labels&) {
      common.emplace_back(label.first, value.text);
    });
  }
  JsonPath::parse(pick.path)->for_each(document, [&](const Json& value, const stats::Labels& labels) {
    const auto number = number_of(value);
    const bool is_good = number && (type != MetricType::counter || *number >= 0);
    if (!is_good) {
      ++refused;
      return;
    }
    stats::Labels all = common;
    all.insert(all.end(), labels.begin(), labels.end());
    family.metrics.push_back({.labels = std::move(all), .value = *number * pick.scale});
  });
  return family;
}

}  // namespace outrigger::adapters
