#pragma once

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <string>
#include <utility>

#include "net/address.h"

namespace outrigger::test {

// A service on a port of its own that accepts, and answers when the test says so: one request at a time. Never blocks:
// for a condition of AdapterHarness::run_until.
class ManualPeer {
 public:
  ManualPeer() : listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)) {
    net::Address any = *net::Address::parse("127.0.0.1:1");
    any.set_port(0);
    REQUIRE(::bind(listener_, any.get(), any.length()) == 0);
    REQUIRE(::listen(listener_, 8) == 0);
    sockaddr_storage storage{};
    socklen_t length = sizeof storage;
    ::getsockname(listener_, reinterpret_cast<sockaddr*>(&storage), &length);
    address_ = net::Address(reinterpret_cast<sockaddr*>(&storage), length).text();
  }
  ~ManualPeer() {
    close(client_);
    close(listener_);
  }
  ManualPeer(const ManualPeer&) = delete;
  ManualPeer& operator=(const ManualPeer&) = delete;

  const std::string& address() const { return address_; }
  std::string url() const { return "http://" + address_; }
  // Nobody is accepted any more.
  void refuse() { close(listener_); }

  // Whether a request has come as a whole; the one before is over then, answered or not.
  bool has_request() {
    const int fd = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (fd >= 0) {
      close(client_);
      client_ = fd;
      request_.clear();
    }
    char bytes[4096];
    for (ssize_t size = 0; client_ >= 0 && (size = ::read(client_, bytes, sizeof bytes)) > 0;) {
      request_.append(bytes, static_cast<std::size_t>(size));
    }
    return is_whole();
  }
  const std::string& request() const { return request_; }
  // Answers without content, and closes.
  void answer(int status) {
    const std::string text = "HTTP/1.1 " + std::to_string(status) + " Said\r\nContent-Length: 0\r\n\r\n";
    CHECK(::send(client_, text.data(), text.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(text.size()));
    close(client_);
    request_.clear();
  }

 private:
  static void close(int& fd) {
    if (fd >= 0) ::close(fd);
    fd = -1;
  }
  bool is_whole() const {
    constexpr std::string_view kLength = "\r\nContent-Length: ";
    const auto end = request_.find("\r\n\r\n");
    const auto length = request_.find(kLength);
    if (end == std::string::npos) return false;
    const std::size_t size = length < end ? std::stoul(request_.substr(length + kLength.size())) : 0;
    return request_.size() >= end + 4 + size;
  }

  int listener_, client_ = -1;
  std::string address_, request_;
};

}  // namespace outrigger::test
