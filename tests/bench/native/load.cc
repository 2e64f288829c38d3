// Load for one HTTP/1 port: keep-alive or a connection a request, plain or TLS, closed or open loop; every answer is
// checked byte by byte. Where wrk and h2load don't fit: they check no answers, resume no sessions, upload no patterns.
//
// usage: load --port N --request FILE [--connections N] [--requests N] [--seconds S] [--warmup S] [--rate R]
//             [--upload BYTES] [--expect BYTES] [--tls [--resume]] [--close] [--pause] [--hold]
// Prints one line of JSON at the end. With --hold first a line when every connection had its answer.
#include <sys/prctl.h>
#include <sys/timerfd.h>

#include <array>
#include <cstdio>
#include <memory>
#include <vector>

#include "histogram.h"
#include "load_client.h"
#include "socket.h"
#include "tls.h"

namespace bench {
namespace {

using std::chrono::duration;
using std::chrono::nanoseconds;

constexpr auto kPatience = std::chrono::seconds(5);  // for the last answers

class Load {
 public:
  explicit Load(const Options& options) : options_(options), tls_(options.tls ? client_tls() : nullptr) {
    for (std::uint64_t i = 0; i < options.connections; ++i) {
      clients_.push_back(std::make_unique<Client>(options_, epoll_, tls_));
    }
    if (options.hold) options_.requests = options.connections;
  }

  int run() {
    begin_ = Clock::now();
    end_ = begin_ + std::chrono::duration_cast<nanoseconds>(duration<double>(options_.seconds));
    if (options_.rate > 0) {
      start_timer();
    } else if (!options_.hold) {
      for (auto& client : clients_) start(*client, Clock::now());
    }
    while (Clock::now() < end_ + kPatience && !is_over()) {
      if (options_.hold) start_next_held();
      turn(1000);
    }
    finish_ = Clock::now();
    unfinished_ = running_;
    if (options_.hold) hold();
    report();
    return 0;
  }

 private:
  bool is_over() const {
    const bool no_more = started_ == options_.requests && options_.requests > 0;
    return running_ == 0 && (no_more || Clock::now() >= end_);
  }
  bool may_start() const { return (options_.requests == 0 || started_ < options_.requests) && Clock::now() < end_; }

  // A few at a time, so that no accept queue overflows.
  void start_next_held() {
    while (running_ < 64 && started_ < options_.requests && Clock::now() < end_) {
      start(*clients_[started_], Clock::now());
    }
  }

  void start(Client& client, Clock::time_point since) {
    if (!may_start()) return;
    ++started_;
    ++running_;
    settle(client, client.begin(since));
  }

  // Takes note of an outcome; in a closed loop the client goes on at once.
  void settle(Client& client, Outcome outcome) {
    while (outcome != Outcome::waiting) {
      if (outcome == Outcome::closed_idle) {
        ++closed_idle_;
        return;
      }
      if (outcome == Outcome::closed) {  // nothing was answered: once more, on a new connection
        ++closed_;
        outcome = client.begin(client.since());
        continue;
      }
      --running_;
      count(client, outcome);
      if (options_.rate > 0 || options_.hold || !may_start()) return;
      ++started_;
      ++running_;
      if (options_.pause) ::usleep(2000);
      outcome = client.begin(Clock::now());
    }
  }

  void count(const Client& client, Outcome outcome) {
    if (outcome == Outcome::failed) ++failed_;
    if (outcome == Outcome::wrong) ++wrong_;
    if (outcome != Outcome::done) return;
    ++done_;
    const auto now = Clock::now();
    if (now - begin_ < duration<double>(options_.warmup)) return;
    latencies_.add(static_cast<std::uint64_t>(nanoseconds(now - client.since()).count()));
  }

  void start_timer() {
    ::prctl(PR_SET_TIMERSLACK, 1);
    timer_ = ::timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
    const auto interval = static_cast<long>(1e9 / options_.rate);
    const itimerspec period{{0, interval}, {0, interval}};
    ::timerfd_settime(timer_, 0, &period, nullptr);
    watch(epoll_, timer_, EPOLLIN, nullptr);
    interval_ = nanoseconds(interval);
    due_ = Clock::now();
  }

  // Starts every request that is due, each on a connection that is free.
  void on_timer() {
    std::uint64_t ticks = 0;
    if (::read(timer_, &ticks, sizeof ticks) != sizeof ticks) return;
    for (; ticks > 0; --ticks) {
      due_ += interval_;
      std::size_t tried = 0;
      while (tried < clients_.size() && clients_[next_]->is_running()) next_ = (next_ + 1) % clients_.size(), ++tried;
      if (tried == clients_.size()) {
        ++unsent_;
        continue;
      }
      start(*clients_[next_], due_);
      next_ = (next_ + 1) % clients_.size();
    }
  }

  // False when the standard input ended.
  bool turn(int milliseconds) {
    std::array<epoll_event, 256> events;
    const int count = ::epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), milliseconds);
    for (int i = 0; i < count; ++i) {
      const epoll_event& event = events[static_cast<std::size_t>(i)];
      void* what = event.data.ptr;
      if (what == this) return false;
      if (what == nullptr) {
        on_timer();
      } else {
        auto& client = *static_cast<Client*>(what);
        settle(client, client.go_on((event.events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0));
      }
    }
    return true;
  }

  void hold() {
    std::printf("{\"held\": %llu}\n", static_cast<unsigned long long>(done_));
    std::fflush(stdout);
    watch(epoll_, STDIN_FILENO, EPOLLIN, this);
    while (turn(-1)) continue;
    for (auto& client : clients_) settle(*client, client->go_on(true));
  }

  void report() const {
    std::uint64_t connections = 0, resumed = 0, open = 0;
    for (const auto& client : clients_) {
      connections += client->connections();
      resumed += client->resumed();
      open += client->is_open() ? 1 : 0;
    }
    const auto print = [](const char* name, std::uint64_t value) {
      std::printf("\"%s\": %llu, ", name, static_cast<unsigned long long>(value));
    };
    std::printf("{");
    print("requests", done_);
    print("wrong", wrong_);
    print("failed", failed_ + unfinished_);
    print("closed", closed_);
    print("closed_idle", closed_idle_);
    print("unsent", unsent_);
    print("connections", connections);
    print("resumed", resumed);
    print("open", open);
    std::printf("\"seconds\": %.6f, \"p50\": %.1f, \"p99\": %.1f, \"p999\": %.1f}\n",
                duration<double>(finish_ - begin_).count(), latencies_.quantile(0.5), latencies_.quantile(0.99),
                latencies_.quantile(0.999));
  }

  Options options_;
  int epoll_ = ::epoll_create1(EPOLL_CLOEXEC);
  SSL_CTX* tls_;
  std::vector<std::unique_ptr<Client>> clients_;
  Clock::time_point begin_, end_, finish_, due_;
  nanoseconds interval_{};
  int timer_ = -1;
  std::size_t next_ = 0;
  Histogram latencies_;
  std::uint64_t started_ = 0, running_ = 0, unfinished_ = 0;
  std::uint64_t done_ = 0, wrong_ = 0, failed_ = 0, closed_ = 0, closed_idle_ = 0, unsent_ = 0;
};

}  // namespace
}  // namespace bench

int main(int count, char** arguments) {
  bench::Options options;
  if (!bench::parse_options(count, arguments, options)) {
    std::fprintf(stderr, "usage: load --port N --request FILE [option...]; see load.cc\n");
    return 2;
  }
  return bench::Load(options).run();
}
