#include "adapters/logs/syslog/message.h"

#include <algorithm>
#include <array>
#include <iterator>

namespace outrigger::adapters::logs {
namespace {

constexpr std::size_t kMostParameters = 128;
constexpr std::array<std::string_view, 24> kFacilities = {"kern",   "user",   "mail",   "daemon", "auth",     "syslog",
                                                          "lpr",    "news",   "uucp",   "cron",   "authpriv", "ftp",
                                                          "ntp",    "audit",  "alert",  "clock",  "local0",   "local1",
                                                          "local2", "local3", "local4", "local5", "local6",   "local7"};

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// "<13>": RFC 5424 section 6.2.1. False: the text stays as it is.
bool take_priority(std::string_view& text, SyslogMessage& message) {
  const auto end = text.substr(0, 5).find('>');
  if (!text.starts_with('<') || end == std::string_view::npos || end < 2) return false;
  unsigned priority = 0;
  for (const char c : text.substr(1, end - 1)) {
    if (!is_digit(c)) return false;
    priority = priority * 10 + static_cast<unsigned>(c - '0');
  }
  if (priority > 191) return false;
  message.facility = priority / 8;
  message.severity = priority % 8;
  message.has_priority = true;
  text.remove_prefix(end + 1);
  return true;
}

std::string_view take_word(std::string_view& text) {
  const auto end = text.find(' ');
  const std::string_view word = text.substr(0, end);
  text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  return word == "-" ? std::string_view() : word;
}

// `"value"]` or `"value" next`: RFC 5424 section 6.3.3. False: no end.
bool take_value(std::string_view& text, std::string& value) {
  if (!text.starts_with('"')) return false;
  for (std::size_t i = 1; i < text.size(); ++i) {
    if (text[i] == '"') {
      text.remove_prefix(i + 1);
      return true;
    }
    const bool is_escape = text[i] == '\\' && i + 1 < text.size() && std::string_view("\\\"]").contains(text[i + 1]);
    value += text[is_escape ? ++i : i];
  }
  return false;
}

// `[id name="value" ...]`. False: it breaks off.
bool take_element(std::string_view& text, SyslogMessage& message) {
  text.remove_prefix(1);
  const auto end = text.find_first_of(" ]");
  if (end == std::string_view::npos) return false;
  const std::string_view element = text.substr(0, end);
  text.remove_prefix(end);
  while (text.starts_with(' ')) {
    text.remove_prefix(1);
    const auto equals = text.find('=');
    if (equals == std::string_view::npos || equals == 0) return false;
    SyslogMessage::Parameter parameter{element, text.substr(0, equals), {}};
    text.remove_prefix(equals + 1);
    if (!take_value(text, parameter.value)) return false;
    if (message.parameters.size() < kMostParameters) message.parameters.push_back(std::move(parameter));
  }
  if (!text.starts_with(']')) return false;
  text.remove_prefix(1);
  return true;
}

// Broken structured data is content, so that nothing is lost.
void take_structured_data(std::string_view& text, SyslogMessage& message) {
  if (text == "-" || text.starts_with("- ")) {
    text.remove_prefix(std::min<std::size_t>(2, text.size()));
    return;
  }
  const std::string_view whole = text;
  while (text.starts_with('[')) {
    if (take_element(text, message)) continue;
    text = whole;
    message.parameters.clear();
    return;
  }
  if (text.starts_with(' ')) text.remove_prefix(1);
}

void read_5424(std::string_view text, SyslogMessage& message) {
  message.time = take_word(text);
  message.host = take_word(text);
  message.app = take_word(text);
  message.process = take_word(text);
  message.id = take_word(text);
  take_structured_data(text, message);
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  message.content = text;
}

// "Nov 26 05:16:01" has 15 characters, the day two places (one, from some senders).
// "22:14:15"
bool is_clock(std::string_view text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (i % 3 == 2 ? text[i] != ':' : !is_digit(text[i])) return false;
  }
  return true;
}

std::size_t length_of_3164_time(std::string_view text) {
  if (text.size() < 14 || text[3] != ' ') return 0;
  for (std::size_t i = 0; i < 3; ++i) {
    if ((text[i] | 0x20) < 'a' || (text[i] | 0x20) > 'z') return 0;
  }
  std::size_t at = 4;
  while (at < 6 && (text[at] == ' ' || is_digit(text[at]))) ++at;
  if (at < text.size() && text[at] == ' ') ++at;
  // What stands before the clock was counted: one or two places of the day and a blank.
  if (text.size() < at + 8 || text[at - 1] != ' ' || !is_clock(text.substr(at, 8))) return 0;
  at += 8;
  if (at + 1 < text.size() && text[at] == '.' && is_digit(text[at + 1])) {
    ++at;
    while (at < text.size() && is_digit(text[at])) ++at;
  }
  return at;
}

std::size_t length_of_iso_time(std::string_view text) {
  if (text.size() < 19 || text[4] != '-' || text[7] != '-' || text[10] != 'T' || text[13] != ':') return 0;
  return std::min(text.find(' '), text.size());
}

bool is_tag(std::string_view word) { return word.ends_with(':') || word.contains('['); }

// "app[12]: ", "app: ". What is no tag is content.
void take_tag(std::string_view& text, SyslogMessage& message) {
  const auto end = text.find_first_of(":[ ");
  if (end == std::string_view::npos || end == 0 || end > 48 || text[end] == ' ') return;
  std::string_view rest = text.substr(end);
  std::string_view process;
  if (rest.starts_with('[')) {
    const auto close = rest.find(']');
    if (close == std::string_view::npos || close > 48) return;
    process = rest.substr(1, close - 1);
    rest.remove_prefix(close + 1);
  }
  if (rest.starts_with(':')) rest.remove_prefix(1);
  message.app = text.substr(0, end);
  message.process = process;
  text = rest;
}

void read_3164(std::string_view text, SyslogMessage& message) {
  std::size_t length = length_of_3164_time(text);
  if (length == 0) length = length_of_iso_time(text);
  if (length > 0) {
    message.time = text.substr(0, length);
    text.remove_prefix(length);
    if (text.starts_with(' ')) text.remove_prefix(1);
    const std::string_view word = text.substr(0, text.find(' '));
    if (word.size() < text.size() && !is_tag(word)) message.host = take_word(text);
  }
  take_tag(text, message);
  if (text.starts_with(' ')) text.remove_prefix(1);
  message.content = text;
}

}  // namespace

SyslogMessage parse_syslog(std::string_view text) {
  while (text.ends_with('\n') || text.ends_with('\r') || text.ends_with('\0')) text.remove_suffix(1);
  SyslogMessage message;
  if (take_priority(text, message) && text.starts_with("1 ")) {
    read_5424(text.substr(2), message);
  } else {
    read_3164(text, message);
  }
  return message;
}

std::string_view facility_name(unsigned facility) { return kFacilities[facility % kFacilities.size()]; }

std::optional<unsigned> find_facility(std::string_view name) {
  const auto* const found = std::ranges::find(kFacilities, name);
  if (found == kFacilities.end()) return std::nullopt;
  return static_cast<unsigned>(found - kFacilities.begin());
}

}  // namespace outrigger::adapters::logs
