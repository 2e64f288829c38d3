#include "base/hex.h"
#include "http/h1/target.h"

namespace outrigger::http::h1 {

namespace {

// RFC 3629: shortest forms, no surrogates, at most U+10FFFF.
class Utf8Check {
 public:
  bool feed(unsigned char c) {
    if (left_ > 0) {
      if (c < low_ || c > high_) return false;
      low_ = 0x80;
      high_ = 0xbf;
      --left_;
      return true;
    }
    if (c < 0x80) return true;
    if (c < 0xc2 || c > 0xf4) return false;
    left_ = c < 0xe0 ? 1 : c < 0xf0 ? 2 : 3;
    if (c == 0xe0) low_ = 0xa0;
    if (c == 0xed) high_ = 0x9f;
    if (c == 0xf0) low_ = 0x90;
    if (c == 0xf4) high_ = 0x8f;
    return true;
  }
  bool is_complete() const { return left_ == 0; }

 private:
  int left_ = 0;
  unsigned char low_ = 0x80;
  unsigned char high_ = 0xbf;
};

// Is the segment at the front of `rest` "." or ".."? Parameters, plain or encoded, don't hide it: some servers cut them
// off first.
bool begins_with_dot_segment(std::string_view rest) {
  if (!rest.starts_with('.')) return false;
  rest.remove_prefix(rest.starts_with("..") ? 2 : 1);
  return rest.empty() || rest.front() == '/' || rest.front() == ';' || rest.starts_with("%3b") ||
         rest.starts_with("%3B");
}

bool begins_with_hex_pair(std::string_view rest) {
  return rest.size() >= 2 && base::hex_value(rest[0]) >= 0 && base::hex_value(rest[1]) >= 0;
}

// RFC 3986 section 2.3: encoded or not, these mean the same, so a route for "/admin" must not be passed by as
// "/%61dmin".
bool is_unreserved(int byte) {
  return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') || (byte >= '0' && byte <= '9') || byte == '-' ||
         byte == '_' || byte == '~';
}

// Why the encoded byte `decoded` with `rest` behind it is ambiguous.
std::string_view check_encoded(int decoded, std::string_view rest) {
  switch (decoded) {
    case '/':
      return "encoded slash";
    case '.':
      return "encoded dot";
    case '\\':
      return "encoded backslash";
    case '\0':
      return "encoded NUL";
    case '%':
      return begins_with_hex_pair(rest) ? "double encoding" : "";
    default:
      return is_unreserved(decoded) ? "encoded unreserved character" : "";
  }
}

}  // namespace

std::string_view ambiguity_of_path(std::string_view path) {
  Utf8Check utf8;
  for (std::size_t i = 0; i < path.size(); ++i) {
    const char c = path[i];
    auto byte = static_cast<unsigned char>(c);
    if (c == '\\') return "backslash";
    if (c == '/' && begins_with_dot_segment(path.substr(i + 1))) return "dot segment";
    if (c == '%') {
      if (!begins_with_hex_pair(path.substr(i + 1))) return "bad encoding";
      const int decoded = base::hex_value(path[i + 1]) * 16 + base::hex_value(path[i + 2]);
      i += 2;
      if (const auto error = check_encoded(decoded, path.substr(i + 1)); !error.empty()) return error;
      byte = static_cast<unsigned char>(decoded);
    }
    if (!utf8.feed(byte)) return "invalid UTF-8";
  }
  return utf8.is_complete() ? "" : "invalid UTF-8";
}

}  // namespace outrigger::http::h1
