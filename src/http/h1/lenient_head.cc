#include "http/h1/lenient_head.h"

#include "http/h1/response_parser.h"

namespace outrigger::http::h1 {

namespace {

// Behind the empty line; 0: it has not come.
std::size_t end_of_head(std::string_view input) {
  for (auto at = input.find('\n'); at != std::string_view::npos; at = input.find('\n', at + 1)) {
    const std::string_view rest = input.substr(at + 1);
    if (rest.starts_with('\n')) return at + 2;
    if (rest.starts_with("\r\n")) return at + 3;
  }
  return 0;
}

std::string_view with_whole_line_ends(std::string_view head, Arena& arena) {
  char* const begin = arena.array<char>(head.size() * 2);
  char* out = begin;
  for (std::size_t i = 0; i < head.size(); ++i) {
    if (head[i] == '\n' && (i == 0 || head[i - 1] != '\r')) *out++ = '\r';
    *out++ = head[i];
  }
  return {begin, static_cast<std::size_t>(out - begin)};
}

}  // namespace

HeadResult parse_lenient_response_head(std::string_view input, const HeadLimits& limits, Method request_method,
                                       ResponseHead& out) {
  std::size_t scanned = 0;
  const std::size_t size = end_of_head(input);
  if (size == 0) {
    if (input.size() < limits.max_head) return {};
    return {HeadResult::Status::failed, 0, Failure::upstream_head_too_large, "max_head"};
  }
  const std::string_view head = with_whole_line_ends(input.substr(0, size), out.headers.arena());
  HeadResult result = parse_response_head(head, scanned, limits, request_method, out);
  if (result.status == HeadResult::Status::complete) result.consumed = size;
  return result;
}

}  // namespace outrigger::http::h1
