#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "http/h1/head_result.h"
#include "http/request_rules.h"
#include "outrigger/message.h"

namespace outrigger::http::h2 {

using HeadLimits = h1::HeadLimits;

// What became of a field block.
struct HeadCheck {
  Failure failure = Failure::none;
  std::string_view reason{};  // static text, what exactly was wrong
  // RFC 9113 section 8.1.1: the message is malformed. Its stream is reset and nobody answers it; what fails without
  // being malformed is refused by us and gets an answer.
  bool malformed = false;
  bool is_ok() const { return failure == Failure::none; }
};

// Reads the fields of one block, a head or trailers, as HPACK gives them. RFC 9113 sections 8.2 and 8.3.
//
// As strict as the HTTP/1 parser: names are lower-case tokens, values hold no control characters and no outer blanks,
// nothing that is about a connection may appear. Fields over the limits are counted and not stored, so a small block
// that expands into a large one (indexed fields) costs no memory. Copies what it keeps into the arena of the head.
class HeadReader {
 public:
  // Each begins a block. `out` is empty.
  void begin_request(RequestHead& out, const HeadLimits& limits);
  void begin_response(ResponseHead& out, const HeadLimits& limits);
  void begin_trailers(Headers& out, const HeadLimits& limits);

  // The next field; the views are valid during the call only.
  void add(std::string_view name, std::string_view value);

  // Each ends a block and fills the head that began it. `ends`: the block ends the message (END_STREAM).
  // request: `target` is the origin form or "*", `authority` is set, `framing` is none, length or chunked (content of
  //   unknown length). Host differing from :authority is malformed. Cookie pieces are joined (section 8.2.3).
  HeadCheck finish_request(PathPolicy policy, bool ends);
  // response to a request with `request_method`; malformed is always true: upstream_bad_response, or
  //   upstream_head_too_large for size and count.
  HeadCheck finish_response(Method request_method, bool ends);
  // Drops fields that may not stand there (is_allowed_in_trailers), as the HTTP/1 decoder does.
  HeadCheck finish_trailers(bool ends);
  // After a finish that is ok: the content-length that content must have; nothing when there is none, or when it
  // describes content that does not follow (answers to HEAD, 304).
  std::optional<std::uint64_t> announced_length() const { return announced_length_; }
  // After finish_response.
  std::uint16_t status() const { return response_->status; }

 private:
  enum class Kind : std::uint8_t { request, response, trailers };

  void begin(Kind kind, Headers& out, const HeadLimits& limits);
  void add_pseudo(std::string_view name, std::string_view value);
  void add_field(std::string_view name, std::string_view value);
  void malform(std::string_view reason) {
    if (malformed_.empty()) malformed_ = reason;
  }
  HeadCheck check_pseudo_of_request() const;
  HeadCheck check_host(RequestHead& out) const;
  void join_cookies(Headers& headers) const;

  Kind kind_ = Kind::request;
  Headers* fields_ = nullptr;
  RequestHead* request_ = nullptr;
  ResponseHead* response_ = nullptr;
  HeadLimits limits_;
  std::uint64_t list_size_ = 0;
  std::uint32_t count_ = 0;
  std::uint32_t cookies_ = 0;
  bool too_large_ = false;
  bool too_many_ = false;
  std::uint8_t seen_ = 0;       // pseudo-headers, a bit each
  std::string_view malformed_;  // the first reason
  std::optional<std::uint64_t> announced_length_;
};

}  // namespace outrigger::http::h2
