#include "net/tls/client_hello.h"

#include <algorithm>
#include <cstdint>
#include <optional>

namespace outrigger::net::tls {

namespace {

using Status = ClientHello::Status;

constexpr unsigned char kHandshake = 22;  // content type of a record, RFC 8446 section 5.1
constexpr unsigned char kClientHello = 1;
constexpr std::size_t kRecordHead = 5;
constexpr std::size_t kMostRecord = std::size_t{1} << 14U;
constexpr std::size_t kMessageHead = 4;
constexpr std::size_t kLongestName = 255;  // RFC 1035 section 2.3.4
constexpr std::uint64_t kServerName = 0;   // the extension; also the type of a host name in it

ClientHello failed(std::string_view why) { return {.status = Status::failed, .reason = why}; }

// Takes vectors with their lengths off the front of a message.
class Reader {
 public:
  explicit Reader(std::string_view bytes) : rest_(bytes) {}

  bool is_good() const { return good_; }
  bool is_empty() const { return rest_.empty(); }
  std::string_view take(std::size_t size) {
    good_ = good_ && size <= rest_.size();
    if (!good_) return {};
    const std::string_view taken = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return taken;
  }
  std::uint64_t number(std::size_t bytes) {
    std::uint64_t value = 0;
    for (const char c : take(bytes)) value = value << 8U | static_cast<unsigned char>(c);
    return value;
  }
  // What stands behind its length of `bytes` bytes.
  std::string_view vector(std::size_t bytes) { return take(number(bytes)); }

 private:
  std::string_view rest_;
  bool good_ = true;
};

bool is_name_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_';
}

// In lower case and without a last dot; nothing: it is no host name.
std::optional<std::string> host_name(std::string_view text) {
  std::string name(text);
  std::ranges::transform(name, name.begin(),
                         [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 32) : c; });
  if (name.ends_with('.')) name.pop_back();
  const bool is_good = !name.empty() && name.size() <= kLongestName && std::ranges::all_of(name, is_name_character);
  return is_good ? std::optional(std::move(name)) : std::nullopt;
}

// The extension's content: one name, of the only type there is.
std::optional<std::string> name_in(std::string_view extension) {
  Reader outer(extension);
  Reader list(outer.vector(2));
  const bool is_host = list.number(1) == kServerName;
  const std::string_view name = list.vector(2);
  const bool is_good = outer.is_good() && list.is_good() && outer.is_empty() && list.is_empty();
  return is_good && is_host ? host_name(name) : std::nullopt;
}

ClientHello parse_message(std::string_view message) {
  Reader hello(message);
  hello.take(2 + 32);  // version, random
  hello.vector(1);     // session
  hello.vector(2);     // cipher suites
  hello.vector(1);     // compression
  if (!hello.is_good()) return failed("its ClientHello is malformed");
  ClientHello found{.status = Status::complete};
  if (hello.is_empty()) return found;  // TLS 1.2 without extensions
  Reader extensions(hello.vector(2));
  while (extensions.is_good() && !extensions.is_empty()) {
    const std::uint64_t type = extensions.number(2);
    const std::string_view content = extensions.vector(2);
    if (type != kServerName || !extensions.is_good()) continue;
    const auto name = name_in(content);
    if (!name || !found.server_name.empty()) return failed("the server name in its ClientHello is malformed");
    found.server_name = *name;
  }
  const bool is_good = extensions.is_good() && hello.is_good() && hello.is_empty();
  return is_good ? found : failed("its ClientHello is malformed");
}

// What can be told of a record by the beginning of its head; empty: nothing is wrong.
std::string_view fault_in_record(std::string_view head) {
  if (!head.empty() && static_cast<unsigned char>(head[0]) != kHandshake) return "its first bytes are not TLS";
  if (head.size() > 1 && head[1] != 3) return "its first bytes are not TLS";
  if (head.size() < kRecordHead) return {};
  const std::size_t size = Reader(head.substr(3)).number(2);
  return size == 0 || size > kMostRecord ? "its TLS record has no good length" : std::string_view{};
}

}  // namespace

ClientHello parse_client_hello(std::string_view bytes) {
  bytes = bytes.substr(0, kMostClientHello);
  std::string message;  // put together from its records
  std::size_t size = kMessageHead;
  for (std::string_view rest = bytes; message.size() < size;) {
    const std::string_view head = rest.substr(0, kRecordHead);
    if (const std::string_view fault = fault_in_record(head); !fault.empty()) return failed(fault);
    if (head.size() < kRecordHead) {
      return bytes.size() < kMostClientHello ? ClientHello{.status = Status::need_more}
                                             : failed("its ClientHello is too long");
    }
    const std::size_t length = Reader(head.substr(3)).number(2);
    message += rest.substr(kRecordHead, length);
    rest.remove_prefix(std::min(rest.size(), kRecordHead + length));
    if (!message.empty() && static_cast<unsigned char>(message[0]) != kClientHello) {
      return failed("its first message is no ClientHello");
    }
    if (message.size() >= kMessageHead) size = kMessageHead + Reader(std::string_view(message).substr(1)).number(3);
    if (size > kMostClientHello) return failed("its ClientHello is too long");
  }
  return parse_message(std::string_view(message).substr(kMessageHead, size - kMessageHead));
}

}  // namespace outrigger::net::tls
