#include "http/h1/fields.h"

#include <algorithm>
#include <bit>
#include <cstring>

#include "http/h1/marks.h"
#include "http/known_field.h"

namespace outrigger::http::h1 {

namespace {

// ":", CR, LF of the line, CR, LF of the empty one.
constexpr std::ptrdiff_t kLeastBehindName = 5;

constexpr bool is_blank(char c) { return c == ' ' || c == '\t'; }
std::string_view between(const char* begin, const char* end) { return {begin, static_cast<std::size_t>(end - begin)}; }
bool is_line_end(const char* at, const char* end) { return end - at >= 2 && at[0] == '\r' && at[1] == '\n'; }

// A blank, or a control character: then look closer.
constexpr bool is_low(char c) { return static_cast<unsigned char>(c) <= ' '; }

const char* behind_blanks(const char* at, const char* end) {
  while (at != end && is_blank(*at)) ++at;
  return at;
}

const char* before_blanks(const char* begin, const char* at) {
  while (at != begin && is_blank(at[-1])) --at;
  return at;
}

// Why no name and colon stand at `name`; nothing when the text may only be incomplete.
std::string_view name_error(const char* name, const char* at, const char* end, bool is_first) {
  if (at == end || (*at == ':' && at != name)) return {};
  if (at == name && *at == ':') return "empty name";
  if (at == name && is_blank(*at)) return is_first ? "blank before the first field" : "obs-fold";
  if (is_blank(*at)) return "blank before colon";
  if (*at != '\r') return *at == '\n' ? "bare LF" : is_control(*at) ? "control character" : "bad character in a name";
  if (end - at < 2) return {};
  return at[1] == '\n' ? "no colon" : "bare CR";
}

// Why the line does not end at `at`.
std::string_view line_error(const char* at, const char* end) {
  if (at == end || (*at == '\r' && end - at < 2)) return {};
  return *at == '\r' ? "bare CR" : *at == '\n' ? "bare LF" : "control character";
}

// Where the next field goes, and what is known of those so far.
struct Progress {
  Headers::Room room{};
  FieldMask present = 0;
  FieldMask repeated = 0;
  bool has_underscore = false;

  void take(Headers& out) const {
    if (room.next != nullptr) out.take(room.next, present, repeated);
  }
  // Room for one more field, or false.
  bool make_room(std::size_t max_fields, Headers& out) {
    take(out);
    if (out.size() >= max_fields) return false;
    room = out.room();
    room.end = std::min(room.end, room.next + (max_fields - out.size()));
    return true;
  }
};

// Behind the last plain line. `name` is where the next name should stand, and its token ends at `at`.
FieldLines end_of_lines(std::string_view text, const char* name, const char* at, const Progress& progress,
                        Headers& out) {
  const char* const end = text.data() + text.size();
  if (at != name || !is_line_end(name, end)) return {0, name_error(name, at, end, name == text.data())};
  progress.take(out);
  out.set_received(between(text.data(), name));
  return {static_cast<std::size_t>(name + 2 - text.data()), {}, progress.has_underscore};
}

namespace plain_reader {
using plain::bitmaps;
#include "http/h1/line_reader.inc"
}  // namespace plain_reader

using Reader = FieldLines (*)(std::string_view text, std::size_t max_fields, Headers& out);

#if defined(__x86_64__)
namespace avx2_reader {
using avx2::bitmaps;
#pragma clang attribute push(__attribute__((target("avx2,bmi,bmi2,lzcnt"))), apply_to = function)
#include "http/h1/line_reader.inc"
#pragma clang attribute pop
}  // namespace avx2_reader

Reader best_reader() {
  __builtin_cpu_init();
  return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi2") ? &avx2_reader::read : &plain_reader::read;
}
#else
Reader best_reader() { return &plain_reader::read; }
#endif

const Reader kReader = best_reader();

}  // namespace

bool is_token(std::string_view text) { return !text.empty() && std::ranges::all_of(text, is_token_char); }

FieldLines read_fields_plain(std::string_view text, std::size_t max_fields, Headers& out) {
  return plain_reader::read(text, max_fields, out);
}

FieldLines read_fields(std::string_view text, std::size_t max_fields, Headers& out) {
  return kReader(text, max_fields, out);
}

}  // namespace outrigger::http::h1
