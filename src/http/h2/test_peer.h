#pragma once

#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "http/h2/session.h"

// A scripted peer of a session under test: raw frames in, decoded frames out.
namespace outrigger::http::h2::test {

enum FrameType : std::uint8_t {
  kData,
  kHeaders,
  kPriority,
  kRstStream,
  kSettings,
  kPushPromise,
  kPing,
  kGoaway,
  kWindowUpdate,
  kContinuation
};
inline constexpr std::uint8_t kEndStream = 1, kAck = 1, kEndHeaders = 4, kPadded = 8, kHasPriority = 32;

inline std::string big_endian(std::uint32_t number, int bytes) {
  std::string text;
  for (int shift = (bytes - 1) * 8; shift >= 0; shift -= 8) text += static_cast<char>(number >> shift);
  return text;
}

inline std::string frame(std::uint8_t type, std::uint8_t flags, std::uint32_t id, const std::string& payload) {
  return big_endian(static_cast<std::uint32_t>(payload.size()), 3) + static_cast<char>(type) +
         static_cast<char>(flags) + big_endian(id, 4) + payload;
}

inline std::string reset(std::uint32_t id, ErrorCode code) {
  return frame(kRstStream, 0, id, big_endian(static_cast<std::uint32_t>(code), 4));
}
inline std::string window_update(std::uint32_t id, std::uint32_t more) {
  return frame(kWindowUpdate, 0, id, big_endian(more, 4));
}
inline std::string setting(std::uint16_t id, std::uint32_t value) { return big_endian(id, 2) + big_endian(value, 4); }

// RFC 7541 section 5.1 with a prefix of 7 bits.
inline std::string hpack_string(const std::string& text) {
  std::string size;
  if (text.size() < 127) {
    size = std::string(1, static_cast<char>(text.size()));
  } else {
    size = "\x7f";
    std::size_t rest = text.size() - 127;
    for (; rest >= 128; rest >>= 7) size += static_cast<char>((rest & 127) | 128);
    size += static_cast<char>(rest);
  }
  return size + text;
}

// RFC 7541 section 6.2.2: a literal without indexing.
inline std::string literal(const std::string& name, const std::string& value) {
  return std::string(1, '\0') + hpack_string(name) + hpack_string(value);
}

using Pairs = std::vector<std::pair<std::string, std::string>>;

inline std::string block(const Pairs& fields) {
  std::string all;
  for (const auto& [name, value] : fields) all += literal(name, value);
  return all;
}

inline Pairs get(const std::string& path = "/") {
  return {{":method", "GET"}, {":scheme", "https"}, {":authority", "example.com"}, {":path", path}};
}
inline Pairs post() {
  return {{":method", "POST"}, {":scheme", "https"}, {":authority", "example.com"}, {":path", "/"}};
}
inline Pairs operator+(Pairs a, const Pairs& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

inline std::string headers(std::uint32_t id, const Pairs& fields, std::uint8_t flags = kEndHeaders | kEndStream) {
  return frame(kHeaders, flags, id, block(fields));
}
inline std::string data(std::uint32_t id, const std::string& bytes, bool ends = false) {
  return frame(kData, ends ? kEndStream : 0, id, bytes);
}

// A stream that writes down what it hears.
class Recorder final : public Stream {
 public:
  explicit Recorder(std::vector<std::string>& log) : log_(log) {}

  RequestHead* request_head() override { return &request; }
  ResponseHead* response_head() override {
    heads.emplace_back(arena);
    return &heads.back();
  }
  Headers* trailers() override { return &trailer_fields; }
  Method request_method() const override { return method; }
  void on_head(const HeadCheck& check) override {
    if (!check.is_ok()) {
      log_.push_back(std::string(check.malformed ? "malformed: " : "refused: ") + std::string(check.reason));
    } else if (heads.empty()) {
      log_.push_back("request " + std::string(request.method_token) + " " + std::string(request.target) +
                     (has_received_end() ? "" : " +"));
    } else {
      log_.push_back("response " + std::to_string(heads.back().status) + (has_received_end() ? "" : " +"));
    }
  }
  void on_data(std::string_view bytes) override {
    content += bytes;
    log_.push_back("data " + std::to_string(bytes.size()));
  }
  void on_end() override { log_.push_back("end"); }
  void on_taken() override { log_.push_back("taken"); }
  void on_closed(ErrorCode code) override { log_.push_back("closed " + std::string(error_name(code))); }

  Arena arena;
  RequestHead request{arena};
  std::deque<ResponseHead> heads;
  Headers trailer_fields{arena};
  Method method = Method::get;
  std::string content;

 private:
  std::vector<std::string>& log_;
};

// Splits what a session sends into frames, each as a line.
inline std::vector<std::string> decoded(std::string_view bytes) {
  static constexpr const char* kNames[] = {"DATA", "HEADERS", "PRIORITY", "RST_STREAM",    "SETTINGS",
                                           "",     "PING",    "GOAWAY",   "WINDOW_UPDATE", "CONTINUATION"};
  const auto number = [&](std::size_t at, int size) {
    std::uint32_t value = 0;
    for (int i = 0; i < size; ++i)
      value = value << 8 | static_cast<unsigned char>(bytes[at + static_cast<std::size_t>(i)]);
    return value;
  };
  std::vector<std::string> frames;
  if (bytes.starts_with(kPreface)) bytes.remove_prefix(kPreface.size());
  while (bytes.size() >= 9) {
    const std::size_t size = number(0, 3);
    const auto type = static_cast<unsigned char>(bytes[3]);
    const auto flags = static_cast<unsigned char>(bytes[4]);
    std::string line = kNames[type];
    if (const auto id = number(5, 4); id != 0) line += " " + std::to_string(id);
    if (type == kData) line += " " + std::to_string(size);
    if (type == kRstStream) line += " " + std::string(error_name(static_cast<ErrorCode>(number(9, 4))));
    if (type == kGoaway) {
      if (const auto last = number(9, 4); last == 0x7fffffff) line += " soon";
      line += " " + std::string(error_name(static_cast<ErrorCode>(number(13, 4))));
    }
    if (type == kWindowUpdate) line += " " + std::to_string(number(9, 4));
    if ((type == kSettings || type == kPing) && (flags & kAck) != 0) line += " ack";
    if ((type == kData || type == kHeaders) && (flags & kEndStream) != 0) line += " end";
    frames.push_back(line);
    bytes.remove_prefix(9 + size);
  }
  return frames;
}

// A session under test and the streams that it makes.
class Wire final : public Session::Owner {
 public:
  explicit Wire(Session::Options options = {}, bool handshakes = true) : session(*this, options, 0) {
    if (!handshakes || options.role == Session::Role::client) return;
    send(std::string(kPreface) + frame(kSettings, 0, 0, "") + frame(kSettings, kAck, 0, ""));
    log.clear();
  }
  ~Wire() { streams.clear(); }

  // Gives the session bytes; the frames that it answers.
  std::vector<std::string> send(const std::string& bytes) {
    is_alive = session.receive(bytes, now);
    return frames();
  }
  std::vector<std::string> frames() { return decoded(output()); }
  std::string output() {
    std::string all;
    char room[4096];
    while (const std::size_t size = session.gather(room)) all.append(room, size);
    return all;
  }
  Recorder& stream(std::size_t index = 0) { return *streams.at(index); }
  Recorder& open(const Pairs& fields, bool ends) {
    streams.push_back(std::make_unique<Recorder>(log));
    std::vector<OutField> out;
    for (const auto& [name, value] : fields) out.push_back({name, value});
    is_opened = session.request(*streams.back(), out, ends);
    return *streams.back();
  }

  Stream* on_request() override {
    if (refuses) return nullptr;
    streams.push_back(std::make_unique<Recorder>(log));
    return streams.back().get();
  }
  void on_output() override {}
  void on_goaway(ErrorCode code) override { log.push_back("goaway " + std::string(error_name(code))); }
  void on_settings() override { log.push_back("settings"); }
  void on_pong() override { log.push_back("pong"); }
  void on_reset_sent(ErrorCode code) override { resets.push_back(code); }

  std::vector<std::string> log;
  std::vector<ErrorCode> resets;
  std::vector<std::unique_ptr<Recorder>> streams;
  bool refuses = false;
  bool is_alive = true;
  bool is_opened = false;
  std::uint64_t now = 0;
  Session session;
};

}  // namespace outrigger::http::h2::test
