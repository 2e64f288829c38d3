#include "http/h1/normal_path.h"

#include "base/hex.h"
#include "http/h1/target.h"

namespace outrigger::http::h1 {

namespace {

bool is_unreserved(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' || c == '.' ||
         c == '_' || c == '~';
}

constexpr char upper(char c) { return c >= 'a' && c <= 'f' ? static_cast<char>(c - 0x20) : c; }

// Decodes in place what has one meaning decoded. `out` has room for all of `path`; the end of what was written.
char* decode(std::string_view path, char* out) {
  for (std::size_t i = 0; i < path.size(); ++i) {
    if (path[i] != '%') {
      *out++ = path[i];
      continue;
    }
    const auto decoded = static_cast<char>(base::hex_value(path[i + 1]) * 16 + base::hex_value(path[i + 2]));
    if (is_unreserved(decoded) || decoded == '/') {
      *out++ = decoded;
    } else {
      *out++ = '%';
      *out++ = upper(path[i + 1]);
      *out++ = upper(path[i + 2]);
    }
    i += 2;
  }
  return out;
}

// RFC 3986 section 5.2.4, in place; the new end, or null when ".." leads above the root.
char* resolve_dot_segments(char* begin, const char* end) {
  char* out = begin;
  for (const char* at = begin; at != end;) {  // at a "/"
    const char* next = at + 1;
    while (next != end && *next != '/') ++next;
    const std::string_view segment(at + 1, static_cast<std::size_t>(next - at - 1));
    const bool is_last = next == end;
    if (segment == ".." && out == begin) return nullptr;
    if (segment == "..") {
      while (*--out != '/') {
      }
    }
    if (segment != "." && segment != "..") {
      while (at != next) *out++ = *at++;
    } else if (is_last) {
      *out++ = '/';
    }
    at = next;
  }
  return out;
}

// What stays ambiguous when encoded slashes, encoded dots and plain dot segments are taken out.
bool needs_work(std::string_view path) { return path.contains('%') || path.contains("/."); }

}  // namespace

std::expected<std::string_view, std::string_view> normal_path(std::string_view path, Arena& arena) {
  if (path.contains('\\')) return std::unexpected("backslash");
  if (!needs_work(path)) return path;
  char* const begin = arena.array<char>(path.size());
  const char* const decoded_end = decode(path, begin);
  char* const end = resolve_dot_segments(begin, decoded_end);
  if (end == nullptr) return std::unexpected("dot segment above the root");
  const std::string_view normal(begin, static_cast<std::size_t>(end - begin));
  if (const auto error = ambiguity_of_path(normal); !error.empty()) return std::unexpected(error);
  return normal;
}

}  // namespace outrigger::http::h1
