#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "http/h1/chunk_extension.h"
#include "outrigger/headers.h"
#include "outrigger/message.h"

namespace outrigger::http::h1 {

// Finds the content of one message in the bytes behind its head. RFC 9112 sections 6 and 7.
//
// Copies no content: payloads are views into the input. Chunked is read strictly: sizes of 1 to 16 hexadecimal digits
// up to 2^63-1, CRLF exactly, no bare CR or LF, well-formed extensions skipped (4 KiB a line, 16 KiB a body), trailers
// of at most 8 KiB and 32 lines that obey the rules of header fields. Copyable until the first step().
class BodyDecoder {
 public:
  // Old services pad sizes to a width of their own, "5   \r\n": taken from services, never from clients.
  enum class Sizes : std::uint8_t { strict, padded };
  // `length` counts when framing is `length`. Trailers live in `trailers_arena`, which chunked framing needs.
  BodyDecoder(Framing framing, std::uint64_t length, Arena* trailers_arena, Sizes sizes = Sizes::strict);

  struct Step {
    enum class State : std::uint8_t {
      more,        // call again with the rest of the input
      need_input,  // all input was taken; a body that ends with its connection stays here
      done,        // the body is complete; what was not consumed belongs to the next message
      failed,      // malformed, see error(); the connection can't be used further
    };
    std::size_t consumed = 0;    // bytes from the front of the input, framing included
    std::string_view payload{};  // content among them, maybe empty, in any state
    State state = State::need_input;
  };
  // Takes bytes from the front of `input` and gives at most one payload. After `done` or `failed` the answer stays the
  // same. Cost: a few compares for content, a branch per byte of chunk lines.
  Step step(std::string_view input);

  // How many bytes of content come next with no framing between them; without end for a body that lasts until close.
  std::uint64_t plain_left() const;
  // So many of them went elsewhere than through step().
  void skip(std::uint64_t bytes);

  // The connection ended: is the body complete? True when it was done or lasts until close.
  bool on_eof();
  bool ends_with_connection() const { return framing_ == Framing::until_close; }

  bool done() const { return state_ == State::done; }
  // Static text after `failed`, else empty.
  std::string_view error() const { return error_; }

  // The trailer fields after `done`, null when there were none. Fields that frame, route, authenticate or control
  // (RFC 9110 section 6.5.1) were dropped. They live as long as the decoder, their views as long as the arena.
  Headers* trailers() { return trailers_ ? &*trailers_ : nullptr; }
  const Headers* trailers() const { return trailers_ ? &*trailers_ : nullptr; }

 private:
  enum class State : std::uint8_t {
    content,     // of a plain body
    size_first,  // the first digit of a chunk's size
    size,        // its other digits
    padding,     // blanks behind them
    extension,   // between ";" and CR
    size_lf,     // the LF of the size line
    chunk,       // content of a chunk
    chunk_cr,    // CR and
    chunk_lf,    //   LF behind it
    trailers,    // the lines behind the last chunk
    done,
    failed,
  };
  Step content_step(std::string_view input);
  Step chunked_step(std::string_view input);
  Step trailer_step(std::string_view input, std::size_t at);
  Step fail(std::size_t consumed, std::string_view error);
  std::string_view take(char c);
  std::string_view take_digit(char c);
  std::string_view end_size(char c);
  std::string_view take_extension(char c);
  void end_size_line();
  void collect(std::string_view bytes);
  std::string_view finish_trailers(std::string_view lines);

  Framing framing_;
  Sizes sizes_;
  State state_ = State::content;
  ChunkExtension extension_;
  std::uint8_t digits_ = 0;
  std::uint16_t line_extension_ = 0;  // bytes of extensions on this line
  std::uint32_t body_extension_ = 0;  // and in this body
  std::uint64_t left_ = 0;            // bytes of the body, or of the chunk
  Arena* arena_;
  char* collected_ = nullptr;  // trailer lines so far, in the arena
  std::uint32_t collected_size_ = 0;
  std::uint32_t collected_capacity_ = 0;
  std::size_t scanned_ = 0;
  std::string_view error_{};
  std::optional<Headers> trailers_;
};

}  // namespace outrigger::http::h1
