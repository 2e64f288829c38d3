// The floor: what moving the bytes costs and nothing else. One upstream connection for each client's, raw epoll,
// nothing parsed, nothing logged, no timeout. With a certificate the client's side is TLS.
//
// usage: floor LISTEN_PORT BACKEND_PORT [CERTIFICATE KEY]
// Runs until its standard input ends.
#include <array>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "message.h"
#include "socket.h"
#include "tls.h"

namespace bench {
namespace {

struct Pair;

// One end of a pair: a socket, plain or TLS, and what could not be written to it yet.
struct End {
  Pair* pair = nullptr;
  int fd = -1;
  SSL* session = nullptr;
  std::string unsent;

  // Bytes moved; 0: would block; -1: over.
  ssize_t read(char* into, std::size_t size) const {
    if (session == nullptr) {
      const auto got = ::recv(fd, into, size, 0);
      return got > 0 ? got : got < 0 && would_block() ? 0 : -1;
    }
    const int got = SSL_read(session, into, static_cast<int>(size));
    return got > 0 ? got : tls_outcome(session, got);
  }
  ssize_t write(const char* from, std::size_t size) const {
    if (session == nullptr) {
      const auto sent = ::send(fd, from, size, MSG_NOSIGNAL);
      return sent >= 0 ? sent : would_block() ? 0 : -1;
    }
    const int sent = SSL_write(session, from, static_cast<int>(size));
    return sent > 0 ? sent : tls_outcome(session, sent);
  }
  bool flush() {
    while (!unsent.empty()) {
      const auto sent = write(unsent.data(), unsent.size());
      if (sent < 0) return false;
      if (sent == 0) return true;
      unsent.erase(0, static_cast<std::size_t>(sent));
    }
    return true;
  }
};

struct Pair {
  End client, service;
  bool dead = false;

  ~Pair() {
    if (client.session != nullptr) SSL_free(client.session);
    ::close(client.fd);
    ::close(service.fd);
  }
  End& other(const End& end) { return &end == &client ? service : client; }
};

// Reads from one end and writes to the other until one of them would block. False: over.
// Edge-triggered, so what comes after a short read is announced; but not a FIN that came with the bytes (`hung_up`),
// nor what a TLS session holds back.
bool move(End& from, End& to, bool hung_up) {
  static std::array<char, 64 * 1024> buffer;
  while (to.unsent.empty()) {
    const auto got = from.read(buffer.data(), buffer.size());
    if (got < 0) return false;
    if (got == 0) return true;
    const auto size = static_cast<std::size_t>(got);
    for (std::size_t done = 0; done < size && to.unsent.empty();) {
      const auto sent = to.write(buffer.data() + done, size - done);
      if (sent < 0) return false;
      if (sent == 0) to.unsent.assign(buffer.data() + done, size - done);
      done += static_cast<std::size_t>(sent);
    }
    const bool drained = from.session == nullptr ? size < buffer.size() : SSL_has_pending(from.session) == 0;
    if (drained && !hung_up) return true;
  }
  return true;
}

class Forwarder {
 public:
  Forwarder(std::uint16_t listen_port, std::uint16_t backend_port, SSL_CTX* tls)
      : listener_(listen_on(listen_port)), backend_port_(backend_port), tls_(tls) {}

  int run() {
    int input_mark = 0;
    watch(epoll_, listener_, EPOLLIN, nullptr);
    watch(epoll_, STDIN_FILENO, EPOLLIN, &input_mark);
    std::array<epoll_event, 256> events;
    for (;;) {
      const int count = ::epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), -1);
      for (int i = 0; i < count; ++i) {
        const epoll_event& event = events[static_cast<std::size_t>(i)];
        if (event.data.ptr == &input_mark) return 0;
        if (event.data.ptr == nullptr) {
          accept_all();
        } else {
          handle(*static_cast<End*>(event.data.ptr), event.events);
        }
      }
      for (Pair* pair : dead_) delete pair;
      dead_.clear();
    }
  }

 private:
  void accept_all() {
    for (int fd = 0; (fd = ::accept4(listener_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0;) {
      set_no_delay(fd);
      auto pair = std::make_unique<Pair>();
      pair->client.pair = pair->service.pair = pair.get();
      pair->client.fd = fd;
      pair->service.fd = begin_connect(backend_port_);
      if (pair->service.fd < 0) continue;
      if (tls_ != nullptr) {
        pair->client.session = SSL_new(tls_);
        SSL_set_fd(pair->client.session, fd);
        SSL_set_accept_state(pair->client.session);
      }
      watch(epoll_, fd, EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET, &pair->client);
      watch(epoll_, pair->service.fd, EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET, &pair->service);
      pair.release();
    }
  }

  void handle(End& end, std::uint32_t events) {
    Pair& pair = *end.pair;
    if (pair.dead) return;
    End& other = pair.other(end);
    const bool hung_up = (events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0;
    bool alive = true;
    if ((events & EPOLLOUT) != 0 && !end.unsent.empty()) alive = end.flush() && move(other, end, true);
    if (alive && (events & EPOLLIN) != 0) alive = move(end, other, hung_up);
    if (alive) return;
    pair.dead = true;
    dead_.push_back(&pair);
  }

  int epoll_ = ::epoll_create1(EPOLL_CLOEXEC);
  int listener_;
  std::uint16_t backend_port_;
  SSL_CTX* tls_;
  std::vector<Pair*> dead_;
};

}  // namespace
}  // namespace bench

int main(int count, char** arguments) {
  if (count != 3 && count != 5) return 2;
  SSL_CTX* tls = count == 5 ? bench::server_tls(arguments[3], arguments[4]) : nullptr;
  const auto port = [&](int i) { return static_cast<std::uint16_t>(bench::number(arguments[i])); };
  return bench::Forwarder(port(1), port(2), tls).run();
}
