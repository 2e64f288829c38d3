#include <algorithm>
#include <cstdint>

#include "head_properties.h"
#include "http/h1/fields.h"
#include "http/h1/request_parser.h"
#include "http/h1/target.h"

using namespace outrigger;
using namespace outrigger::http::h1;
using fuzz::require;
using Status = HeadResult::Status;

namespace {

constexpr HeadLimits kLimits{.max_head = 2048, .max_fields = 20, .max_target = 256};

bool is_same(const RequestHead& a, const RequestHead& b) {
  return a.method_token == b.method_token && a.target == b.target && a.authority == b.authority &&
         a.version == b.version && a.framing == b.framing && a.content_length == b.content_length &&
         a.keep_alive == b.keep_alive && a.expects_continue == b.expects_continue &&
         fuzz::is_same(a.headers, b.headers);
}

// What we forward must mean to the next parser what it meant to us.
void check_round_trip(const RequestHead& head, PathPolicy policy) {
  const std::string line = std::string(head.method_token) + " " + std::string(head.target) +
                           (head.version == Version::http10 ? " HTTP/1.0" : " HTTP/1.1");
  const std::string text = fuzz::written(head.headers, line);
  Arena arena;
  RequestHead again(arena);
  std::size_t scanned = 0;
  const HeadResult result = parse_request_head(text, scanned, {}, policy, again);
  require(result.status == Status::complete && result.consumed == text.size(), "a written head is accepted");
  require(is_same(head, again), "a written head reads the same");
}

void check(std::string_view input, PathPolicy policy) {
  Arena arena;
  RequestHead head(arena);
  std::size_t scanned = 0;
  const HeadResult whole = parse_request_head(input, scanned, kLimits, policy, head);
  require(scanned <= input.size(), "scanned stays inside the input");
  require(whole.consumed <= input.size(), "consumed stays inside the input");
  require((whole.status == Status::failed) == (whole.failure != Failure::none), "a failure has a reason");
  if (whole.status == Status::complete) {
    fuzz::check_fields(head.headers, input);
    require(head.target.starts_with('/') || head.target == "*", "the target is in origin form");
    if (policy != PathPolicy::keep) require(ambiguity_of_path(head.path()).empty(), "the path has one meaning");
    check_round_trip(head, policy);
  }
  const HeadResult stepped = fuzz::in_steps(input, static_cast<unsigned>(input.size()), [&](auto part, auto& seen) {
    Arena other;
    RequestHead again(other);
    const HeadResult result = parse_request_head(part, seen, kLimits, policy, again);
    if (result.status == Status::complete) require(is_same(head, again), "steps read the same head");
    return result;
  });
  require(stepped.status == whole.status, "steps end like the whole");
  if (whole.status == Status::complete) require(fuzz::is_same(stepped, whole), "steps consume the same");
}

}  // namespace

namespace {

// The reader that this processor is given and the plain one tell the same of any bytes.
void check_readers(std::string_view input) {
  Arena arena;
  Headers best(arena);
  Headers plain(arena);
  const FieldLines a = read_fields(input, kLimits.max_fields, best);
  const FieldLines b = read_fields_plain(input, kLimits.max_fields, plain);
  require(a.size == b.size && a.error == b.error && a.has_underscore == b.has_underscore, "both readers end alike");
  require(a.size <= input.size(), "no line outside the input");
  if (a.size == 0) return;
  require(fuzz::is_same(best, plain), "both readers read the same fields");
  require(best.received().size() + 2 == a.size, "the lines are what was read");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  check(input, PathPolicy::reject);
  check(input, PathPolicy::decode);
  check(input, PathPolicy::keep);
  check_readers(input);
  return 0;
}
