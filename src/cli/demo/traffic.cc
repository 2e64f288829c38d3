#include "cli/demo/traffic.h"

#include <algorithm>
#include <atomic>
#include <mutex>
#include <thread>

#include "cli/http_client.h"

namespace outrigger::cli {

namespace {

using namespace std::chrono_literals;

constexpr std::size_t kClients = 8;
constexpr Duration kLimit = 10s;

// One client's share of the requests.
class Sender {
 public:
  Sender(const net::Address& address, const std::shared_ptr<net::tls::ClientContext>& tls)
      : client_(address, tls, kLimit) {}

  void run(std::atomic<std::size_t>& next, std::size_t requests) {
    while (next.fetch_add(1, std::memory_order_relaxed) < requests) send();
  }
  void add_to(TrafficResult& sum) const {
    sum.requests += milliseconds_.size();
    sum.errors += errors_;
    sum.milliseconds.insert(sum.milliseconds.end(), milliseconds_.begin(), milliseconds_.end());
  }

 private:
  void send() {
    const auto begin = std::chrono::steady_clock::now();
    const auto answer = client_.request("GET", "/");
    if (!answer || answer->status >= 500) ++errors_;
    milliseconds_.push_back(
        std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - begin).count());
  }
  HttpClient client_;
  std::size_t errors_ = 0;
  std::vector<double> milliseconds_;
};

}  // namespace

double TrafficResult::percentile(double share) const {
  if (milliseconds.empty()) return 0;
  const auto index = static_cast<std::size_t>(share * static_cast<double>(milliseconds.size()));
  return milliseconds[std::min(index, milliseconds.size() - 1)];
}

TrafficResult send_traffic(const net::Address& address, const std::shared_ptr<net::tls::ClientContext>& tls,
                           std::size_t requests) {
  std::atomic<std::size_t> next{0};
  std::mutex mutex;
  TrafficResult sum;
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < kClients; ++i) {
    threads.emplace_back([&] {
      Sender sender(address, tls);
      sender.run(next, requests);
      const std::lock_guard lock(mutex);
      sender.add_to(sum);
    });
  }
  for (std::thread& thread : threads) thread.join();
  std::ranges::sort(sum.milliseconds);
  return sum;
}

}  // namespace outrigger::cli
