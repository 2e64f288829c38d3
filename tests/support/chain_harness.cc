#include "support/chain_harness.h"

#include <algorithm>
#include <future>
#include <stdexcept>

#include "filters/registry.h"
#include "http/h1/request_parser.h"
#include "outrigger/body.h"
#include "outrigger/trace.h"

namespace outrigger::test {
namespace {

// 2026-01-02T03:04:05.678Z at the harness's first instant.
constexpr WallTime kFirstWallTime{std::chrono::milliseconds(1767323045678)};
constexpr Instant kFirstInstant{std::chrono::seconds(100000)};

std::string file_with(const std::string& filters) {
  const std::string list = filters.starts_with('[') ? filters : "[{" + filters + "}]";
  return "listeners: [{name: web, address: 8080, upstream: app}]\n"
         "upstreams: {spare: 127.0.0.1:9001, other: 127.0.0.1:9002, app: {endpoints: ['127.0.0.1:9000'], filters: " +
         list + "}}\n";
}

config::LoadResult load(const std::string& filters) {
  return config::load_text(file_with(filters), "test.yaml", filters::catalog());
}

std::string messages(const config::LoadResult& loaded) {
  std::string text;
  for (const config::Diagnostic& diagnostic : loaded.diagnostics) {
    if (diagnostic.severity == config::Severity::error) text += diagnostic.message + "\n";
  }
  return text;
}

const std::vector<config::FilterSpec>& filters_of(const config::Settings& settings) {
  return *std::ranges::find(settings.upstreams, "app", &config::Upstream::name)->filters;
}

Fields copy(const Headers& headers) {
  Fields fields;
  for (const Field& field : headers) fields.emplace_back(field.name, field.value);
  return fields;
}

std::string read(Body* body) {
  std::string all;
  std::string_view bytes;
  while (body != nullptr && body->pull(bytes) == Body::State::data) all += bytes;
  return all;
}

// The content of a request, from its start as often as it is asked for.
class TextBody final : public Body {
 public:
  explicit TextBody(std::string_view text) : text_(text) {}
  State pull(std::string_view& bytes) override {
    if (rest_.empty()) return State::end;
    bytes = std::exchange(rest_, {});
    return State::data;
  }
  void park(Wakeable*) override {}
  void rewind() { rest_ = text_; }

 private:
  std::string_view text_;
  std::string_view rest_ = text_;
};

// How long the service has had the request, however the wait for it ends.
class ServiceTime {
 public:
  explicit ServiceTime(Exchange& exchange) : exchange_(exchange), begun_(exchange.now()) {}
  ServiceTime(const ServiceTime&) = delete;
  ServiceTime& operator=(const ServiceTime&) = delete;
  ~ServiceTime() { exchange_.add_service_time(exchange_.now() - begun_); }

 private:
  Exchange& exchange_;
  const Instant begun_;
};

// The content of an answer that breaks off, or stalls where it does not say why.
class CutBody final : public Body {
 public:
  explicit CutBody(Failure why) : why_(why) {}
  State pull(std::string_view& bytes) override {
    if (std::exchange(has_begun_, true)) return why_ == Failure::none ? State::pending : State::failed;
    bytes = "some";
    return State::data;
  }
  void park(Wakeable*) override {}
  Failure failure() const override { return why_; }
  bool is_starved() const override { return true; }

 private:
  const Failure why_;
  bool has_begun_ = false;
};

}  // namespace

std::string value_of(const Fields& fields, std::string_view name) {
  const auto all = values_of(fields, name);
  return all.empty() ? "" : all.front();
}

std::vector<std::string> values_of(const Fields& fields, std::string_view name) {
  std::vector<std::string> values;
  for (const auto& [key, value] : fields) {
    if (equals_ignoring_case(key, name)) values.push_back(value);
  }
  return values;
}

class ChainHarness::Store final : public KeyedStore {
 public:
  std::shared_ptr<void> find_or_make(const std::string& key, std::function<std::shared_ptr<void>()> make) override {
    auto& item = items_[key];
    if (!item) item = make();
    return item;
  }

 private:
  std::map<std::string, std::shared_ptr<void>> items_;
};

class ChainHarness::FakeExchange final : public Exchange, private RootTask::Owner {
 public:
  FakeExchange(ChainHarness& harness, const Request& request)
      : harness_(harness), deadline_(harness.now_ + kDeadline), body_(request.body), has_body_(!request.body.empty()) {
    const auto hosts = values_of(request.fields, "Host");
    const bool is_old = !hosts.empty() && hosts.front().empty();
    text_ = request.start + (is_old ? " HTTP/1.0\r\n" : " HTTP/1.1\r\n");
    if (hosts.empty()) text_ += "Host: test\r\n";
    for (const auto& [name, value] : request.fields) {
      if (!(is_old && name == "Host")) text_.append(name).append(": ").append(value).append("\r\n");
    }
    if (has_body_) text_ += "Content-Length: " + std::to_string(request.body.size()) + "\r\n";
    text_ += "\r\n";
    std::size_t scanned = 0;
    const auto parsed = http::h1::parse_request_head(text_, scanned, {}, http::h1::PathPolicy::keep, request_);
    if (parsed.status != http::h1::HeadResult::Status::complete) throw std::runtime_error("bad request: " + text_);
    original_target_ = request_.target;
    original_authority_ = request_.authority;
    client_ip_ = harness.client_.ip;
    scheme_ = harness.client_.scheme;
    if (!harness.client_.user.empty()) set_user(harness.client_.user);
    certificate_ = harness.client_.certificate.get();
    for (const auto& [name, value] : harness.client_.claims) add_claim(name, value);
    listener_ = "web";
    route_ = harness.route_;
    upstream_ = "app";
    trusted_ = harness.is_trusted_;
    started_ = harness.now_;
  }

  Body* request_body() override { return has_body_ ? &body_ : nullptr; }
  Instant now() const override { return harness_.now_; }
  WallTime wall_now() const override {
    return kFirstWallTime + std::chrono::duration_cast<WallTime::duration>(harness_.now_ - kFirstInstant);
  }
  bool can_replay() const override { return harness_.can_replay_; }
  Duration time_left() const override { return std::max(deadline_ - harness_.now_, Duration(0)); }

  void start(const Link* first) {
    task_ = run(*this, first);
    task_.start(*this);
  }
  void cancel() { task_.reset(); }
  bool is_done() const { return is_done_; }
  Response* response() { return response_ ? &*response_ : nullptr; }
  std::exception_ptr error() const { return error_; }

  // Moves the clock to the end of the current sleep, or to the deadline.
  void wake() {
    if (job_wait_ != nullptr) return finish_job();
    if (sleep_ == nullptr) throw std::runtime_error("the exchange waits for nothing");
    expired_ = wake_at_ > deadline_;
    harness_.now_ = std::max(harness_.now_, std::min(wake_at_, deadline_));
    std::exchange(sleep_, nullptr)->done();
  }

  Received begin_try(std::string_view upstream) {
    ++tries_;
    upstream_ = upstream;
    endpoint_ = "127.0.0.1:9000";
    body_.rewind();
    if (trace_ != nullptr && trace_->is_recording()) trace_->try_begins(*this, {endpoint_, "127.0.0.1"});
    return {std::string(request_.method_token), std::string(request_.target), std::string(request_.authority),
            read(request_body()), copy(request_.headers)};
  }
  void finish(const Outcome& outcome) {
    for (Finisher* finisher = std::exchange(finishers_, nullptr); finisher != nullptr;) {
      Finisher* const next = finisher->next_finisher;
      finisher->finish(*this, outcome);
      finisher = next;
    }
  }
  bool is_upstream_sleep = false;

 private:
  // Helpers run in real time; the harness waits for them.
  void finish_job() {
    const auto done = std::make_shared<std::promise<void>>();
    if (job_->when_done([done] { done->set_value(); })) done->get_future().wait();
    std::exchange(job_wait_, nullptr)->done();
  }
  static RootTask run(FakeExchange& exchange, const Link* first) {
    exchange.response_.emplace(co_await Next(first, first->filter->repeats())(exchange));
  }
  void on_root_done(std::exception_ptr error) noexcept override {
    is_done_ = true;
    error_ = std::move(error);
  }
  void start_sleep(Sleep& sleep, Duration duration) override {
    sleep_ = &sleep;
    wake_at_ = harness_.now_ + duration;
    if (!is_upstream_sleep) harness_.sleeps_.push_back(duration);
  }
  void stop_sleep(Sleep&) override { sleep_ = nullptr; }
  void start_wait(JobWait& wait, const std::shared_ptr<Job>& job) override {
    job_wait_ = &wait;
    job_ = job;
  }
  void stop_wait(JobWait&) override { job_wait_ = nullptr; }

  ChainHarness& harness_;
  Instant deadline_;
  std::string text_;
  TextBody body_;
  bool has_body_;
  bool is_done_ = false;
  Sleep* sleep_ = nullptr;
  JobWait* job_wait_ = nullptr;
  std::shared_ptr<Job> job_;
  Instant wake_at_{};
  std::exception_ptr error_;
  std::optional<Response> response_;
  RootTask task_;
};

// The end of the chain.
class ChainHarness::Upstream final : public Filter {
 public:
  explicit Upstream(std::string_view name) : name_(name) {}
  Task<Response> handle(Exchange& base, Next) override {
    auto& exchange = static_cast<FakeExchange&>(base);
    received.push_back(exchange.begin_try(name_));
    Response response = co_await answer(exchange);
    RequestTrace* const trace = exchange.trace();
    const bool has_answer = response.failure() == Failure::none;
    if (trace != nullptr && trace->is_recording()) {
      trace->try_ends(exchange, has_answer ? &response : nullptr, response.failure());
    }
    co_return response;
  }

  std::deque<Answer> answers;
  std::vector<Received> received;

 private:
  Task<Response> answer(FakeExchange& exchange) {
    const Answer answer = next_answer();
    if (answer.takes != Duration(0)) {
      const ServiceTime time(exchange);
      exchange.is_upstream_sleep = true;
      const bool in_time = co_await exchange.sleep(answer.takes);
      exchange.is_upstream_sleep = false;
      if (!in_time) co_return exchange.fail(Failure::request_timeout);
    }
    if (answer.failure != Failure::none) co_return exchange.fail(answer.failure);
    auto* head = exchange.arena().make<ResponseHead>(exchange.arena());
    head->status = answer.status;
    for (const auto& [name, value] : answer.fields) {
      head->headers.add(exchange.arena().copy(name), exchange.arena().copy(value));
    }
    if (!answer.cut) co_return Response(head, nullptr);
    co_return Response(head, BodyPointer(exchange.arena().make<CutBody>(*answer.cut)));
  }
  Answer next_answer() {
    if (answers.empty()) return 200;
    const Answer answer = answers.front();
    if (answers.size() > 1) answers.pop_front();
    return answer;
  }
  const std::string name_;
};

// An upstream of the file, and the way to it.
struct ChainHarness::Service {
  explicit Service(const std::string& name) : upstream(name) {}
  Upstream upstream;
  Link link{&upstream, nullptr};
};

ChainHarness::ChainHarness(const std::string& filters) : store_(std::make_unique<Store>()) {
  make_services();
  config::LoadResult loaded = load(filters);
  if (!loaded.settings) throw std::runtime_error(messages(loaded));
  settings_ = std::move(loaded.settings);
  std::vector<Filter*> chain;
  for (const config::FilterSpec& spec : filters_of(*settings_)) {
    FilterContext context{spec.path, spec.fingerprint, "", "", "app", *store_, *this, nullptr, spec.files};
    owned_.push_back(static_cast<const FilterType*>(spec.type)->make(spec.config.get(), context));
    chain.push_back(owned_.back().get());
  }
  link(chain);
}

ChainHarness::ChainHarness(std::vector<Filter*> filters) {
  make_services();
  link(filters);
}

void ChainHarness::make_services() {
  for (const char* name : {"app", "spare", "other"}) services_[name] = std::make_unique<Service>(name);
}

ChainHarness::~ChainHarness() = default;

std::string ChainHarness::errors(const std::string& filters) { return messages(load(filters)); }

ChainHarness::Service& ChainHarness::service(const std::string& upstream) const { return *services_.at(upstream); }

const Link* ChainHarness::entry(std::string_view upstream) { return &service(std::string(upstream)).link; }

void ChainHarness::link(const std::vector<Filter*>& filters) {
  links_.resize(filters.size() + 1);
  links_.back() = service("app").link;
  for (std::size_t i = filters.size(); i-- > 0;) links_[i] = {filters[i], &links_[i + 1]};
}

void ChainHarness::upstream_answers(const std::string& upstream, std::vector<Answer> answers) {
  service(upstream).upstream.answers.assign(std::make_move_iterator(answers.begin()),
                                            std::make_move_iterator(answers.end()));
}

int ChainHarness::upstream_calls(const std::string& upstream) const {
  return static_cast<int>(service(upstream).upstream.received.size());
}

const std::vector<Received>& ChainHarness::upstream_requests(const std::string& upstream) const {
  return service(upstream).upstream.received;
}

void ChainHarness::advance_to_end(FakeExchange& exchange) {
  for (int i = 0; !exchange.is_done(); ++i) {
    if (i == 1000) throw std::runtime_error("the exchange sleeps without end");
    exchange.wake();
  }
  if (exchange.error()) std::rethrow_exception(exchange.error());
}

Result ChainHarness::end(FakeExchange& exchange, Response* response) {
  Result result;
  Outcome outcome;
  if (response != nullptr) {
    result.status = outcome.status = response->status();
    result.fields = copy(response->headers());
    result.body = read(response->body());
    result.failure = outcome.failure = response->failure();
    result.is_local = outcome.local = response->is_local();
    outcome.detail = response->detail();
    outcome.response_bytes = result.body.size();
  } else {
    result.failure = outcome.failure = Failure::client_gone;
  }
  result.duration = outcome.duration = now_ - exchange.started();
  for (const Decision* decision = exchange.decisions(); decision != nullptr; decision = decision->next) {
    result.why += (result.why.empty() ? "" : "; ") + std::string(decision->what);
  }
  exchange.finish(outcome);
  return result;
}

Result ChainHarness::send(const Request& request) {
  FakeExchange exchange(*this, request);
  exchange.start(links_.data());
  advance_to_end(exchange);
  return end(exchange, exchange.response());
}

Result ChainHarness::send_and_leave(const Request& request, Duration after) {
  FakeExchange exchange(*this, request);
  exchange.start(links_.data());
  advance(after);
  exchange.cancel();
  return end(exchange, nullptr);
}

Result ChainHarness::refuse(Failure failure) {
  FakeExchange exchange(*this, "GET /");
  for (const Link* link = links_.data(); link != nullptr; link = link->rest) link->filter->refused(exchange);
  Response response = exchange.fail(failure);
  return end(exchange, &response);
}

std::shared_ptr<const void> parsed_options(const std::string& filter) {
  config::LoadResult loaded = load(filter);
  if (!loaded.settings) throw std::runtime_error(messages(loaded));
  return filters_of(*loaded.settings).at(0).config;
}

}  // namespace outrigger::test
