#include "proxy/forwarding/legacy_request.h"

#include <algorithm>

#include "http/h1/head_writer.h"
#include "outrigger/headers.h"

namespace outrigger::proxy {

namespace {

using config::FieldNames;
using http::h1::HeadWriter;

constexpr std::string_view kLineEnd = "\r\n";
constexpr std::size_t kAdded = 64;  // room for "Connection: close"

constexpr FieldMask kNewerThan10 =
    field_mask(FieldId::te, FieldId::transfer_encoding, FieldId::connection, FieldId::upgrade, FieldId::expect);

std::string_view take_line(std::string_view& text) {
  const auto end = text.find(kLineEnd);
  const std::string_view line = text.substr(0, end);
  text.remove_prefix(end + kLineEnd.size());
  return line;
}

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 32) : c; }
char upper(char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c & ~32) : c; }

// "content-TYPE" as "content-type" or "Content-Type".
std::string_view written(std::string_view name, FieldNames as, Arena& arena) {
  if (as == FieldNames::keep) return name;
  char* const text = arena.array<char>(name.size());
  bool is_first = as == FieldNames::title;
  for (std::size_t i = 0; i < name.size(); ++i) {
    text[i] = is_first ? upper(name[i]) : lower(name[i]);
    is_first = as == FieldNames::title && name[i] == '-';
  }
  return {text, name.size()};
}

void write_field(HeadWriter& out, std::string_view line, const config::Legacy& legacy, Arena& arena) {
  const auto colon = line.find(':');
  const FieldId id = field_id(line.substr(0, colon));
  if (legacy.version == config::LegacyVersion::http10 && (field_bit(id) & kNewerThan10) != 0) return;
  if (!legacy.keep_alive && id == FieldId::connection && line.find("pgrade", colon) == std::string_view::npos) return;
  out.append(written(line.substr(0, colon), legacy.field_names, arena));
  if (id == FieldId::host && !legacy.host.empty()) {
    out.literal(": ");
    out.append(legacy.host);
  } else {
    out.append(line.substr(colon));
  }
  out.literal("\r\n");
}

}  // namespace

std::string_view for_old_service(std::string_view head, const config::Legacy& legacy, Arena& arena) {
  const std::size_t bound = head.size() + legacy.host.size() + kAdded;
  char* const begin = arena.array<char>(bound);
  HeadWriter out(begin, begin + bound);
  const bool is_10 = legacy.version == config::LegacyVersion::http10;
  std::string_view rest = head;
  std::string_view line = take_line(rest);
  out.append(line.substr(0, line.size() - 1));
  out.append(is_10 ? "0\r\n" : "1\r\n");
  bool switches = false;
  for (line = take_line(rest); !line.empty(); line = take_line(rest)) {
    switches = switches || field_id(line.substr(0, line.find(':'))) == FieldId::upgrade;
    write_field(out, line, legacy, arena);
  }
  if (!is_10 && !legacy.keep_alive && !switches) {
    out.append(written("Connection", legacy.field_names, arena));
    out.literal(": close\r\n");
  }
  out.literal("\r\n");
  return {begin, out.size()};
}

}  // namespace outrigger::proxy
