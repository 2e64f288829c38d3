#include "config/scalar.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <vector>

#include "base/units.h"
#include "config/json_text.h"
#include "config/reader.h"
#include "config/report.h"

namespace outrigger::config {
namespace {

using Result = std::expected<Scalar, std::string>;

std::unexpected<std::string> fail(std::string text) { return std::unexpected(std::move(text)); }
std::string quoted(const std::string& text) { return '"' + text + '"'; }

Result parse_boolean(const Node& node) {
  const std::string& text = node.text;
  if (node.plain && (text == "true" || text == "True" || text == "TRUE")) return true;
  if (node.plain && (text == "false" || text == "False" || text == "FALSE")) return false;
  static const std::vector<std::string> kYes = {"yes", "on", "y", "1", "Yes", "On", "YES", "ON", "true"};
  static const std::vector<std::string> kNo = {"no", "off", "n", "0", "No", "Off", "NO", "OFF", "false"};
  const auto among = [&](const auto& words) { return std::ranges::find(words, text) != words.end(); };
  if (among(kYes)) return fail(quoted(text) + " is not a boolean: write true");
  if (among(kNo)) return fail(quoted(text) + " is not a boolean: write false");
  return fail(quoted(text) + " is not a boolean: write true or false");
}

Result parse_integer(const ValueType& type, const Node& node) {
  std::string_view digits = node.text;
  int base = 10;
  if (digits.starts_with("0x")) base = 16;
  if (digits.starts_with("0o")) base = 8;
  if (base != 10) digits.remove_prefix(2);
  if (digits.starts_with('+')) digits.remove_prefix(1);
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value, base);
  if (error == std::errc::result_out_of_range) return fail(node.text + " is out of range");
  if (digits.empty() || error != std::errc{} || end != digits.data() + digits.size()) {
    return fail(quoted(node.text) + " is not a whole number");
  }
  if (!node.plain) return fail(quoted(node.text) + " is a text: write " + node.text + " without quotes");
  if (value < type.least || value > type.most) {
    return fail(node.text + " is out of range: " + std::to_string(type.least) + " to " + std::to_string(type.most));
  }
  return value;
}

Result parse_number(const Node& node) {
  double value = 0;
  const char* last = node.text.data() + node.text.size();
  const auto [end, error] = std::from_chars(node.text.data(), last, value);
  if (node.text.empty() || error != std::errc{} || end != last || !std::isfinite(value)) {
    return fail(quoted(node.text) + " is not a number");
  }
  return value;
}

Result parse_choice(const ValueType& type, const Node& node) {
  std::vector<std::string> words;
  for (const auto& [word, value] : type.choices) {
    if (word == node.text) return value;
    words.push_back(word);
  }
  return fail("unknown value " + quoted(node.text) + did_you_mean(node.text, words) + ", use one of " +
              quoted_list(words));
}

template <class T>
Result widen(std::expected<T, std::string> value) {
  if (!value) return fail(value.error());
  return Scalar{*value};
}

std::string format_number(double value) {
  std::array<char, 400> buffer{};
  const auto [end, error] = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value);
  return error == std::errc{} ? std::string(buffer.data(), end) : std::string("0");
}

double measure(const Scalar& value) {
  struct {
    double operator()(std::monostate) const { return 0; }
    double operator()(bool v) const { return v ? 1 : 0; }
    double operator()(std::int64_t v) const { return static_cast<double>(v); }
    double operator()(double v) const { return v; }
    double operator()(const std::string& v) const { return static_cast<double>(v.size()); }
    double operator()(Duration v) const { return static_cast<double>(v.count()); }
    double operator()(ByteSize v) const { return static_cast<double>(v.bytes); }
    double operator()(Share v) const { return v.value; }
    double operator()(Rate v) const { return v.per_second; }
  } visitor;
  return std::visit(visitor, value);
}

bool looks_like_other(const std::string& text) {
  static const std::vector<std::string> kWords = {"true", "True", "TRUE", "false", "False", "FALSE", "null", "Null",
                                                  "NULL", "~",    "yes",  "no",    "on",    "off",   "y",    "n"};
  if (std::ranges::find(kWords, text) != kWords.end()) return true;
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc{} && end == text.data() + text.size();
}

}  // namespace

Result parse_scalar(const ValueType& type, const Node& node) {
  switch (type.kind) {
    case Kind::boolean:
      return parse_boolean(node);
    case Kind::integer:
      return parse_integer(type, node);
    case Kind::number:
      return parse_number(node);
    case Kind::text:
      return Scalar{node.text};
    case Kind::duration:
      return widen(base::parse_duration(node.text));
    case Kind::bytes:
      return widen(base::parse_bytes(node.text));
    case Kind::share:
      return widen(base::parse_share(node.text));
    case Kind::rate:
      return widen(base::parse_rate(node.text));
    case Kind::choice:
      return parse_choice(type, node);
    default:
      return fail("not a single value");
  }
}

std::string yaml_text(const std::string& text) {
  bool plain =
      !text.empty() && !looks_like_other(text) && text.front() != '-' && text.front() != ':' && text.back() != ':';
  for (const char c : text) {
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    plain = plain && (letter || std::string_view("-_./:+").find(c) != std::string_view::npos);
  }
  if (plain) return text;
  std::string escaped;  // ${NAME} must not be substituted when the dump is loaded again
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (begins_with_substitution(std::string_view(text).substr(i))) escaped += '$';
    escaped += text[i];
  }
  return json_text(escaped);
}

std::string format_scalar(const ValueType& type, const Scalar& value) {
  switch (type.kind) {
    case Kind::boolean:
      return std::get<bool>(value) ? "true" : "false";
    case Kind::integer:
      return std::to_string(std::get<std::int64_t>(value));
    case Kind::number:
      return format_number(std::get<double>(value));
    case Kind::text:
      return yaml_text(std::get<std::string>(value));
    case Kind::duration:
      return base::format_duration(std::get<Duration>(value));
    case Kind::bytes:
      return base::format_bytes(std::get<ByteSize>(value));
    case Kind::share:
      return base::format_share(std::get<Share>(value));
    case Kind::rate:
      return base::format_rate(std::get<Rate>(value));
    case Kind::choice:
      for (const auto& [word, number] : type.choices) {
        if (number == std::get<std::int64_t>(value)) return word;
      }
      return std::to_string(std::get<std::int64_t>(value));
    default:
      return {};
  }
}

std::string describe_type(const ValueType& type) {
  switch (type.kind) {
    case Kind::boolean:
      return "true or false";
    case Kind::integer:
      return "a whole number";
    case Kind::number:
      return "a number";
    case Kind::text:
      return "a text";
    case Kind::duration:
      return "a duration";
    case Kind::bytes:
      return "a size";
    case Kind::share:
      return "a percentage";
    case Kind::rate:
      return "a rate";
    case Kind::choice: {
      std::vector<std::string> words;
      for (const auto& [word, value] : type.choices) words.push_back(word);
      return "one of " + quoted_list(words);
    }
    case Kind::optional:
      return describe_type(*type.element);
    case Kind::list:
      return "a list";
    case Kind::map:
    case Kind::structure:
    case Kind::filter:
      return "a mapping";
    case Kind::filters:
      return "a list of filters";
    case Kind::adapters:
      return "a list of adapters";
  }
  return {};
}

std::string format_flow(const StructSchema& schema, const void* object) {
  std::string text;
  for (const Field& field : schema.fields) {
    text += (text.empty() ? "" : ", ") + field.name + ": " + format_flow(*field.type, field.slot_of(object));
  }
  return "{" + text + "}";
}

std::string format_flow(const ValueType& type, const void* value) {
  std::string text;
  const auto join = [&](const std::string& item) { text += (text.empty() ? "" : ", ") + item; };
  switch (type.kind) {
    case Kind::optional:
      type.visit(value, [&](const std::string&, const void* inner) { text = format_flow(*type.element, inner); });
      return text.empty() ? "null" : text;
    case Kind::list:
      type.visit(value, [&](const std::string&, const void* item) { join(format_flow(*type.element, item)); });
      return "[" + text + "]";
    case Kind::map:
      type.visit(value, [&](const std::string& key, const void* item) {
        join(yaml_text(key) + ": " + format_flow(*type.element, item));
      });
      return "{" + text + "}";
    case Kind::structure:
      return format_flow(type.structure(), value);
    case Kind::filter:
      return static_cast<const FilterSpec*>(value)->fingerprint;
    case Kind::filters:
      for (const FilterSpec& spec : *static_cast<const std::vector<FilterSpec>*>(value)) join(spec.fingerprint);
      return "[" + text + "]";
    case Kind::adapters:
      for (const AdapterSpec& spec : *static_cast<const std::vector<AdapterSpec>*>(value)) join(spec.fingerprint);
      return "[" + text + "]";
    default:
      return format_scalar(type, type.load(value));
  }
}

int compare(const Scalar& a, const Scalar& b) {
  const double left = measure(a);
  const double right = measure(b);
  return left < right ? -1 : left > right ? 1 : 0;
}

}  // namespace outrigger::config
