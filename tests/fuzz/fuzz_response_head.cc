#include <algorithm>
#include <cstdint>

#include "head_properties.h"
#include "http/h1/lenient_head.h"
#include "http/h1/response_parser.h"

using namespace outrigger;
using namespace outrigger::http::h1;
using fuzz::require;
using Status = HeadResult::Status;

namespace {

constexpr HeadLimits kLimits{.max_head = 2048, .max_fields = 20, .max_target = 256};

bool is_same(const ResponseHead& a, const ResponseHead& b) {
  return a.status == b.status && a.reason == b.reason && a.version == b.version && a.framing == b.framing &&
         a.content_length == b.content_length && a.keep_alive == b.keep_alive && fuzz::is_same(a.headers, b.headers);
}

void check_round_trip(const ResponseHead& head, Method method) {
  const std::string line = std::string(head.version == Version::http10 ? "HTTP/1.0 " : "HTTP/1.1 ") +
                           std::to_string(head.status) + " " + std::string(head.reason);
  const std::string text = fuzz::written(head.headers, line);
  Arena arena;
  ResponseHead again(arena);
  std::size_t scanned = 0;
  const HeadResult result = parse_response_head(text, scanned, {}, method, again);
  require(result.status == Status::complete && result.consumed == text.size(), "a written head is accepted");
  require(is_same(head, again), "a written head reads the same");
}

void check_lenient(std::string_view input, Method method, const ResponseHead& head) {
  Arena arena;
  ResponseHead again(arena);
  const HeadResult result = parse_lenient_response_head(input, kLimits, method, again);
  require(result.status == Status::complete && is_same(head, again), "what is right is right for the lenient, too");
}

void check(std::string_view input, Method method) {
  Arena arena;
  ResponseHead head(arena);
  std::size_t scanned = 0;
  const HeadResult whole = parse_response_head(input, scanned, kLimits, method, head);
  require(scanned <= input.size() && whole.consumed <= input.size(), "nothing outside the input is taken");
  require((whole.status == Status::failed) == (whole.failure != Failure::none), "a failure has a reason");
  if (whole.status == Status::complete) {
    fuzz::check_fields(head.headers, input);
    require(head.status >= 100 && head.status <= 999, "the status has three digits");
    const bool switches = head.status == 101;  // what follows is another protocol's, whatever was asked
    require(method != Method::head || switches || head.framing == Framing::none, "a response to HEAD has no content");
    check_round_trip(head, method);
  }
  if (whole.status == Status::complete) check_lenient(input, method, head);
  const HeadResult stepped = fuzz::in_steps(input, static_cast<unsigned>(input.size()), [&](auto part, auto& seen) {
    Arena other;
    ResponseHead again(other);
    const HeadResult result = parse_response_head(part, seen, kLimits, method, again);
    if (result.status == Status::complete) require(is_same(head, again), "steps read the same head");
    return result;
  });
  if (!input.empty()) require(stepped.status == whole.status, "steps end like the whole");
  if (whole.status == Status::complete) require(fuzz::is_same(stepped, whole), "steps consume the same");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  check(input, Method::get);
  check(input, Method::head);
  return 0;
}
