#include "adapters/push/push.h"

#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "adapters/metric_name.h"
#include "adapters/push/otlp_metrics.h"
#include "adapters/scraper.h"
#include "base/base64.h"
#include "base/glob.h"
#include "base/otlp/collector_url.h"
#include "base/percent.h"
#include "base/secret.h"
#include "base/url.h"
#include "net/address.h"
#include "outrigger/process_log.h"

namespace outrigger::adapters {
namespace {

constexpr std::size_t kMostPoints = 5000;  // of one request of OTLP: about 1 MiB

std::unique_ptr<Adapter> make(const void* options, AdapterContext& context) {
  return std::make_unique<Push>(*static_cast<const PushOptions*>(options), context);
}

using Headers = std::map<std::string, std::string>;

std::expected<std::shared_ptr<void>, std::string> open(const void* data, OpenContext&) {
  auto resolved = std::make_shared<Headers>();
  for (const auto& [name, reference] : static_cast<const PushOptions*>(data)->push.headers) {
    auto value = base::resolve_secret(reference);
    if (!value) return std::unexpected(value.error());
    resolved->emplace(name, std::move(*value));
  }
  return resolved;
}

const std::string& origin_of(const PushTarget& target) {
  return !target.otlp.empty() ? target.otlp : !target.statsd.empty() ? target.statsd : target.pushgateway;
}

// A slash cannot be in a path as a value, so the Pushgateway takes such values in base64.
std::string group_part(const std::string& label, const std::string& value) {
  if (value.contains('/')) return "/" + label + "@base64/" + base::encode_base64url(value);
  return "/" + label + "/" + base::percent_encoded(value);
}

// The Pushgateway's path has the grouping key in it.
std::string url_of(const PushTarget& target) {
  if (!target.otlp.empty()) return base::collector_url(target.otlp, "/v1/metrics");
  std::string url = origin_of(target);
  while (url.ends_with('/')) url.pop_back();
  url += "/metrics" + group_part("job", target.job);
  for (const auto& [label, value] : target.grouping) url += group_part(label, value);
  return url;
}

stats::Counter counter(const PushTarget& target, const char* result) {
  return stats::counter("outrigger_pushes_total", "Pushes of all metrics, by what came of them.",
                        {{"origin", shown(origin_of(target))}, {"result", result}});
}

std::string check(const PushTarget& target) {
  const int set =
      (target.otlp.empty() ? 0 : 1) + (target.pushgateway.empty() ? 0 : 1) + (target.statsd.empty() ? 0 : 1);
  if (set != 1) return "needs one of otlp, pushgateway and statsd";
  for (const auto& [label, value] : target.grouping) {
    if (!is_label_name(label) || label == "job" || value.empty())
      return "\"" + label + "\" cannot be in a grouping key";
  }
  if (!target.statsd.empty()) {
    const auto address = net::Address::parse(target.statsd);
    return address ? "" : address.error();
  }
  const auto url = base::parse_url(origin_of(target));
  return url ? "" : url.error();
}

std::map<std::string, std::string> resource_of(const PushTarget& target) {
  auto resource = target.resource;
  resource.try_emplace("service.name", "outrigger");
  return resource;
}

}  // namespace

void describe(config::Schema<PushTarget>& schema) {
  schema.summary("Where metrics are pushed to.");
  schema
      .field("otlp", &PushTarget::otlp,
             "An OpenTelemetry collector: OTLP over HTTP, protobuf; a URL without a path gets /v1/metrics.")
      .example("http://127.0.0.1:4318");
  schema.field("pushgateway", &PushTarget::pushgateway, "A Prometheus Pushgateway.").example("http://127.0.0.1:9091");
  schema.field("statsd", &PushTarget::statsd, "A statsd server: a UDP address, or unix:/path.")
      .example("127.0.0.1:8125");
  schema.field("job", &PushTarget::job, "The Pushgateway's job.");
  schema.field("grouping", &PushTarget::grouping, "Further labels of the Pushgateway's grouping key.")
      .example("{instance: a}");
  schema
      .field("resource", &PushTarget::resource, "Attributes of OTLP's resource; service.name is outrigger unless set.")
      .example("{service.name: shop}");
  schema.field("format", &PushTarget::format, "Labels for statsd: dogstatsd: as tags; plain: as parts of the name.")
      .values({{"dogstatsd", StatsdFormat::dogstatsd}, {"plain", StatsdFormat::plain}});
  schema.field("headers", &PushTarget::headers, "Fields of the request.")
      .secret()
      .example("{Authorization: file:/run/token}");
  schema.field("every", &PushTarget::every, "How often.").range(std::chrono::seconds(1), std::chrono::hours(24));
  schema.field("timeout", &PushTarget::timeout, "For one request.")
      .range(std::chrono::milliseconds(1), std::chrono::hours(1));
  schema.field("only", &PushTarget::only, "Names that are pushed, * stands for anything; absent: all.").one_or_many();
  schema.field("drop", &PushTarget::drop, "Names that are not.").one_or_many().example("[outrigger_*]");
  schema.check(check);
}

void describe(config::Schema<PushOptions>& schema) {
  schema.summary("Pushes every metric that /metrics has.");
  schema.field("push", &PushOptions::push, "Where to, and how often.").required();
}

Push::Push(const PushOptions& options, AdapterContext& context)
    : target_(options.push),
      headers_(*std::static_pointer_cast<Headers>(context.opened)),
      url_(url_of(target_)),
      services_(context.services),
      sent_(counter(target_, "sent")),
      failed_(counter(target_, "failed")),
      lost_(stats::counter("outrigger_push_lost_datagrams_total", "Datagrams for statsd that could not be sent.",
                           {{"origin", shown(origin_of(target_))}})),
      started_(std::chrono::system_clock::now()),
      lines_(target_.format == StatsdFormat::dogstatsd),
      next_(services_.loop, [this] { send(); }) {}

Push::~Push() {
  if (fd_ >= 0) ::close(fd_);
}

void Push::finish() {
  next_.stop();
  is_ending_ = true;
  wants_last_ = is_sending_;
  if (!is_sending_) send();
}

std::vector<stats::MetricFamily> Push::chosen() const {
  std::vector<stats::MetricFamily> families = services_.metrics.collect();
  const auto is_in = [](const std::vector<std::string>& patterns, const std::string& name) {
    return std::ranges::any_of(patterns, [&](const std::string& each) { return base::matches_glob(each, name); });
  };
  std::erase_if(families, [&](const stats::MetricFamily& family) {
    return (!target_.only.empty() && !is_in(target_.only, family.name)) || is_in(target_.drop, family.name);
  });
  return families;
}

void Push::send() {
  began_ = services_.loop.now();
  is_sending_ = true;
  const auto families = chosen();
  if (!target_.statsd.empty()) return send_datagrams(lines_.write(families));
  if (target_.otlp.empty()) {
    waiting_ = {stats::text_format(families)};
  } else {
    waiting_ = otlp_metrics(families, {resource_of(target_), started_, services_.loop.wall_now()}, kMostPoints);
    std::ranges::reverse(waiting_);
  }
  send_next();
}

void Push::send_next() {
  if (waiting_.empty()) return ended("");
  const bool is_otlp = !target_.otlp.empty();
  upstream::FetchRequest request{.method = is_otlp ? "POST" : "PUT",
                                 .url = url_,
                                 .content = std::move(waiting_.back()),
                                 .timeout = target_.timeout};
  waiting_.pop_back();
  request.fields.emplace_back("Content-Type", is_otlp ? "application/x-protobuf" : "text/plain; version=0.0.4");
  for (const auto& [name, value] : headers_) request.fields.emplace_back(name, value);
  fetch_ = std::make_unique<upstream::Fetch>(services_.loop, services_.resolver, std::move(request),
                                             [this](const auto& answer) { on_answer(answer); });
}

void Push::on_answer(const upstream::Fetch::Result& answer) {
  const bool is_taken = answer && answer->status >= 200 && answer->status < 300;
  const std::string problem = is_taken ? "" : answer ? "status " + std::to_string(answer->status) : answer.error();
  fetch_.reset();
  if (is_taken) return send_next();
  waiting_.clear();
  ended(problem);
}

void Push::send_datagrams(const std::vector<std::string>& datagrams) {
  const auto address = net::Address::parse(target_.statsd);
  if (fd_ < 0) fd_ = ::socket(address->family(), SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  std::string problem = fd_ < 0 ? std::strerror(errno) : "";
  for (const std::string& datagram : datagrams) {
    if (::sendto(fd_, datagram.data(), datagram.size(), MSG_NOSIGNAL, address->get(), address->length()) >= 0) continue;
    problem = std::strerror(errno);
    lost_.add();
  }
  ended(problem);
}

void Push::ended(const std::string& problem) {
  is_sending_ = false;
  const bool is_good = problem.empty();
  (is_good ? sent_ : failed_).add();
  if (is_good != was_good_) {
    const std::string to = shown(origin_of(target_));
    if (is_good) log(LogLevel::info, "metrics can be pushed again", {{"to", to}});
    if (!is_good) log(LogLevel::warn, "metrics cannot be pushed", {{"to", to}, {"why", problem}});
    was_good_ = is_good;
  }
  if (std::exchange(wants_last_, false)) return send();
  if (!is_ending_) next_.start(std::max(Duration(0), target_.every - (services_.loop.now() - began_)));
}

const AdapterType kPushType = {
    {"metrics", {"push"}, "Pushes all metrics.", &config::schema_of<PushOptions>}, make, open};

}  // namespace outrigger::adapters
