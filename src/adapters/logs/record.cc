#include "adapters/logs/record.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <iterator>

namespace outrigger::adapters::logs {
namespace {

constexpr std::string_view kOwnNames[] = {"time", "level", "msg", "source"};

void append_escaped(char c, std::string& out) {
  switch (c) {
    case '"':
      out += "\\\"";
      break;
    case '\\':
      out += "\\\\";
      break;
    case '\n':
      out += "\\n";
      break;
    case '\r':
      out += "\\r";
      break;
    case '\t':
      out += "\\t";
      break;
    default:
      fmt::format_to(std::back_inserter(out), "\\u{:04x}", static_cast<unsigned char>(c));
  }
}

bool needs_escape(char c) { return static_cast<unsigned char>(c) < 0x20 || c == '"' || c == '\\' || c == 0x7F; }

void append_member(std::string_view name, std::string_view value, std::string& out) {
  append_json_text(name, out);
  out += ':';
  append_json_text(value, out);
  out += ',';
}

// Fields are few: looking back at the earlier names costs less than a set.
bool is_repeated(const std::vector<Field>& fields, std::size_t at) {
  const std::string& name = fields[at].name;
  if (std::ranges::find(kOwnNames, name) != std::end(kOwnNames)) return true;
  return std::any_of(fields.begin(), fields.begin() + static_cast<std::ptrdiff_t>(at),
                     [&](const Field& field) { return field.name == name; });
}

}  // namespace

Field* Record::find(std::string_view name) {
  const auto found = std::ranges::find(fields, name, &Field::name);
  return found == fields.end() ? nullptr : &*found;
}

void Record::clear() {
  time.reset();
  level.clear();
  message.clear();
  fields.clear();
  line = source = {};
}

void append_json_text(std::string_view text, std::string& out) {
  out += '"';
  for (std::size_t begin = 0; begin < text.size();) {
    std::size_t end = begin;
    while (end < text.size() && !needs_escape(text[end])) ++end;
    out.append(text, begin, end - begin);
    if (end < text.size()) append_escaped(text[end], out);
    begin = end + 1;
  }
  out += '"';
}

void append_time(WallTime time, std::string& out) {
  using namespace std::chrono;
  const auto days = floor<std::chrono::days>(time);
  const year_month_day date(days);
  const hh_mm_ss clock(floor<nanoseconds>(time - days));
  fmt::format_to(std::back_inserter(out), "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}", static_cast<int>(date.year()),
                 static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()), clock.hours().count(),
                 clock.minutes().count(), clock.seconds().count());
  const auto part = clock.subseconds().count();
  if (part % 1'000'000 == 0) {
    fmt::format_to(std::back_inserter(out), ".{:03}Z", part / 1'000'000);
  } else if (part % 1000 == 0) {
    fmt::format_to(std::back_inserter(out), ".{:06}Z", part / 1000);
  } else {
    fmt::format_to(std::back_inserter(out), ".{:09}Z", part);
  }
}

void append_json(const Record& record, std::string& out) {
  out += R"({"time":")";
  append_time(record.time.value_or(std::chrono::floor<std::chrono::milliseconds>(record.read_at)), out);
  out += "\",";
  if (!record.level.empty()) append_member("level", record.level, out);
  if (!record.message.empty()) append_member("msg", record.message, out);
  for (std::size_t i = 0; i < record.fields.size(); ++i) {
    const Field& field = record.fields[i];
    if (is_repeated(record.fields, i)) continue;
    append_json_text(field.name, out);
    out += ':';
    if (field.kind == Field::Kind::json) {
      out += field.value;
    } else {
      append_json_text(field.value, out);
    }
    out += ',';
  }
  append_member("source", record.source, out);
  out.back() = '}';
  out += '\n';
}

}  // namespace outrigger::adapters::logs
