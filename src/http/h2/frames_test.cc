// What single frames and their order may be: RFC 9113 sections 3 to 7, RFC 7541.
#include <catch2/catch.hpp>

#include "http/h2/test_peer.h"

using namespace outrigger;
using namespace outrigger::http::h2;
using namespace outrigger::http::h2::test;

namespace {

using Frames = std::vector<std::string>;

struct Row {
  const char* sentence;
  std::string bytes;
  Frames answer;
};

const std::string kOpen = headers(1, post(), kEndHeaders);  // a request whose content goes on
const std::string kComplete = headers(1, get());            // a whole request

std::string goaway(const char* code) { return std::string("GOAWAY ") + code; }

void check(const Row& row) {
  INFO(row.sentence);
  Wire server;
  CHECK(server.send(row.bytes) == row.answer);
}

}  // namespace

TEST_CASE("h2: a connection begins with the preface and SETTINGS", "[h2]") {
  struct Start {
    const char* sentence;
    std::string bytes;
    bool is_alive;
    Frames answer;
  };
  const Start rows[] = {
      {"3.4: preface and settings are answered with ours and an ACK",
       std::string(kPreface) + frame(kSettings, 0, 0, ""),
       true,
       {"SETTINGS", "SETTINGS ack", "WINDOW_UPDATE 196609"}},
      {"3.4: anything else is no HTTP/2", "GET / HTTP/1.1\r\nHost: a\r\n\r\n", false, {}},
      {"3.4: another frame first",
       std::string(kPreface) + frame(kPing, 0, 0, "12345678"),
       true,
       {"SETTINGS", goaway("protocol_error")}},
  };
  for (const Start& row : rows) {
    INFO(row.sentence);
    Wire server({}, false);
    const auto answer = server.send(row.bytes);
    CHECK(server.is_alive == row.is_alive);
    if (row.is_alive) CHECK_THAT(answer, Catch::Matchers::UnorderedEquals(row.answer));
  }
}

TEST_CASE("h2: frames of a wrong size or on a wrong stream", "[h2]") {
  const Row rows[] = {
      {"4.1: unknown types are ignored", frame(0xbb, 0xff, 0, "whatever") + frame(0xbb, 0, 3, ""), {}},
      {"4.1: unknown flags and the reserved bit are ignored",
       frame(kPing, 0xfe, 0x80000000U, "12345678"),
       {"PING ack"}},
      {"4.2: DATA above our frame size",
       kOpen + frame(kData, 0, 1, std::string(16385, 'x')),
       {goaway("frame_size_error")}},
      {"4.2: HEADERS above our frame size",
       frame(kHeaders, kEndHeaders, 1, std::string(16385, 'x')),
       {goaway("frame_size_error")}},
      {"4.3: another frame inside a field block",
       frame(kHeaders, kEndStream, 1, block(get())) + frame(kPing, 0, 0, "12345678"),
       {goaway("protocol_error")}},
      {"4.3: a block that can't be decoded",
       frame(kHeaders, kEndHeaders | kEndStream, 1, "\xff\xff\xff\xff\xff\xff"),
       {goaway("compression_error")}},
      {"5.1.1: an even number from a client", headers(2, get()), {goaway("protocol_error")}},
      {"6.1: DATA on stream 0", frame(kData, 0, 0, "x"), {goaway("protocol_error")}},
      {"6.1: padding as long as the frame",
       kOpen + frame(kData, kPadded, 1, std::string("\x05xxxx", 5)),
       {goaway("protocol_error")}},
      {"6.2: HEADERS on stream 0", headers(0, get()), {goaway("protocol_error")}},
      {"6.2: padding beyond the frame",
       frame(kHeaders, kEndHeaders | kPadded, 1, "\x7f" + block(get())),
       {goaway("protocol_error")}},
      {"6.3: PRIORITY on stream 0", frame(kPriority, 0, 0, "12345"), {goaway("protocol_error")}},
      {"6.3: PRIORITY of another size", frame(kPriority, 0, 3, "1234"), {goaway("frame_size_error")}},
      {"6.4: RST_STREAM on stream 0", reset(0, ErrorCode::cancel), {goaway("protocol_error")}},
      {"6.4: RST_STREAM on an idle stream", reset(1, ErrorCode::cancel), {goaway("protocol_error")}},
      {"6.4: RST_STREAM of another size", kOpen + frame(kRstStream, 0, 1, "123"), {goaway("frame_size_error")}},
      {"6.5: SETTINGS on a stream", frame(kSettings, 0, 1, ""), {goaway("protocol_error")}},
      {"6.5: SETTINGS of another size", frame(kSettings, 0, 0, "123"), {goaway("frame_size_error")}},
      {"6.5: an ACK with content", frame(kSettings, kAck, 0, "123456"), {goaway("frame_size_error")}},
      {"6.5.2: ENABLE_PUSH other than 0 and 1",
       frame(kSettings, 0, 0, setting(2, 2)),
       {"SETTINGS ack", goaway("protocol_error")}},
      {"6.5.2: INITIAL_WINDOW_SIZE too large",
       frame(kSettings, 0, 0, setting(4, 0x80000000U)),
       {"SETTINGS ack", goaway("flow_control_error")}},
      {"6.5.2: MAX_FRAME_SIZE too small",
       frame(kSettings, 0, 0, setting(5, 16383)),
       {"SETTINGS ack", goaway("protocol_error")}},
      {"6.5.2: MAX_FRAME_SIZE too large",
       frame(kSettings, 0, 0, setting(5, 1U << 24)),
       {"SETTINGS ack", goaway("protocol_error")}},
      {"6.5.2: unknown settings are ignored", frame(kSettings, 0, 0, setting(0xff, 1)), {"SETTINGS ack"}},
      {"6.6: PUSH_PROMISE from a client",
       kOpen + frame(kPushPromise, kEndHeaders, 1, big_endian(2, 4) + block(get())),
       {goaway("protocol_error")}},
      {"6.7: PING is answered", frame(kPing, 0, 0, "12345678"), {"PING ack"}},
      {"6.7: an ACK is not", frame(kPing, kAck, 0, "12345678"), {}},
      {"6.7: PING on a stream", frame(kPing, 0, 1, "12345678"), {goaway("protocol_error")}},
      {"6.7: PING of another size", frame(kPing, 0, 0, "1234567"), {goaway("frame_size_error")}},
      {"6.8: GOAWAY on a stream", frame(kGoaway, 0, 1, "12345678"), {goaway("protocol_error")}},
      {"6.9: WINDOW_UPDATE of another size", frame(kWindowUpdate, 0, 0, "123"), {goaway("frame_size_error")}},
      {"6.9: no increment for the connection", window_update(0, 0), {goaway("protocol_error")}},
      {"6.9.1: the connection's window overflows", window_update(0, 0x7fffffff), {goaway("flow_control_error")}},
      {"6.10: CONTINUATION without HEADERS", frame(kContinuation, kEndHeaders, 1, ""), {goaway("protocol_error")}},
      {"6.10: CONTINUATION behind a complete block",
       kOpen + frame(kContinuation, kEndHeaders, 1, block({{"a", "b"}})),
       {goaway("protocol_error")}},
      {"6.10: CONTINUATION of another stream",
       frame(kHeaders, kEndStream, 1, block(get())) + frame(kContinuation, kEndHeaders, 3, ""),
       {goaway("protocol_error")}},
  };
  for (const Row& row : rows) {
    INFO(row.sentence);
    Wire server;
    auto answer = server.send(row.bytes);
    // The library may or may not acknowledge settings that are in error.
    if (row.answer.size() == 2 && answer.size() == 1) answer.insert(answer.begin(), "SETTINGS ack");
    CHECK(answer == row.answer);
    const bool ends = !row.answer.empty() && row.answer.back().starts_with("GOAWAY");
    CHECK(server.session.is_over() == ends);
    if (ends) CHECK(error_name(server.session.error()) == row.answer.back().substr(row.answer.back().rfind(' ') + 1));
  }
}

TEST_CASE("h2: frames that a stream's state does not allow", "[h2]") {
  const Row rows[] = {
      {"5.1: DATA on an idle stream", data(1, "x"), {goaway("protocol_error")}},
      {"5.1: WINDOW_UPDATE on an idle stream", window_update(1, 1), {goaway("protocol_error")}},
      {"5.1: DATA behind the end of the request", kComplete + data(1, "x"), {goaway("stream_closed")}},
      {"5.1: HEADERS behind the end of the request", kComplete + headers(1, get()), {goaway("stream_closed")}},
      {"5.1: WINDOW_UPDATE behind it is fine", kComplete + window_update(1, 1), {}},
      {"5.1: PRIORITY on an idle stream is fine", frame(kPriority, 0, 7, std::string("\0\0\0\0\x10", 5)), {}},
      // RFC 9113 asks for a stream error; the library ends the connection, as section 5.4.1 allows.
      {"6.9: no increment for a stream", kOpen + window_update(1, 0), {goaway("protocol_error")}},
      {"6.9.1: a stream's window overflows", kOpen + window_update(1, 0x7fffffff), {"RST_STREAM 1 flow_control_error"}},
      {"5.4.2: after a reset, what was on its way is ignored",
       kOpen + window_update(1, 0x7fffffff) + data(1, "late") + data(1, "later", true),
       {"RST_STREAM 1 flow_control_error"}},
      {"8.1: trailers that do not end the stream",
       kOpen + headers(1, {{"a", "b"}}, kEndHeaders),
       {"RST_STREAM 1 protocol_error"}},
      {"8.1.1: more content than announced",
       headers(1, post() + Pairs{{"content-length", "3"}}, kEndHeaders) + data(1, "four"),
       {"RST_STREAM 1 protocol_error"}},
      {"8.1.1: less content than announced",
       headers(1, post() + Pairs{{"content-length", "3"}}, kEndHeaders) + data(1, "no", true),
       {"RST_STREAM 1 protocol_error"}},
      {"8.1.1: less content than announced, with trailers",
       headers(1, post() + Pairs{{"content-length", "3"}}, kEndHeaders) + data(1, "no") + headers(1, {{"a", "b"}}),
       {"RST_STREAM 1 protocol_error"}},
      {"8.1.1: no content though announced",
       headers(1, post() + Pairs{{"content-length", "3"}}),
       {"RST_STREAM 1 protocol_error"}},
  };
  for (const Row& row : rows) check(row);
}

TEST_CASE("h2: frames for streams that are over", "[h2]") {
  const Row rows[] = {
      {"5.1: DATA behind a complete exchange", data(1, "x"), {goaway("stream_closed")}},
      {"5.1: HEADERS behind it", headers(1, get()), {goaway("stream_closed")}},
      {"5.1: WINDOW_UPDATE behind it is fine", window_update(1, 1), {}},
      {"5.1: RST_STREAM behind it is fine", reset(1, ErrorCode::cancel), {}},
      {"5.1.1: a number that was passed over", headers(3, get()), {goaway("protocol_error")}},
      {"5.1.1: the same in one piece with its successor",
       headers(9, get()) + headers(7, get()),
       {goaway("protocol_error")}},
      {"5.1: what follows a reset of ours is ignored", data(5, "x") + headers(5, {{"a", "b"}}), {}},
      {"5.3.1 of RFC 7540: a stream that depends on itself",
       frame(kPriority, 0, 9, std::string("\0\0\0\x09\x10", 5)),
       {goaway("protocol_error")}},
  };
  for (const Row& row : rows) {
    INFO(row.sentence);
    Wire server;
    server.send(headers(1, get()) + headers(5, post(), kEndHeaders));
    const OutField ok[] = {{":status", "200"}};
    server.session.respond(server.stream(0), ok, true);
    server.session.reset(server.stream(1), ErrorCode::cancel);
    server.output();
    CHECK(server.send(row.bytes) == row.answer);
  }
}

TEST_CASE("h2: content beyond a window that we gave ends the connection or the stream", "[h2]") {
  Session::Options options;
  options.stream_window = 100;
  options.connection_window = 65535;
  Wire server(options);
  CHECK(server.send(kOpen + data(1, std::string(100, 'x'))).empty());
  CHECK(server.stream().content.size() == 100);
  const auto answer = server.send(data(1, "x"));
  REQUIRE(answer.size() == 1);
  CHECK((answer[0] == "RST_STREAM 1 flow_control_error" || answer[0] == goaway("flow_control_error")));
}

TEST_CASE("h2: a window opens again as content is read, not before", "[h2]") {
  Wire server;
  const std::string half(16 * 1024, 'x');
  CHECK(server.send(kOpen + data(1, half) + data(1, half)).empty());
  server.session.consume_connection(2 * half.size());
  server.session.consume_stream(server.stream(), half.size());
  CHECK(server.frames().empty());  // small updates are saved up
  server.session.consume_stream(server.stream(), half.size());
  CHECK(server.frames() == Frames{"WINDOW_UPDATE 1 32768"});
}

TEST_CASE("h2: field blocks by RFC 7541", "[h2]") {
  const std::string request(
      "\x82\x87\x84\x41\x01"
      "a",
      6);  // GET https / a
  struct Block {
    const char* sentence;
    std::string block;
    bool is_ok;
  };
  const Block rows[] = {
      {"2.3.1: the static table", request, true},
      {"2.3.3: index 0", request + "\x80", false},
      {"2.3.3: an index beyond both tables", request + "\xff\x7f", false},
      {"5.1: a number that overflows", request + "\xff\xff\xff\xff\xff\xff\xff\xff\x7f", false},
      {"5.2: a string longer than its block", request + std::string("\0\x01x\x7f", 4), false},
      {"5.2: Huffman padding longer than 7 bits", request + std::string("\0\x01x\x86\xf2\xb2\x4a\x84\xff\xff", 10),
       false},
      {"5.2: Huffman padding of zeros", request + std::string("\0\x01x\x83\xc5\x30\x00", 7), false},
      {"5.2: EOS inside a Huffman string", request + std::string("\0\x01x\x84\xff\xff\xff\xff", 8), false},
      {"6.3: a table size update first", "\x20" + request, true},
      {"6.3: a table size above the limit", "\x3f\xff\x1f" + request, false},
      {"4.2: a table size update behind a field", request + "\x20", false},
  };
  for (const Block& row : rows) {
    INFO(row.sentence);
    Wire server;
    const auto answer = server.send(frame(kHeaders, kEndHeaders | kEndStream, 1, row.block));
    CHECK(answer == (row.is_ok ? Frames{} : Frames{goaway("compression_error")}));
    CHECK(server.log == (row.is_ok ? Frames{"request GET /"} : Frames{}));
  }
}

TEST_CASE("h2: a table entry that a block adds is known to the next", "[h2]") {
  Wire server;
  const std::string added = std::string("\x40", 1) + hpack_string("x-a") + hpack_string("1");
  server.send(frame(kHeaders, kEndHeaders | kEndStream, 1,
                    "\x82\x87\x84\x41\x01"
                    "a" +
                        added));
  server.send(frame(kHeaders, kEndHeaders | kEndStream, 3, "\x82\x87\x84\xbf\xbe"));
  REQUIRE(server.streams.size() == 2);
  CHECK(server.stream(1).request.headers.get("x-a") == "1");
  CHECK(server.stream(1).request.authority == "a");
}
