#include "net/proxy_header.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <array>
#include <charconv>
#include <cstring>

namespace outrigger::net {

namespace {

using Status = ProxyHeader::Status;
using namespace std::string_view_literals;

constexpr std::string_view kLine = "PROXY ";
constexpr std::size_t kMostLine = 107;  // section 2.1, with CRLF
constexpr std::string_view kSignature = "\r\n\r\n\0\r\nQUIT\n"sv;
constexpr std::size_t kFixed = 16;  // signature, command, family, length

ProxyHeader failed(std::string_view why) { return {.status = Status::failed, .reason = why}; }
ProxyHeader need_more() { return {.status = Status::need_more}; }

Address address_v4(const void* ip, std::uint16_t port) {
  sockaddr_in made{};
  made.sin_family = AF_INET;
  made.sin_port = htons(port);
  std::memcpy(&made.sin_addr, ip, 4);
  return {reinterpret_cast<const sockaddr*>(&made), sizeof made};
}

Address address_v6(const void* ip, std::uint16_t port) {
  sockaddr_in6 made{};
  made.sin6_family = AF_INET6;
  made.sin6_port = htons(port);
  std::memcpy(&made.sin6_addr, ip, 16);
  return {reinterpret_cast<const sockaddr*>(&made), sizeof made};
}

// The text up to the next space, taken off with it.
std::string_view take_word(std::string_view& line) {
  const auto space = line.find(' ');
  const std::string_view word = line.substr(0, space);
  line = space == std::string_view::npos ? std::string_view{} : line.substr(space + 1);
  return word;
}

std::optional<std::uint16_t> port_in(std::string_view text) {
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  const bool is_number = error == std::errc{} && end == text.data() + text.size();
  return is_number && (text.size() == 1 || text.front() != '0') ? std::optional(port) : std::nullopt;
}

std::optional<Address> address_in(std::string_view ip, std::string_view port, std::size_t bytes) {
  std::array<std::byte, 16> storage;
  const auto number = port_in(port);
  const auto read = ip_bytes(ip, storage);
  if (!number || read.size() != bytes) return std::nullopt;
  return bytes == 4 ? address_v4(read.data(), *number) : address_v6(read.data(), *number);
}

// "TCP4 1.2.3.4 5.6.7.8 80 81", the words behind "PROXY ".
ProxyHeader parse_words(std::string_view line, std::size_t size) {
  const std::string_view family = take_word(line);
  if (family == "UNKNOWN") return {.status = Status::complete, .size = size};
  if (family != "TCP4" && family != "TCP6") return failed("its family is not TCP4, TCP6 or UNKNOWN");
  const std::string_view from = take_word(line);
  const std::string_view to = take_word(line);
  const std::string_view from_port = take_word(line);
  const std::size_t bytes = family == "TCP4" ? 4 : 16;
  const auto source = address_in(from, from_port, bytes);
  const auto destination = address_in(to, line, bytes);
  if (!source || !destination) return failed("its addresses are malformed");
  return {.status = Status::complete, .size = size, .ends = Ends{*source, *destination}};
}

ProxyHeader parse_v1(std::string_view bytes) {
  const auto newline = bytes.substr(0, kMostLine).find('\n');
  if (newline == std::string_view::npos) return bytes.size() < kMostLine ? need_more() : failed("its line is too long");
  if (bytes[newline - 1] != '\r') return failed("its line does not end with CRLF");
  return parse_words(bytes.substr(kLine.size(), newline - 1 - kLine.size()), newline + 1);
}

std::uint16_t number_at(std::string_view bytes, std::size_t at) {
  return static_cast<std::uint16_t>(static_cast<unsigned char>(bytes[at]) << 8 |
                                    static_cast<unsigned char>(bytes[at + 1]));
}

// The addresses of version 2, in front of the additions.
ProxyHeader parse_block(std::string_view block, unsigned family, std::size_t size) {
  ProxyHeader header{.status = Status::complete, .size = size};
  const std::size_t bytes = family == 1 ? 4 : family == 2 ? 16 : 0;
  const std::size_t needed = family == 3 ? 216 : bytes == 0 ? 0 : bytes * 2 + 4;
  if (block.size() < needed) return failed("it is too short for its addresses");
  if (bytes == 0) return header;
  const auto made = [&](std::size_t ip, std::size_t port) {
    return bytes == 4 ? address_v4(block.data() + ip, number_at(block, port))
                      : address_v6(block.data() + ip, number_at(block, port));
  };
  header.ends = Ends{made(0, bytes * 2), made(bytes, bytes * 2 + 2)};
  return header;
}

ProxyHeader parse_v2(std::string_view bytes) {
  if (bytes.size() < kFixed) return need_more();
  const auto command = static_cast<unsigned char>(bytes[12]);
  const auto kind = static_cast<unsigned char>(bytes[13]);
  if (command >> 4 != 2) return failed("its version is not 2");
  if ((command & 15) > 1) return failed("its command is not LOCAL or PROXY");
  if (kind >> 4 > 3 || (kind & 15) > 2) return failed("its address family is unknown");
  const std::size_t size = kFixed + number_at(bytes, 14);
  if (size > kMostProxyHeader) return failed("it is too long");
  if (bytes.size() < size) return need_more();
  const bool is_local = (command & 15) == 0;
  const bool says_nothing = is_local || (kind & 15) == 0;
  return parse_block(bytes.substr(kFixed, size - kFixed), says_nothing ? 0 : kind >> 4, size);
}

bool is_ip(const Address& address) { return address.family() == AF_INET || address.family() == AF_INET6; }

// The last 4 bytes of an address of 16 that stands for one of 4, or of an IPv4 address; null.
const void* v4_bytes(const Address& address) {
  if (address.family() == AF_INET) return &reinterpret_cast<const sockaddr_in*>(address.get())->sin_addr;
  const auto& v6 = reinterpret_cast<const sockaddr_in6*>(address.get())->sin6_addr;
  return IN6_IS_ADDR_V4MAPPED(&v6) ? v6.s6_addr + 12 : nullptr;
}

std::array<unsigned char, 16> v6_bytes(const Address& address) {
  std::array<unsigned char, 16> bytes{};
  if (address.family() == AF_INET6) {
    std::memcpy(bytes.data(), &reinterpret_cast<const sockaddr_in6*>(address.get())->sin6_addr, 16);
  } else {
    bytes[10] = bytes[11] = 0xff;
    std::memcpy(bytes.data() + 12, v4_bytes(address), 4);
  }
  return bytes;
}

// How both ends are written: as IPv4 only where both are.
bool are_v4(const Ends& ends) { return v4_bytes(ends.source) != nullptr && v4_bytes(ends.destination) != nullptr; }

std::string ip_text(const Address& address, bool as_v4) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  if (as_v4) {
    ::inet_ntop(AF_INET, v4_bytes(address), text.data(), text.size());
  } else {
    ::inet_ntop(AF_INET6, v6_bytes(address).data(), text.data(), text.size());
  }
  return text.data();
}

void append_ip(std::string& out, const Address& address, bool as_v4) {
  const auto bytes = v6_bytes(address);
  const auto* text = reinterpret_cast<const char*>(bytes.data());
  out.append(as_v4 ? text + 12 : text, as_v4 ? 4 : 16);
}

void append_number(std::string& out, std::size_t number) {
  out += static_cast<char>(number >> 8);
  out += static_cast<char>(number & 255);
}

bool are_known(const Ends* ends) { return ends != nullptr && is_ip(ends->source) && is_ip(ends->destination); }

}  // namespace

ProxyHeader parse_proxy_header(std::string_view bytes) {
  if (kLine.starts_with(bytes.substr(0, kLine.size()))) {
    return bytes.size() < kLine.size() ? need_more() : parse_v1(bytes);
  }
  if (kSignature.starts_with(bytes.substr(0, kSignature.size()))) return parse_v2(bytes);
  return failed("there is none");
}

std::string proxy_header_v1(const Ends* ends) {
  if (!are_known(ends)) return "PROXY UNKNOWN\r\n";
  const bool as_v4 = are_v4(*ends);
  return std::string("PROXY ") + (as_v4 ? "TCP4 " : "TCP6 ") + ip_text(ends->source, as_v4) + ' ' +
         ip_text(ends->destination, as_v4) + ' ' + std::to_string(ends->source.port()) + ' ' +
         std::to_string(ends->destination.port()) + "\r\n";
}

std::string proxy_header_v2(const Ends* ends) {
  std::string out(kSignature);
  out += static_cast<char>(ends == nullptr ? 0x20 : 0x21);
  if (!are_known(ends)) return out.append(3, '\0');
  const bool as_v4 = are_v4(*ends);
  out += static_cast<char>(as_v4 ? 0x11 : 0x21);
  append_number(out, as_v4 ? 12 : 36);
  append_ip(out, ends->source, as_v4);
  append_ip(out, ends->destination, as_v4);
  append_number(out, ends->source.port());
  append_number(out, ends->destination.port());
  return out;
}

}  // namespace outrigger::net
