#include "server/remote_documents.h"

#include <algorithm>

#include "base/text.h"
#include "outrigger/process_log.h"
#include "outrigger/stats.h"
#include "upstream/fetch/fetch.h"

namespace outrigger::server {

namespace {

using namespace std::chrono_literals;
using base::RemoteDocument;

constexpr Duration kTimeout = 5s;
constexpr Duration kFirstPause = 1s;  // after a failure; doubled by each further one
constexpr Duration kLongestPause = 60s;

stats::Counter counter(const std::string& url, const char* result) {
  return stats::counter("outrigger_remote_fetches_total", "Fetches of documents that the configuration names by URL.",
                        {{"url", url}, {"result", result}});
}

}  // namespace

class RemoteDocuments::Follower {
 public:
  Follower(EventLoop& loop, net::dns::Resolver& resolver, const std::shared_ptr<RemoteDocument>& document)
      : loop_(loop),
        resolver_(resolver),
        rules_(document->rules()),
        document_(document),
        good_(counter(rules_.url, "good")),
        failed_(counter(rules_.url, "failed")),
        timer_(loop, [this] { begin(); }) {
    // Asked from workers; the posted call finds out whether this is still there.
    document->serve([&loop, self = std::weak_ptr(self_)] {
      loop.post([self] {
        if (const auto follower = self.lock()) (*follower)->begin();
      });
    });
    if (!rules_.url.starts_with("https://")) {
      log(LogLevel::warn, "a document is fetched without TLS: who stands on the way can change it",
          {{"url", rules_.url}});
    }
    timer_.start(Duration::zero());
  }
  Follower(const Follower&) = delete;
  Follower& operator=(const Follower&) = delete;
  ~Follower() {
    if (const auto document = document_.lock()) document->serve({});
  }

  bool is_of(const RemoteDocument& document) const { return document_.lock().get() == &document; }
  bool is_over() const { return document_.expired(); }

 private:
  void begin() {
    const auto document = document_.lock();
    if (!document || fetch_) return;
    document->begin(loop_.now());
    upstream::FetchRequest request{.url = rules_.url, .fields = {{"Accept", "application/json"}}, .timeout = kTimeout};
    if (!rules_.ca.empty()) {
      auto trust = net::tls::ClientContext::load(rules_.ca, false);
      if (!trust) return end(*document, trust.error());
      request.trust = std::move(*trust);
    }
    fetch_ = std::make_unique<upstream::Fetch>(loop_, resolver_, std::move(request),
                                               [this](const upstream::Fetch::Result& result) { on_answer(result); });
  }

  void on_answer(const upstream::Fetch::Result& result) {
    fetch_.reset();
    const auto document = document_.lock();
    if (!document) return;
    if (!result) return end(*document, result.error());
    if (result->status != 200) return end(*document, "it answered " + std::to_string(result->status));
    const auto taken = document->succeed(result->content, loop_.now());
    if (!taken) return tell(*document, "it " + taken.error());
    good_.add();
    if (pause_ != kFirstPause)
      log(LogLevel::info, "a document of the configuration can be fetched again", {{"url", rules_.url}});
    pause_ = kFirstPause;
    timer_.start(rules_.refresh);
  }

  void end(RemoteDocument& document, const std::string& problem) {
    document.fail(problem, loop_.now());
    tell(document, problem);
  }

  void tell(const RemoteDocument& document, const std::string& problem) {
    failed_.add();
    log(LogLevel::warn, "a document of the configuration cannot be fetched",
        {{"url", rules_.url}, {"error", problem}, {"has_last_good", document.content() != nullptr}});
    timer_.start(std::min(pause_, rules_.refresh));
    pause_ = std::min(pause_ * 2, kLongestPause);
  }

  EventLoop& loop_;
  net::dns::Resolver& resolver_;
  const RemoteDocument::Rules rules_;
  const std::weak_ptr<RemoteDocument> document_;
  const std::shared_ptr<Follower*> self_ = std::make_shared<Follower*>(this);
  stats::Counter good_, failed_;
  Duration pause_ = kFirstPause;
  Timer timer_;
  std::unique_ptr<upstream::Fetch> fetch_;
};

RemoteDocuments::RemoteDocuments(EventLoop& loop) : loop_(loop) {}

RemoteDocuments::~RemoteDocuments() = default;

void RemoteDocuments::follow(const std::vector<std::string>& dns_servers) {
  const auto documents = RemoteDocument::all();
  if (!resolver_ || dns_servers != dns_servers_) {
    followers_.clear();
    resolver_.reset();
    if (documents.empty()) return;
    dns_servers_ = dns_servers;
    resolver_ = std::make_unique<net::dns::Resolver>(loop_, base::joined(dns_servers, ","));
  }
  std::erase_if(followers_, [](const auto& follower) { return follower->is_over(); });
  for (const auto& document : documents) {
    const bool is_followed =
        std::ranges::any_of(followers_, [&](const auto& follower) { return follower->is_of(*document); });
    if (!is_followed) followers_.push_back(std::make_unique<Follower>(loop_, *resolver_, document));
  }
}

std::string RemoteDocuments::problems(bool never) {
  std::string all;
  for (const auto& document : RemoteDocument::all()) {
    if (document->content() || (never && document->has_been_good())) continue;
    all += document->rules().url + ": " + document->problem() + '\n';
  }
  return all;
}

}  // namespace outrigger::server
