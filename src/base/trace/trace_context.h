#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

// How requests say which trace they are part of: the fields of W3C Trace Context and of B3, to values and back.
// Sources: W3C Recommendation "Trace Context" of 23 November 2021; openzipkin/b3-propagation.
namespace outrigger::base {

struct TraceId {
  std::uint64_t high = 0, low = 0;
  bool is_zero() const { return high == 0 && low == 0; }
  bool operator==(const TraceId&) const = default;
};

// Who sent a request: the trace, and the span that the request was sent for. Neither is ever zero.
struct TraceParent {
  TraceId trace;
  std::uint64_t span = 0;
  bool operator==(const TraceParent&) const = default;
};

// What a request says of its trace.
struct TraceContext {
  std::optional<TraceParent> parent{};  // absent: B3 may say no more than the next two
  std::optional<bool> is_sampled{};     // absent: the sender leaves that to us
  bool is_debug = false;                // of B3: wanted whatever the share is
  bool operator==(const TraceContext&) const = default;
};

// The value of `traceparent`. Strict: lower-case digits, no zero id, version 00 has nothing behind the flags, a later
// version may have more behind a dash. Other flags than `sampled` are not for us. Nothing: it counts as absent, and so
// does a second field of the name.
std::optional<TraceContext> parse_traceparent(std::string_view value);

// The value of `b3`: "TRACE-SPAN", "TRACE-SPAN-SAMPLED", "TRACE-SPAN-SAMPLED-PARENT" or only "SAMPLED", which is 0, 1
// or d. A trace id has 16 or 32 digits.
std::optional<TraceContext> parse_b3(std::string_view value);

// The values of the fields X-B3-...; empty: absent.
struct B3Fields {
  std::string_view trace_id, span_id, sampled, flags;
  bool operator==(const B3Fields&) const = default;
};
std::optional<TraceContext> parse_b3_fields(const B3Fields& fields);

inline constexpr std::size_t kMaxTraceState = 512;  // bytes that are passed on
using TraceStateRoom = std::array<char, kMaxTraceState>;

// The members of all fields `tracestate`, in their order and joined by ",", in `room`. Empty when one of them is
// malformed, a key comes twice or there are more than 32: then nothing is passed on (section 3.3). What is longer than
// kMaxTraceState loses members of more than 128 bytes first, then the last ones (section 3.3.1.5).
std::string_view join_tracestate(std::span<const std::string_view> fields, TraceStateRoom& room);

// Lower-case hexadecimal digits, zeros first; 32 of a trace, 16 of a span. `at` has that much room; where they end.
char* write_hex(char* at, TraceId id);
char* write_hex(char* at, std::uint64_t span);

// "00-TRACE-SPAN-0x".
inline constexpr std::size_t kTraceParentSize = 55;
void write_traceparent(char* at, const TraceParent& parent, bool is_sampled);
// "TRACE-SPAN-x".
inline constexpr std::size_t kB3Size = 51;
void write_b3(char* at, const TraceParent& parent, bool is_sampled, bool is_debug);

// Drawn by chance, never zero.
TraceId random_trace_id();
std::uint64_t random_span_id();
// Is the trace within this share of all? The same answer wherever it is asked, by the id's last 56 bits.
bool is_within_share(TraceId id, double share);

}  // namespace outrigger::base
