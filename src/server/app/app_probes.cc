#include "server/app/app_probes.h"

#include <poll.h>
#include <unistd.h>

#include <algorithm>

#include "net/address.h"
#include "net/connecting.h"
#include "server/admin/upstream_report.h"

namespace outrigger::server {

namespace {

using namespace std::chrono_literals;

constexpr Duration kEvery = 50ms;
constexpr std::string_view kUpstream = "upstream:";

class Asking : public AppProbe {
 public:
  Asking(EventLoop& loop, std::function<void()> is_up) : is_up_(std::move(is_up)), timer_(loop, [this] { turn(); }) {
    timer_.start(Duration::zero());
  }

 protected:
  // The answer to the latest question; asks the next one where it is not yes.
  virtual bool ask() = 0;

 private:
  void turn() {
    if (!ask()) return timer_.start(kEvery);
    const auto is_up = std::move(is_up_);
    is_up();  // destroys this
  }
  std::function<void()> is_up_;
  Timer timer_;
};

class PortProbe final : public Asking {
 public:
  PortProbe(EventLoop& loop, net::Address address, std::function<void()> is_up)
      : Asking(loop, std::move(is_up)), address_(address) {}
  ~PortProbe() override { close(); }

 private:
  bool ask() override {
    pollfd one{connecting_.fd, POLLOUT, 0};
    if (connecting_.fd >= 0 && ::poll(&one, 1, 0) == 0) return false;
    const bool is_connected = connecting_.fd >= 0 && net::connect_error(connecting_.fd, address_) == 0;
    close();
    if (!is_connected) connecting_ = net::start_connect(address_);
    return is_connected;
  }
  void close() {
    if (connecting_.fd >= 0) ::close(connecting_.fd);
    connecting_.fd = -1;
  }
  net::Address address_;
  net::Connecting connecting_;
};

bool is_healthy(Worker& worker, const std::string& upstream) {
  const auto reports = report_upstreams(worker);
  return std::ranges::any_of(reports, [&](const UpstreamReport& report) {
    return report.name == upstream && std::ranges::any_of(report.endpoints, [](const EndpointReport& endpoint) {
             return endpoint.health && endpoint.health->is_known && endpoint.health->is_healthy;
           });
  });
}

// One worker is enough: all share what the checks find.
class HealthProbe final : public Asking {
 public:
  HealthProbe(EventLoop& loop, std::string upstream, Worker& worker, std::function<void()> is_up)
      : Asking(loop, std::move(is_up)), upstream_(std::move(upstream)), worker_(worker) {}

 private:
  bool ask() override {
    worker_.post([answer = answer_, upstream = upstream_, worker = &worker_] {
      answer->store(is_healthy(*worker, upstream), std::memory_order_relaxed);
    });
    return answer_->load(std::memory_order_relaxed);
  }
  const std::string upstream_;
  Worker& worker_;
  std::shared_ptr<std::atomic<bool>> answer_ = std::make_shared<std::atomic<bool>>(false);
};

}  // namespace

std::unique_ptr<AppProbe> make_app_probe(EventLoop& loop, const std::string& target,
                                         const std::vector<std::unique_ptr<Worker>>& workers,
                                         std::function<void()> is_up) {
  if (target.starts_with(kUpstream)) {
    return std::make_unique<HealthProbe>(loop, target.substr(kUpstream.size()), *workers.front(), std::move(is_up));
  }
  return std::make_unique<PortProbe>(loop, *net::Address::parse(target), std::move(is_up));
}

std::string check_app_probe(const std::string& target, const config::Settings& settings) {
  if (!target.starts_with(kUpstream)) {
    const auto address = net::Address::parse(target);
    return address ? std::string() : "--wait-for " + target + ": " + address.error();
  }
  const std::string name = target.substr(kUpstream.size());
  const auto found = std::ranges::find(settings.upstreams, name, &config::Upstream::name);
  if (found == settings.upstreams.end()) return "--wait-for " + target + ": there is no such upstream";
  if (found->health_check) return {};
  return "--wait-for " + target + ": it has no `health_check:` that could tell; or wait for an address: 127.0.0.1:8080";
}

}  // namespace outrigger::server
