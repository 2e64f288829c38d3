#include <algorithm>
#include <array>

#include "filters/access_log/access_log.h"
#include "outrigger/grammar.h"

namespace outrigger::filters {
namespace {

constexpr std::string_view kText =
    "${time} ${client_ip} \"${method} ${target} ${protocol}\" ${status} ${response_bytes} ${duration} ${upstream} "
    "${endpoint} ${request_id} ${failure} \"${why}\"";
constexpr std::string_view kAbsent = "-";

// In the order of a JSON line.
constexpr Value kStandard[] = {
    Value::time,     Value::method,     Value::host,          Value::path,           Value::query,  Value::protocol,
    Value::status,   Value::duration,   Value::request_bytes, Value::response_bytes, Value::scheme, Value::client_ip,
    Value::listener, Value::route,      Value::upstream,      Value::endpoint,       Value::tries,  Value::request_id,
    Value::failure,  Value::user_agent, Value::why,
};

// Never in a log, whatever is asked for.
bool is_credential(std::string_view field) {
  static constexpr std::array<std::string_view, 4> kCredentials = {"Authorization", "Proxy-Authorization", "Cookie",
                                                                   "Set-Cookie"};
  return std::ranges::any_of(kCredentials, [field](auto name) { return equals_ignoring_case(name, field); });
}

std::string json_key(const std::string& name) {
  std::array<char, 1024> room;
  Line line(room.data(), room.size());
  line.raw("\"");
  line.json(name);
  line.raw("\":");
  return {room.data(), line.mark()};
}

std::vector<Template::Part> without_credentials(std::vector<Template::Part> parts) {
  for (Template::Part& part : parts) {
    const bool hides = part.is_variable && part.value == Value::header && is_credential(part.text);
    if (hides) part = {"[redacted]", {}, false};
  }
  return parts;
}

Template parsed(std::string_view text) {
  return Template::parse(text, {.known = Known::end}).value_or(Template());  // the schema checked it
}

}  // namespace

LineFormat::LineFormat(const AccessLogOptions& options) : is_json_(options.format == "json") {
  if (!is_json_) {
    const std::string_view text = options.format == "text" ? kText : options.format;
    std::string fixed;
    for (Template::Part& part : without_credentials(parsed(text).parts())) {
      if (!part.is_variable) {
        fixed += part.text;
      } else {
        items_.push_back({std::exchange(fixed, {}), {std::move(part)}, false});
      }
    }
    if (!fixed.empty()) items_.push_back({std::move(fixed), {}, false});
    return;
  }
  for (const Value value : kStandard) {
    const std::string name(describe(value).name);
    if (options.fields.add.contains(name) || std::ranges::count(options.fields.drop, name) != 0) continue;
    add_json(name, parsed("${" + name + "}"));
  }
  for (const auto& [name, text] : options.fields.add) add_json(name, parsed(text));
}

void LineFormat::add_json(const std::string& name, Template value) {
  Item& item = items_.emplace_back();
  item.lead = json_key(name);
  item.value = without_credentials(value.parts());
  item.is_number = item.value.size() == 1 && item.value.front().is_variable &&
                   describe(item.value.front().value).kind == ValueKind::number;
}

std::size_t LineFormat::write(const Moment& moment, char* room, std::size_t size) const {
  Line line(room, size);
  if (!is_json_) {
    write_text(moment, line);
    return line.finish("");
  }
  write_json(moment, line);
  return line.finish("}");
}

// Fields without a value are left out, and so is, whole, a field that does not fit.
void LineFormat::write_json(const Moment& moment, Line& line) const {
  Scratch scratch;
  bool is_first = true;
  line.raw("{");
  for (const Item& item : items_) {
    char* const before = line.mark();
    bool has_value = false;
    if (!is_first) line.raw(",");
    line.raw(item.lead);
    if (!item.is_number) line.raw("\"");
    for (const Template::Part& part : item.value) {
      const std::string_view text = part.is_variable ? text_of(part.value, part.text, moment, scratch) : part.text;
      has_value = has_value || !text.empty();
      item.is_number ? line.raw(text) : line.json(text);
    }
    if (!item.is_number) line.raw("\"");
    if (has_value && !line.is_full()) {
      is_first = false;
    } else {
      line.rewind(before);
    }
    if (line.is_full()) return;
  }
}

void LineFormat::write_text(const Moment& moment, Line& line) const {
  Scratch scratch;
  for (const Item& item : items_) {
    line.raw(item.lead);
    for (const Template::Part& part : item.value) {
      const std::string_view text = text_of(part.value, part.text, moment, scratch);
      text.empty() ? line.raw(kAbsent) : line.plain(text);
    }
  }
}

}  // namespace outrigger::filters
