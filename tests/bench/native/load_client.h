#pragma once

#include <openssl/ssl.h>

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "load_options.h"

namespace bench {

using Clock = std::chrono::steady_clock;

// What became of a request, or of a connection without one.
enum class Outcome : std::uint8_t {
  waiting,      // nothing yet
  done,         // the right answer
  wrong,        // another status or other bytes than expected
  failed,       // no connection, or it ended inside an answer
  closed,       // a kept connection ended before the answer's first byte
  closed_idle,  // it ended while no request ran, or after its last one
};

// One connection that sends one request at a time and checks its answer. Never blocks: the owner calls go_on() at each
// event (edge-triggered, both directions).
class Client {
 public:
  Client(const Options& options, int epoll, SSL_CTX* tls) : options_(options), epoll_(epoll), tls_(tls) {}
  ~Client() { close(); }
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  // Sends a request, on a new connection if there is none; its latency counts from `since`.
  Outcome begin(Clock::time_point since);
  // Goes on with what runs. `hung_up`: the event says that the peer ended its side.
  Outcome go_on(bool hung_up);
  void close();

  bool is_running() const { return running_; }
  bool is_open() const { return fd_ >= 0; }
  Clock::time_point since() const { return since_; }
  std::uint64_t connections() const { return connections_; }
  std::uint64_t resumed() const { return resumed_; }

 private:
  Outcome connect();
  Outcome write();
  Outcome read();
  // Takes bytes of the answer; true when it is complete.
  bool take(std::string_view bytes);
  Outcome ended();
  Outcome complete();
  ssize_t receive(char* into, std::size_t size);
  ssize_t send(std::string_view bytes);

  const Options& options_;
  int epoll_;
  SSL_CTX* tls_;
  int fd_ = -1;
  SSL* session_ = nullptr;
  bool ready_ = false;  // connected, the handshake done
  bool running_ = false;
  bool reused_ = false;
  bool wrong_ = false;
  bool awaits_close_ = false;
  bool hung_up_ = false;
  Clock::time_point since_;
  std::uint64_t sent_ = 0;
  std::string head_;
  bool head_done_ = false;
  std::uint64_t body_ = 0;
  std::uint64_t connections_ = 0;
  std::uint64_t resumed_ = 0;
};

}  // namespace bench
