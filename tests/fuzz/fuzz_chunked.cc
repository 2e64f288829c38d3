#include <algorithm>
#include <cstdint>

#include "head_properties.h"
#include "http/h1/body_decoder.h"

using namespace outrigger;
using namespace outrigger::http::h1;
using fuzz::require;
using State = BodyDecoder::Step::State;

namespace {

struct Outcome {
  std::string content;
  std::string trailers;
  std::size_t consumed = 0;  // of a complete body
  bool done = false;
  bool failed = false;
  bool operator==(const Outcome&) const = default;
};

std::string text_of(const Headers* trailers) { return trailers == nullptr ? "" : fuzz::written(*trailers, ""); }

// Decodes the input in pieces; a step of 0 gives it whole.
Outcome decode(std::string_view input, unsigned seed, bool whole) {
  Arena arena;
  BodyDecoder decoder(Framing::chunked, 0, &arena);
  Outcome outcome;
  std::size_t at = 0;
  std::size_t given = whole ? input.size() : 0;
  for (;;) {
    const std::string_view part = input.substr(at, given - at);
    const auto step = decoder.step(part);
    require(step.consumed <= part.size(), "consumed stays inside the input");
    require(step.payload.empty() || fuzz::is_inside(step.payload, part.substr(0, step.consumed)),
            "a payload is part of what was consumed");
    require(step.state != State::more || step.consumed > 0, "more means progress");
    outcome.content += step.payload;
    at += step.consumed;
    if (step.state == State::done || step.state == State::failed) break;
    if (step.state == State::more) continue;
    require(at == given, "need_input took all");
    if (given == input.size()) break;
    seed = seed * 1664525 + 1013904223;
    given = std::min(input.size(), given + 1 + (seed >> 28) % 5);
  }
  outcome.done = decoder.done();
  outcome.failed = !decoder.error().empty();
  outcome.consumed = outcome.done ? at : 0;
  outcome.trailers = text_of(decoder.trailers());
  return outcome;
}

// A body written by us from what was read must read the same.
void check_round_trip(const Outcome& outcome) {
  char head[kMaxChunkHead];
  std::string text;
  if (!outcome.content.empty()) {
    text.append(head, write_chunk_head(head, outcome.content.size())).append(outcome.content).append("\r\n");
  }
  text.append(head, write_chunk_head(head, 0));
  text.append(outcome.trailers.empty() ? "\r\n" : outcome.trailers.substr(2));
  const Outcome again = decode(text, 0, true);
  require(again.done && again.consumed == text.size(), "a written body is accepted");
  require(again.content == outcome.content && again.trailers == outcome.trailers, "a written body reads the same");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const Outcome whole = decode(input, 0, true);
  require(!(whole.done && whole.failed), "done or failed, not both");
  require(decode(input, static_cast<unsigned>(size), false) == whole, "pieces read the same");
  if (whole.done) check_round_trip(whole);
  return 0;
}
