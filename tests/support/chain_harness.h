#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "config/load.h"
#include "outrigger/filter.h"

// Filters without a network: a chain as it would stand in a file, a scripted upstream at its end, and a clock that
// moves only when somebody sleeps. The file has two more upstreams, "spare" and "other", that filters may send to.
//
//   ChainHarness chain("retry: {num_retries: 2}");
//   chain.upstream_answers({503, 200});
//   const auto result = chain.send("GET /orders");
//   REQUIRE(result.status == 200);
//   REQUIRE(chain.upstream_calls() == 2);
namespace outrigger::test {

using Fields = std::vector<std::pair<std::string, std::string>>;

// The value of the first field of that name, compared without case; "" if there is none.
std::string value_of(const Fields& fields, std::string_view name);
std::vector<std::string> values_of(const Fields& fields, std::string_view name);

// What the scripted upstream does with one call.
struct Answer {
  Answer(int code) : status(static_cast<std::uint16_t>(code)) {}  // NOLINT: {503, 200} is the point
  Answer(Failure reason) : failure(reason) {}                     // NOLINT
  Answer(int code, Fields head) : status(static_cast<std::uint16_t>(code)), fields(std::move(head)) {}
  Answer after(Duration time) && {
    takes = time;
    return std::move(*this);
  }
  // Sends some content first.
  Answer breaks_off(Failure why) && {
    cut = why;
    return std::move(*this);
  }
  // Sends some content and no more, until the client leaves.
  Answer stalls() && { return std::move(*this).breaks_off(Failure::none); }
  std::uint16_t status = 200;
  Failure failure = Failure::none;  // no answer of the service, but this
  std::optional<Failure> cut;       // why its content breaks off; none: it stalls
  Fields fields;
  Duration takes{};
};

// A request: "GET /path?query" and fields. Host is "test" unless a field says otherwise; an empty one makes it a
// request of HTTP/1.0 without Host.
struct Request {
  Request(const char* line, Fields head = {}, std::string content = {})  // NOLINT
      : start(line), fields(std::move(head)), body(std::move(content)) {}
  std::string start;
  Fields fields;
  std::string body;
};

// A request as the upstream got it.
struct Received {
  std::string method, target, authority, body;
  Fields fields;
  std::string field(std::string_view name) const { return value_of(fields, name); }
};

// What the client got, and what is known about it.
struct Result {
  int status = 0;  // 0: nothing, the exchange was cancelled
  Fields fields;
  std::string body;
  Failure failure = Failure::none;
  bool is_local = false;
  std::string why;  // all decisions, joined by "; "
  Duration duration{};
  std::string field(std::string_view name) const { return value_of(fields, name); }
};

// Who asks, for later requests.
struct Client {
  std::string ip = "192.0.2.7";
  std::string scheme = "https";
  std::string user{};
  Fields claims{};  // as if a token had been verified before
  std::shared_ptr<const ClientCertificate> certificate{};
};

class ChainHarness : private UpstreamChains {
 public:
  static constexpr Duration kDeadline = std::chrono::seconds(60);  // of a request

  // One filter as in a file, "retry: {num_retries: 2}", or several, "[{...}, {...}]". In an upstream's chain.
  // Throws std::runtime_error with the loader's words when the file would be refused.
  explicit ChainHarness(const std::string& filters);
  // Filters that the test made itself; they outlive the harness.
  explicit ChainHarness(std::vector<Filter*> filters);
  ~ChainHarness();
  ChainHarness(const ChainHarness&) = delete;
  ChainHarness& operator=(const ChainHarness&) = delete;

  // The loader's errors, one a line without its place; "" when the filters are good.
  static std::string errors(const std::string& filters);

  // What the upstream does, call by call; the last is repeated. 200 if nothing was said.
  void upstream_answers(std::vector<Answer> answers) { upstream_answers("app", std::move(answers)); }
  void upstream_answers(const std::string& upstream, std::vector<Answer> answers);
  int upstream_calls(const std::string& upstream = "app") const;
  const std::vector<Received>& upstream_requests(const std::string& upstream = "app") const;

  // Runs the request to its end.
  Result send(const Request& request);
  // Runs it to the first sleep, then the client leaves after that time.
  Result send_and_leave(const Request& request, Duration after = {});
  // A request that could not be read, as the connection reports it.
  Result refuse(Failure failure);

  // How long filters slept, in order; the upstream's time is not among them.
  const std::vector<Duration>& sleeps() const { return sleeps_; }
  Instant now() const { return now_; }
  void advance(Duration time) { now_ += time; }
  // For later requests.
  void set_trusted_peer(bool trusted) { is_trusted_ = trusted; }
  // As if their content were larger than the replay window.
  void set_can_replay(bool can) { can_replay_ = can; }
  void set_route(std::string name) { route_ = *routes_.insert(std::move(name)).first; }
  void set_client(Client client) { client_ = std::move(client); }

 private:
  class FakeExchange;
  class Upstream;
  class Store;
  struct Service;
  const Link* entry(std::string_view upstream) override;
  void make_services();
  Service& service(const std::string& upstream) const;
  void link(const std::vector<Filter*>& filters);
  void advance_to_end(FakeExchange& exchange);
  Result end(FakeExchange& exchange, Response* response);

  std::optional<config::Settings> settings_;
  std::unique_ptr<Store> store_;
  std::vector<std::unique_ptr<Filter>> owned_;
  std::map<std::string, std::unique_ptr<Service>> services_;
  std::vector<Link> links_;
  std::vector<Duration> sleeps_;
  Instant now_{std::chrono::seconds(100000)};
  bool is_trusted_ = false;
  bool can_replay_ = true;
  std::set<std::string> routes_{"route"};  // names keep their places, as those of a configuration do
  std::string_view route_ = *routes_.begin();
  Client client_;
};

// The options of one filter as the loader makes them: options<RetryOptions>("retry: {num_retries: 2}").
std::shared_ptr<const void> parsed_options(const std::string& filter);
template <typename T>
T options(const std::string& filter) {
  return *static_cast<const T*>(parsed_options(filter).get());
}

}  // namespace outrigger::test
