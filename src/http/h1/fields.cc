#include "http/h1/fields.h"

#include <array>
#include <cstring>

namespace outrigger::http::h1 {

namespace {

constexpr std::array<bool, 256> make_token_table() {
  std::array<bool, 256> table{};
  for (const char c :
       std::string_view("!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz")) {
    table[static_cast<unsigned char>(c)] = true;
  }
  return table;
}
constexpr auto kToken = make_token_table();

// RFC 9110 section 5.5: visible characters, blank, tab and obs-text.
constexpr bool is_value_char(char c) {
  const auto u = static_cast<unsigned char>(c);
  return (u >= 0x20 && u != 0x7f) || u == '\t';
}

std::string_view trim(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

std::string_view parse_line(std::string_view line, Field& field) {
  if (line.front() == ' ' || line.front() == '\t') return "obs-fold";
  const auto colon = line.find(':');
  if (colon == std::string_view::npos) return "no colon";
  if (colon == 0) return "empty name";
  field.name = line.substr(0, colon);
  if (field.name.back() == ' ' || field.name.back() == '\t') return "blank before colon";
  if (!is_token(field.name)) return "bad name";
  field.value = trim(line.substr(colon + 1));
  field.id = field_id(field.name);
  return {};
}

bool parse_length(std::string_view text, std::uint64_t& length) {
  if (text.empty() || text.size() > 19) return false;
  length = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') return false;
    length = length * 10 + static_cast<std::uint64_t>(c - '0');
  }
  return true;
}

}  // namespace

bool is_token_char(char c) { return kToken[static_cast<unsigned char>(c)]; }

bool is_token(std::string_view text) {
  for (const char c : text) {
    if (!is_token_char(c)) return false;
  }
  return !text.empty();
}

std::size_t find_head_end(std::string_view input, std::size_t& scanned) {
  std::size_t from = scanned < 3 ? 0 : scanned - 3;
  const auto end = input.find("\r\n\r\n", from);
  scanned = input.size();
  return end == std::string_view::npos ? end : end + 4;
}

std::string_view parse_fields(std::string_view text, std::size_t max_fields, Headers& out) {
  while (!text.starts_with("\r\n")) {
    const auto* newline = static_cast<const char*>(std::memchr(text.data(), '\n', text.size()));
    if (newline == nullptr) return "no line end";
    const auto size = static_cast<std::size_t>(newline - text.data()) + 1;
    if (size < 2 || text[size - 2] != '\r') return "bare LF";
    const std::string_view line = text.substr(0, size - 2);
    for (const char c : line) {
      if (!is_value_char(c)) return c == '\r' ? "bare CR" : "control character";
    }
    Field field;
    if (const auto error = parse_line(line, field); !error.empty()) return error;
    if (out.size() == max_fields) return kTooManyFields;
    field.line = text.substr(0, size);
    out.push(field);
    text.remove_prefix(size);
  }
  return text.size() == 2 ? std::string_view{} : "bytes after the empty line";
}

// RFC 9112 section 6.3, stricter: both Transfer-Encoding and Content-Length, and any repetition, is refused, because
// two ends of a chain that choose differently can be desynchronised.
FieldFraming framing_of(const Headers& headers, Version version) {
  FieldFraming result;
  const auto refuse = [&](Failure failure, std::string_view detail) {
    result.failure = failure;
    result.detail = detail;
    return result;
  };
  if (const auto coding = headers.get(FieldId::transfer_encoding)) {
    if (headers.has(FieldId::content_length))
      return refuse(Failure::bad_framing, "Content-Length with Transfer-Encoding");
    if (version == Version::http10) return refuse(Failure::bad_framing, "Transfer-Encoding in HTTP/1.0");
    if (headers.count(FieldId::transfer_encoding) > 1)
      return refuse(Failure::bad_framing, "repeated Transfer-Encoding");
    if (!equals_ignoring_case(*coding, "chunked")) {
      const bool malformed = coding->empty() || coding->contains(',') || !is_token(*coding);
      return refuse(malformed ? Failure::bad_framing : Failure::unknown_transfer_coding,
                    "Transfer-Encoding is not chunked");
    }
    result.framing = Framing::chunked;
  } else if (const auto length = headers.get(FieldId::content_length)) {
    if (headers.count(FieldId::content_length) > 1) return refuse(Failure::bad_framing, "repeated Content-Length");
    if (!parse_length(*length, result.length)) return refuse(Failure::bad_framing, "malformed Content-Length");
    result.has_length = true;
    result.framing = result.length == 0 ? Framing::none : Framing::length;
  }
  return result;
}

bool keeps_alive(const Headers& headers, Version version) {
  bool keep = version != Version::http10;
  if (!headers.has(FieldId::connection)) return keep;
  for (const Field& field : headers) {
    if (field.id != FieldId::connection) continue;
    std::string_view list = field.value;
    while (!list.empty()) {
      const auto comma = list.find(',');
      const std::string_view token = trim(list.substr(0, comma));
      list = comma == std::string_view::npos ? std::string_view{} : list.substr(comma + 1);
      if (equals_ignoring_case(token, "close")) return false;
      if (equals_ignoring_case(token, "keep-alive")) keep = true;
    }
  }
  return keep;
}

}  // namespace outrigger::http::h1
