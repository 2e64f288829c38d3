#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "base/trace/trace_context.h"

namespace {

using namespace outrigger::base;

void require(bool holds) {
  if (!holds) std::abort();
}

void check_ids(const TraceContext& context) {
  if (!context.parent) return require(context.is_sampled.has_value());
  require(!context.parent->trace.is_zero() && context.parent->span != 0);
}

void read_traceparent(std::string_view text) {
  const auto context = parse_traceparent(text);
  if (!context) return;
  check_ids(*context);
  require(context->is_sampled.has_value());
  char written[kTraceParentSize];
  write_traceparent(written, *context->parent, *context->is_sampled);
  require(parse_traceparent({written, sizeof written}) == context);
  require(std::string_view(written, 53).substr(2) == text.substr(2, 51));  // the ids as they came
}

void read_b3(std::string_view text) {
  const auto context = parse_b3(text);
  if (!context) return;
  check_ids(*context);
  if (!context->parent || !context->is_sampled) return;
  char written[kB3Size];
  write_b3(written, *context->parent, *context->is_sampled, context->is_debug);
  require(parse_b3({written, sizeof written}) == context);
}

std::vector<std::string_view> lines(std::string_view text) {
  std::vector<std::string_view> made;
  for (;;) {
    const auto end = text.find('\n');
    made.push_back(text.substr(0, end));
    if (end == std::string_view::npos) return made;
    text.remove_prefix(end + 1);
  }
}

void read_b3_fields(std::string_view text) {
  auto parts = lines(text);
  parts.resize(4);
  if (const auto context = parse_b3_fields({parts[0], parts[1], parts[2], parts[3]})) check_ids(*context);
}

// What is passed on is short, is printable, and is read as itself.
void read_tracestate(std::string_view text) {
  TraceStateRoom room;
  const std::string joined(join_tracestate(lines(text), room));
  require(joined.size() <= kMaxTraceState);
  require(std::all_of(joined.begin(), joined.end(), [](char c) { return c >= 0x20 && c < 0x7f; }));
  const std::string_view again[] = {joined};
  require(join_tracestate(again, room) == joined);
}

}  // namespace

// The first byte chooses the reader.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  switch (*data) {
    case 'p':
      read_traceparent(text);
      break;
    case 'b':
      read_b3(text);
      break;
    case 'm':
      read_b3_fields(text);
      break;
    default:
      read_tracestate(text);
  }
  return 0;
}
