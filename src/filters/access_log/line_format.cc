#include <algorithm>
#include <array>

#include "filters/access_log/access_log.h"
#include "outrigger/grammar.h"

namespace outrigger::filters {
namespace {

constexpr std::string_view kText =
    "${time} ${client_ip} \"${method} ${target} ${protocol}\" ${status} ${response_bytes} ${duration} ${upstream} "
    "${endpoint} ${request_id} ${failure} \"${why}\"";
// As Apache's httpd has them, which so many tools read.
constexpr std::string_view kCommon =
    "${client_ip} - ${user} [${clf_time}] \"${method} ${target} ${protocol}\" ${status} ${response_bytes}";
constexpr std::string_view kCombined =
    "${client_ip} - ${user} [${clf_time}] \"${method} ${target} ${protocol}\" ${status} ${response_bytes} "
    "\"${header:Referer}\" \"${user_agent}\"";
constexpr std::string_view kAbsent = "-";

// In the order of a JSON line.
constexpr Value kStandard[] = {
    Value::time,     Value::method,   Value::host,          Value::path,           Value::query,  Value::protocol,
    Value::status,   Value::duration, Value::request_bytes, Value::response_bytes, Value::scheme, Value::client_ip,
    Value::listener, Value::route,    Value::upstream,      Value::endpoint,       Value::tries,  Value::request_id,
    Value::trace_id, Value::span_id,  Value::failure,       Value::user_agent,     Value::why,
};

// Never in a log, whatever is asked for.
bool is_credential(std::string_view field) {
  static constexpr std::array<std::string_view, 5> kCredentials = {"Authorization", "Proxy-Authorization", "X-API-Key",
                                                                   "Cookie", "Set-Cookie"};
  return std::ranges::any_of(kCredentials, [field](auto name) { return equals_ignoring_case(name, field); });
}

// Never has a character that JSON escapes: a token or an address.
bool is_plain(Value value) {
  return value == Value::time || value == Value::method || value == Value::protocol || value == Value::scheme ||
         value == Value::client_ip || value == Value::failure || value == Value::trace_id || value == Value::span_id;
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

std::vector<AccessLogField> log_fields(const AccessLogFields& fields) {
  std::vector<AccessLogField> made;
  const auto add = [&made](const std::string& name, std::string_view text) {
    AccessLogField& field = made.emplace_back(name, without_credentials(parsed(text).parts()));
    field.is_number = field.value.size() == 1 && field.value.front().is_variable &&
                      describe(field.value.front().value).kind == ValueKind::number;
  };
  for (const Value value : kStandard) {
    const std::string name(describe(value).name);
    const bool is_left_out = fields.add.contains(name) || std::ranges::count(fields.drop, name) != 0;
    if (!is_left_out) add(name, "${" + name + "}");
  }
  for (const auto& [name, text] : fields.add) add(name, text);
  return made;
}

LineFormat::LineFormat(const AccessLogOptions& options) : is_json_(options.format == "json") {
  const std::string& format = options.format;
  if (!is_json_) {
    add_text(format == "text" ? kText : format == "common" ? kCommon : format == "combined" ? kCombined : format);
    return;
  }
  for (AccessLogField& field : log_fields(options.fields)) {
    Item& item = items_.emplace_back();
    item.is_number = field.is_number;
    item.is_plain = field.is_number ||
                    (field.value.size() == 1 && field.value.front().is_variable && is_plain(field.value.front().value));
    item.lead = "," + json_key(field.name) + (field.is_number ? "" : "\"");
    item.value = std::move(field.value);
  }
}

void LineFormat::add_text(std::string_view text) {
  std::string fixed;
  for (Template::Part& part : without_credentials(parsed(text).parts())) {
    if (!part.is_variable) {
      fixed += part.text;
    } else {
      items_.push_back({std::exchange(fixed, {}), {std::move(part)}, false});
    }
  }
  if (!fixed.empty()) items_.push_back({std::move(fixed), {}, false});
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
  line.raw("{");
  std::size_t comma = 1;  // of the first field there is none
  for (const Item& item : items_) {
    const auto text_at = [&](const Template::Part& part) -> std::string_view {
      return part.is_variable ? text_of(part.value, part.text, moment, scratch) : std::string_view(part.text);
    };
    if (item.value.empty()) continue;
    const std::string_view first = text_at(item.value.front());
    if (first.empty() && item.value.size() == 1) continue;
    char* const before = line.mark();
    line.raw(std::string_view(item.lead).substr(comma));
    char* const begin = line.mark();
    item.is_plain ? line.raw(first) : line.json(first);
    for (std::size_t i = 1; i < item.value.size(); ++i) line.json(text_at(item.value[i]));
    const bool has_value = line.mark() != begin;
    if (!item.is_number) line.raw("\"");
    if (line.is_full() || !has_value) line.rewind(before);
    if (line.is_full()) return;
    if (has_value) comma = 0;
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
