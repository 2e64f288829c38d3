#include "http/h1/framing.h"

#include "http/field_list.h"
#include "http/h1/fields.h"

namespace outrigger::http::h1 {

namespace {

// Takes the first element off a comma-separated list (RFC 9110 section 5.6.1), blanks removed; it may be empty.
std::string_view take_element(std::string_view& list, bool& is_last) {
  const auto comma = list.find(',');
  const std::string_view element = trimmed(list.substr(0, comma));
  is_last = comma == std::string_view::npos;
  list = is_last ? std::string_view{} : list.substr(comma + 1);
  return element;
}

// 1*DIGIT, at most kMaxLength: no sign, no list, no blanks inside.
bool parse_length(std::string_view text, std::uint64_t& length) {
  if (text.empty() || text.size() > 19) return false;
  length = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') return false;
    length = length * 10 + static_cast<std::uint64_t>(c - '0');
  }
  return length <= kMaxLength;
}

FieldFraming refuse(Failure failure, std::string_view reason) { return {.failure = failure, .reason = reason}; }

// RFC 9112 section 6.1. A coding we don't know is 501, but only in a list that could be right.
FieldFraming coding_framing(std::string_view codings) {
  if (equals_ignoring_case(codings, "chunked")) return {.framing = Framing::chunked};
  for (bool is_last = false; !is_last;) {
    const std::string_view coding = take_element(codings, is_last);
    if (!is_token(coding)) return refuse(Failure::bad_framing, "malformed Transfer-Encoding");
    if (!is_last && equals_ignoring_case(coding, "chunked")) return refuse(Failure::bad_framing, "chunked is not last");
  }
  return refuse(Failure::unknown_transfer_coding, "transfer coding other than chunked");
}

// A tab is a legal blank, but parsers are in use that read a value with one behind it otherwise or not at all. The
// usual line has one blank, which is none.
bool has_tab(const Field& field) {
  const bool is_usual = field.line.size() == field.name.size() + field.value.size() + 4;
  return is_usual ? field.line[field.name.size() + 1] == '\t' : field.line.contains('\t');
}

}  // namespace

FieldFraming framing_of(const Headers& headers, Version version) {
  if (const Field* codings = headers.find(FieldId::transfer_encoding)) {
    if (headers.has(FieldId::content_length)) {
      return refuse(Failure::bad_framing, "Content-Length beside Transfer-Encoding");
    }
    if (version == Version::http10) return refuse(Failure::bad_framing, "Transfer-Encoding in HTTP/1.0");
    if (headers.is_repeated(FieldId::transfer_encoding)) {
      return refuse(Failure::bad_framing, "repeated Transfer-Encoding");
    }
    if (has_tab(*codings)) return refuse(Failure::bad_framing, "tab in Transfer-Encoding");
    return coding_framing(codings->value);
  }
  const Field* field = headers.find(FieldId::content_length);
  if (field == nullptr) return {};
  if (headers.is_repeated(FieldId::content_length)) return refuse(Failure::bad_framing, "repeated Content-Length");
  if (has_tab(*field)) return refuse(Failure::bad_framing, "tab in Content-Length");
  std::uint64_t length = 0;
  if (!parse_length(field->value, length)) return refuse(Failure::bad_framing, "malformed Content-Length");
  return {.framing = length == 0 ? Framing::none : Framing::length, .length = length, .has_length = true};
}

bool keeps_alive_as_said(const Headers& headers, Version version) {
  bool keep = version != Version::http10;
  for (const Field& field : headers) {
    if (field.id != FieldId::connection) continue;
    if (list_has(field.value, "close")) return false;
    keep = keep || list_has(field.value, "keep-alive");
  }
  return keep;
}

}  // namespace outrigger::http::h1
