#include "adapters/logs/transform/trace_context.h"

#include <algorithm>
#include <string>

namespace outrigger::adapters::logs {
namespace {

constexpr std::size_t kLongestId = 128;

bool is_hex(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}
bool is_zero(std::string_view text) { return text.find_first_not_of('0') == std::string_view::npos; }

bool is_id(char c) {
  return (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') || c == '-' || c == '_' || c == '.';
}

// What stands behind `name` and `=`, `:` or quotation marks; empty: nothing does.
std::string_view value_behind(std::string_view line, std::string_view name) {
  const auto found = line.find(name);
  if (found == std::string_view::npos) return {};
  std::string_view rest = line.substr(found + name.size());
  const auto begin = rest.find_first_not_of("=: \"'");
  if (begin == 0 || begin == std::string_view::npos) return {};
  rest.remove_prefix(begin);
  const auto end = std::ranges::find_if_not(rest, is_id) - rest.begin();
  return end > static_cast<std::ptrdiff_t>(kLongestId) ? std::string_view()
                                                       : rest.substr(0, static_cast<std::size_t>(end));
}

void attach_trace(Record& record) {
  if (record.find("trace_id") != nullptr) return;
  const Field* field = record.find("traceparent");
  const auto parent = parse_traceparent(field != nullptr ? field->value : value_behind(record.line, "traceparent"));
  if (!parent) return;
  std::string trace_id(parent->trace_id);  // the field may move when another is added
  std::string span_id(parent->span_id);
  record.add("trace_id", std::move(trace_id));
  if (record.find("span_id") == nullptr) record.add("span_id", std::move(span_id));
}

void attach_request(Record& record) {
  for (const char* name : {"request_id", "x_request_id", "x-request-id", "requestId", "req_id"}) {
    if (Field* field = record.find(name)) {
      if (name != std::string_view("request_id")) field->name = "request_id";
      return;
    }
  }
  if (!record.line.contains("equest")) return;  // most lines: one search in place of five
  for (const char* name : {"request_id", "x-request-id", "X-Request-Id", "X-Request-ID", "requestId"}) {
    const std::string_view value = value_behind(record.line, name);
    if (value.empty()) continue;
    record.add("request_id", std::string(value));
    return;
  }
}

}  // namespace

std::optional<TraceParent> parse_traceparent(std::string_view text) {
  if (text.size() < 55 || text[2] != '-' || text[35] != '-' || text[52] != '-') return std::nullopt;
  // Later versions may go on behind the flags.
  const bool may_go_on = !text.starts_with("00") && !text.starts_with("ff");
  if (text.size() > 55 && (!may_go_on || text[55] != '-')) return std::nullopt;
  const TraceParent parent{text.substr(3, 32), text.substr(36, 16)};
  if (!is_hex(text.substr(0, 2)) || text.starts_with("ff") || !is_hex(text.substr(53, 2))) return std::nullopt;
  if (!is_hex(parent.trace_id) || is_zero(parent.trace_id)) return std::nullopt;
  if (!is_hex(parent.span_id) || is_zero(parent.span_id)) return std::nullopt;
  return parent;
}

void attach_trace_context(Record& record) {
  attach_trace(record);
  attach_request(record);
}

}  // namespace outrigger::adapters::logs
