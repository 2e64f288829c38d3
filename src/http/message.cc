#include "outrigger/message.h"

#include <utility>

namespace outrigger {

Method method_of(std::string_view token) {
  static constexpr std::pair<std::string_view, Method> kMethods[] = {
      {"GET", Method::get},     {"HEAD", Method::head},      {"POST", Method::post},
      {"PUT", Method::put},     {"DELETE", Method::delete_}, {"OPTIONS", Method::options},
      {"TRACE", Method::trace}, {"PATCH", Method::patch},    {"CONNECT", Method::connect}};
  for (const auto& [name, method] : kMethods) {
    if (name == token) return method;
  }
  return Method::other;
}

bool is_idempotent(Method method) {
  switch (method) {
    case Method::get:
    case Method::head:
    case Method::options:
    case Method::trace:
    case Method::put:
    case Method::delete_:
      return true;
    default:
      return false;
  }
}

std::string_view host_of(std::string_view authority) {
  if (authority.ends_with(']')) return authority;
  const auto colon = authority.rfind(':');
  return authority.substr(0, colon);
}

// RFC 9110 section 15 and the registry of status codes.
std::string_view reason_phrase(std::uint16_t status) {
  static constexpr std::pair<std::uint16_t, std::string_view> kPhrases[] = {{100, "Continue"},
                                                                            {101, "Switching Protocols"},
                                                                            {103, "Early Hints"},
                                                                            {200, "OK"},
                                                                            {201, "Created"},
                                                                            {202, "Accepted"},
                                                                            {203, "Non-Authoritative Information"},
                                                                            {204, "No Content"},
                                                                            {205, "Reset Content"},
                                                                            {206, "Partial Content"},
                                                                            {300, "Multiple Choices"},
                                                                            {301, "Moved Permanently"},
                                                                            {302, "Found"},
                                                                            {303, "See Other"},
                                                                            {304, "Not Modified"},
                                                                            {307, "Temporary Redirect"},
                                                                            {308, "Permanent Redirect"},
                                                                            {400, "Bad Request"},
                                                                            {401, "Unauthorized"},
                                                                            {402, "Payment Required"},
                                                                            {403, "Forbidden"},
                                                                            {404, "Not Found"},
                                                                            {405, "Method Not Allowed"},
                                                                            {406, "Not Acceptable"},
                                                                            {408, "Request Timeout"},
                                                                            {409, "Conflict"},
                                                                            {410, "Gone"},
                                                                            {411, "Length Required"},
                                                                            {412, "Precondition Failed"},
                                                                            {413, "Content Too Large"},
                                                                            {414, "URI Too Long"},
                                                                            {415, "Unsupported Media Type"},
                                                                            {416, "Range Not Satisfiable"},
                                                                            {417, "Expectation Failed"},
                                                                            {418, "I'm a teapot"},
                                                                            {421, "Misdirected Request"},
                                                                            {422, "Unprocessable Content"},
                                                                            {425, "Too Early"},
                                                                            {426, "Upgrade Required"},
                                                                            {428, "Precondition Required"},
                                                                            {429, "Too Many Requests"},
                                                                            {431, "Request Header Fields Too Large"},
                                                                            {451, "Unavailable For Legal Reasons"},
                                                                            {500, "Internal Server Error"},
                                                                            {501, "Not Implemented"},
                                                                            {502, "Bad Gateway"},
                                                                            {503, "Service Unavailable"},
                                                                            {504, "Gateway Timeout"},
                                                                            {505, "HTTP Version Not Supported"},
                                                                            {511, "Network Authentication Required"}};
  for (const auto& [code, phrase] : kPhrases) {
    if (code == status) return phrase;
  }
  return {};
}

}  // namespace outrigger
