#include "http/h1/request_parser.h"

namespace outrigger::http::h1 {

namespace {

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

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

bool is_dot_segment(std::string_view segment) {
  segment = segment.substr(0, segment.find(';'));
  return segment == "." || segment == "..";
}

std::string_view check_encoded(int decoded, std::string_view rest) {
  switch (decoded) {
    case '/':
      return "encoded slash";
    case '.':
      return "encoded dot";
    case '\\':
      return "encoded backslash";
    case '%':
      return rest.size() >= 2 && hex_value(rest[0]) >= 0 && hex_value(rest[1]) >= 0 ? "double encoding" : "";
    default:
      return decoded < 0x20 || decoded == 0x7f ? "encoded control character" : "";
  }
}

}  // namespace

std::string_view ambiguity_of_path(std::string_view path) {
  Utf8Check utf8;
  for (std::size_t i = 0; i < path.size(); ++i) {
    const char c = path[i];
    if (c == '\\') return "backslash";
    if (c == '/' && is_dot_segment(path.substr(i + 1, path.substr(i + 1).find('/')))) return "dot segment";
    if (c != '%') {
      if (!utf8.feed(static_cast<unsigned char>(c))) return "invalid UTF-8";
      continue;
    }
    const int decoded = hex_value(path[i + 1]) * 16 + hex_value(path[i + 2]);
    if (const auto error = check_encoded(decoded, path.substr(i + 3)); !error.empty()) return error;
    if (!utf8.feed(static_cast<unsigned char>(decoded))) return "invalid UTF-8";
    i += 2;
  }
  return utf8.is_complete() ? std::string_view{} : "invalid UTF-8";
}

}  // namespace outrigger::http::h1
