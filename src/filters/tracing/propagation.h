#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "base/trace/trace_context.h"
#include "outrigger/headers.h"
#include "outrigger/tracing.h"

namespace outrigger::filters {

// What a request says of its trace.
struct ReceivedContext {
  bool is_there = false;  // some field speaks of a trace, well or badly
  base::TraceContext context{};
  std::string_view tracestate{};  // in the arena of the fields
};

// traceparent comes first, then b3, then X-B3-...: the first that is good counts. Two fields traceparent are none.
ReceivedContext read_context(const Headers& headers);
// Takes out every field that speaks of a trace.
void remove_context(Headers& headers);

// In which fields a service is told.
class Propagated {
 public:
  explicit Propagated(const std::vector<config::Propagation>& formats);
  struct Context {
    base::TraceParent self;    // who sends
    std::uint64_t parent = 0;  // of its span; 0: it has none
    bool is_sampled = false;
    bool is_debug = false;
    std::string_view tracestate;
  };
  // Puts the context in place of one that was written before; new values are in the arena of the fields.
  void write(Headers& headers, const Context& context) const;

 private:
  void write_b3_fields(Headers& headers, const Context& context) const;
  bool w3c_ = false, b3_ = false, b3_multi_ = false;
};

}  // namespace outrigger::filters
