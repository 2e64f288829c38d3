#include "adapters/runtime.h"

#include <algorithm>

#include "adapters/registry.h"
#include "base/text.h"

namespace outrigger::adapters {
namespace {

using namespace std::chrono_literals;

constexpr Duration kLastWords = 1s;
constexpr Duration kLook = 10ms;  // at whether they have finished

const AdapterType& type_of(const config::AdapterSpec& spec) { return *static_cast<const AdapterType*>(spec.type); }

}  // namespace

AdapterSet open_adapters(const config::Settings& settings, KeyedStore& store, const config::Findings& findings) {
  AdapterSet set;
  set.dns_servers = base::joined(settings.dns.servers, ",");
  for (const auto* list : {&settings.adapters.logs, &settings.adapters.metrics, &settings.adapters.health}) {
    for (const config::AdapterSpec& spec : *list) {
      if (findings.has_errors(spec.path)) continue;
      std::shared_ptr<void> opened;
      if (type_of(spec).open != nullptr) {
        OpenContext context{spec.path, store};
        auto result = type_of(spec).open(spec.config.get(), context);
        if (!result) findings.error(spec.path, result.error());
        if (result) opened = std::move(*result);
      }
      set.items.push_back({spec, std::move(opened)});
    }
  }
  return set;
}

// What lives on the thread.
class AdapterRuntime::Running {
 public:
  Running(KeyedStore& store, MetricStore& metrics) : store_(store), metrics_(metrics) {}

  EventLoop& loop() { return loop_; }
  void run() {
    loop_.run();
    current_.clear();
    resolver_.reset();
    loop_.end_event();
  }
  void apply(const AdapterSet& set);
  void finish();

 private:
  struct Live {
    std::string fingerprint;
    std::unique_ptr<Adapter> adapter;
    bool is_new = true;
  };
  std::unique_ptr<Adapter> make(const AdapterSet::Item& item);
  void look();

  KeyedStore& store_;
  MetricStore& metrics_;
  EventLoop loop_;
  ChildReaper children_{loop_};
  LineBus lines_;
  std::string dns_servers_;
  std::unique_ptr<net::dns::Resolver> resolver_;
  std::vector<Live> current_;
  Timer look_{loop_, [this] { look(); }};
  Instant give_up_at_{};
};

std::unique_ptr<Adapter> AdapterRuntime::Running::make(const AdapterSet::Item& item) {
  AdapterContext context{
      item.spec.path, item.spec.fingerprint, {loop_, *resolver_, store_, lines_, metrics_, children_}, item.opened};
  return type_of(item.spec).make(item.spec.config.get(), context);
}

// Those that did not change go on. With other name servers there is another resolver, which all of them hold.
void AdapterRuntime::Running::apply(const AdapterSet& set) {
  const bool keeps = resolver_ && set.dns_servers == dns_servers_;
  auto old_resolver = keeps ? nullptr : std::move(resolver_);
  if (!keeps) resolver_ = std::make_unique<net::dns::Resolver>(loop_, set.dns_servers);
  dns_servers_ = set.dns_servers;
  std::vector<Live> before = std::move(current_);
  current_.clear();
  for (const AdapterSet::Item& item : set.items) {
    const auto kept = std::ranges::find(before, item.spec.fingerprint, &Live::fingerprint);
    if (keeps && kept != before.end()) {
      current_.push_back(std::move(*kept));
      before.erase(kept);
    } else {
      current_.push_back({item.spec.fingerprint, make(item)});
    }
  }
  before.clear();
  for (Live& live : current_) {
    if (std::exchange(live.is_new, false)) live.adapter->start();
  }
}

void AdapterRuntime::Running::finish() {
  for (Live& live : current_) live.adapter->finish();
  give_up_at_ = loop_.now() + kLastWords;
  look();
}

void AdapterRuntime::Running::look() {
  const bool is_done = std::ranges::all_of(current_, [](const Live& live) { return live.adapter->has_finished(); });
  if (is_done || loop_.now() >= give_up_at_) return loop_.stop();
  look_.start(kLook);
}

AdapterRuntime::AdapterRuntime(KeyedStore& store) : store_(store) {}

AdapterRuntime::~AdapterRuntime() { stop(); }

void AdapterRuntime::adopt(std::shared_ptr<const AdapterSet> set) {
  if (!running_) {
    if (set->items.empty()) return;
    running_ = std::make_unique<Running>(store_, metrics_);
    thread_ = std::thread([this] { running_->run(); });
  }
  running_->loop().post([this, set = std::move(set)] { running_->apply(*set); });
}

void AdapterRuntime::stop() {
  if (!thread_.joinable()) return;
  running_->loop().post([this] { running_->finish(); });
  thread_.join();
}

}  // namespace outrigger::adapters
