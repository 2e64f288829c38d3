#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "outrigger/headers.h"
#include "outrigger/message.h"

namespace outrigger::http::h1 {

// Finds the content of one message in its bytes. RFC 9112 sections 6 and 7. Copies nothing: payloads are views into the
// input. Trailers go to the arena. Lines of the chunked coding are at most 4 KiB, all trailers 8 KiB.
class BodyDecoder {
 public:
  BodyDecoder(Framing framing, std::uint64_t length, Arena* arena)
      : framing_(framing), left_(length), arena_(arena), state_(framing == Framing::none ? State::done : State::data) {
    if (framing == Framing::chunked) state_ = State::size;
    if (framing == Framing::length && length == 0) state_ = State::done;
  }

  struct Step {
    enum class State : std::uint8_t { more, need_input, done, failed };
    std::size_t consumed = 0;
    std::string_view payload;
    State state = State::need_input;
  };
  // Takes bytes from the front of `input` and gives at most one payload. Call again with the rest while `more`.
  Step step(std::string_view input);

  bool is_done() const { return state_ == State::done; }
  // Does the end of the connection end this body well?
  bool ends_with_connection() const { return framing_ == Framing::until_close; }
  const Headers* trailers() const { return trailers_ ? &*trailers_ : nullptr; }

 private:
  enum class State : std::uint8_t { data, size, chunk, chunk_end, trailers, done, failed };
  Step data_step(std::string_view input);
  Step chunked_step(std::string_view input);
  Step payload_step(std::string_view input, std::size_t consumed);
  bool take_size(char c);
  bool take_trailers();
  Step fail(std::size_t consumed);

  Framing framing_;
  std::uint64_t left_;  // of the body, or of the chunk
  Arena* arena_;
  State state_;
  std::uint16_t digits_ = 0;
  std::uint16_t line_ = 0;
  bool saw_cr_ = false;
  bool in_extension_ = false;
  std::string_view collected_;  // trailers so far, in the arena
  std::optional<Headers> trailers_;
};

}  // namespace outrigger::http::h1
