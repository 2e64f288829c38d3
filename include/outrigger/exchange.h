#pragma once

#include <coroutine>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>

#include "outrigger/arena.h"
#include "outrigger/background.h"
#include "outrigger/body.h"
#include "outrigger/clock.h"
#include "outrigger/detached.h"
#include "outrigger/failure.h"
#include "outrigger/identity.h"
#include "outrigger/journal.h"
#include "outrigger/message.h"

namespace outrigger {

// Bodies are made in the arena; this runs the destructor and leaves the memory to the arena.
struct InArena {
  void operator()(Body* body) const {
    if (body->is_watched()) body->tell_watchers();
    body->~Body();
  }
};
using BodyPointer = std::unique_ptr<Body, InArena>;

// What `next(exchange)` gives: the head and the pulled body of an answer, or the reason why there is none.
// A few words, move-only; dropping it ends the upstream stream behind it.
class Response {
 public:
  Response(ResponseHead* head, BodyPointer body) : head_(head), body_(std::move(body)) {}
  // An answer that we make because of `failure`; `detail` (arena or static) says more.
  Response(ResponseHead* head, BodyPointer body, Failure failure, std::string_view detail)
      : head_(head), body_(std::move(body)), failure_(failure), detail_(detail), local_(true) {}

  std::uint16_t status() const { return head_->status; }
  ResponseHead& head() { return *head_; }
  const ResponseHead& head() const { return *head_; }
  Headers& headers() { return head_->headers; }
  // Null: no content.
  Body* body() { return body_.get(); }
  bool has_body() const { return body_ != nullptr; }
  BodyPointer take_body() { return std::move(body_); }
  void set_body(BodyPointer body) { body_ = std::move(body); }
  // `none` when the service answered.
  Failure failure() const { return failure_; }
  std::string_view detail() const { return detail_; }
  // Made by us, not by the service.
  bool is_local() const { return local_; }
  void set_local() { local_ = true; }
  // A filter wrote our member of Proxy-Status (RFC 9209) into the head.
  bool has_proxy_status() const { return has_proxy_status_; }
  void set_proxy_status(std::string_view member) {
    head_->headers.add("Proxy-Status", member);
    has_proxy_status_ = true;
  }
  // The same when it is in the head already.
  void set_proxy_status_there() { has_proxy_status_ = true; }
  // Ends the stream behind it; head stays. What already arrived of a short body is read, so that dropping it does not
  // cost the connection.
  void discard() {
    std::string_view ignored;
    for (int i = 0; body_ && i < 4; ++i) {
      if (body_->pull(ignored) != Body::State::data) break;
    }
    body_.reset();
  }

 private:
  ResponseHead* head_;
  BodyPointer body_;
  Failure failure_ = Failure::none;
  std::string_view detail_;
  bool local_ = false;
  bool has_proxy_status_ = false;
};

// One thing that was decided about a request, for `why`.
struct Decision {
  std::string_view by;    // filter or part, static
  std::string_view what;  // a sentence without full stop, static or arena
  Duration at{};          // since the exchange began
  Decision* next = nullptr;
  std::uint32_t step = 0;  // how many steps the journal had, if there is one
};

// What the exchange came to, for finishers (access log, metrics).
struct Outcome {
  std::uint16_t status = 0;  // 0: the client got no answer
  Failure failure = Failure::none;
  std::string_view detail;
  bool local = false;
  bool cut = false;                  // the answer ended before it was complete
  std::uint64_t request_bytes = 0;   // body bytes from the client
  std::uint64_t response_bytes = 0;  // body bytes to the client
  Duration duration{};
};

class Exchange;
class RequestTrace;

// What a cache in the chain keeps for a request, for who answers in place of a service that failed.
class StoredAnswers {
 public:
  // Is there an answer to the request, however stale, that is at most `max_age` old and may be given though the service
  // could not be asked?
  virtual bool has_stale(const Exchange& exchange, Duration max_age) const = 0;
  // That answer; nothing if it is gone by now.
  virtual std::optional<Response> stale(Exchange& exchange, Duration max_age) const = 0;

 protected:
  ~StoredAnswers() = default;
};

// Runs once when the exchange ends, however it ends: after the last byte, on a cut or a cancel. Registered by a filter,
// made in the arena.
class Finisher {
 public:
  virtual void finish(Exchange& exchange, const Outcome& outcome) noexcept = 0;
  Finisher* next_finisher = nullptr;
  const void* owner = nullptr;  // the filter that registered it, if it asks `has_finisher`

 protected:
  ~Finisher() = default;
};

// A parameter of the query whose value is a credential.
struct HiddenParameter {
  std::string_view name;
  const HiddenParameter* next;
};

// One request on its way through a chain of filters; what a filter sees of it. Lives on one worker thread.
class Exchange {
 public:
  Exchange(const Exchange&) = delete;
  Exchange& operator=(const Exchange&) = delete;

  Arena& arena() { return arena_; }
  RequestHead& request() { return request_; }
  const RequestHead& request() const { return request_; }
  // Target and authority as the client sent them, before any rewrite, without the values of hidden_parameters(): for
  // the log.
  std::string_view original_target() const { return original_target_; }
  // Whose values nobody shows: Filter::hidden_parameter() of all filters that may look at this request.
  const HiddenParameter* hidden_parameters() const { return hidden_; }
  std::string_view original_authority() const { return original_authority_; }
  // Null: the request has no content.
  virtual Body* request_body() = 0;

  // Address of the client after trusted_proxies, without port.
  std::string_view client_ip() const { return client_ip_; }
  // Is the peer one of trusted_proxies? Else its X-Forwarded-* and the like were dropped.
  bool is_from_trusted_proxy() const { return trusted_; }
  // "https" or "http": how the client reached us.
  std::string_view scheme() const { return scheme_; }
  std::string_view listener() const { return listener_; }
  std::string_view route() const { return route_; }
  std::string_view upstream() const { return upstream_; }
  std::string_view endpoint() const { return endpoint_; }
  // Set by `request_id`, else empty.
  std::string_view request_id() const { return request_id_; }
  void set_request_id(std::string_view id) { request_id_ = id; }
  std::uint32_t tries() const { return tries_; }
  // Set by `tracing`; null: not traced. In the arena.
  RequestTrace* trace() const { return trace_; }
  void set_trace(RequestTrace& trace) { trace_ = &trace; }

  // What the client proved in the handshake; null: nothing.
  const ClientCertificate* client_certificate() const { return certificate_; }
  // Name of the user that a filter verified (basic_auth, api_key, jwt); empty: none, or one without a name. Lives as
  // long as the exchange.
  std::string_view user() const { return user_; }
  void set_user(std::string_view user) {
    user_ = user;
    is_identified_ = true;
  }
  // What a verified token says, latest first; null: nothing. `name` and `value` live as long as the exchange.
  const Claim* claims() const { return claims_; }
  void add_claim(std::string_view name, std::string_view value) {
    claims_ = arena_.make<Claim>(name, value, claims_);
    is_identified_ = true;
  }
  // Adds a field in which a filter tells the service about the client; what the client itself put there is gone
  // already. `name` and `value` live as long as the exchange.
  void vouch(std::string_view name, std::string_view value) {
    request_.headers.add(name, value);
    set_personal(name);
  }
  // The fields of this name say who asks, as Authorization and Cookie do. `name` lives as long as the exchange.
  void set_personal(std::string_view name) {
    personal_ = arena_.make<PersonalField>(name, personal_);
    is_identified_ = true;
  }
  // Those fields, latest first, a name perhaps more than once; null: none.
  const PersonalField* personal_fields() const { return personal_; }
  // May the answer be for this client alone? It may where the request shows credentials (Authorization, or what a
  // trusted proxy says of a certificate), where the client showed a certificate, and for good once a filter knows who
  // asks, whatever becomes of the fields that said so. For shared caches: RFC 9111 section 3.5. Cost: three tests.
  bool is_personal() const {
    return is_identified_ || certificate_ != nullptr ||
           request_.headers.has_any(field_mask(FieldId::authorization, FieldId::x_forwarded_client_cert));
  }

  virtual Instant now() const = 0;
  virtual WallTime wall_now() const = 0;
  Instant started() const { return started_; }

  // Set by a cache when the request comes to it, for the filters before it; null: there is none. In the arena.
  StoredAnswers* stored() const { return stored_; }
  void set_stored(StoredAnswers* stored) { stored_ = stored; }

  // Asks that the request body be kept (64 KiB) so that it can be sent again. Before the first `next`.
  void keep_request_body() { keep_body_ = true; }
  // Can the request be sent again from its start?
  virtual bool can_replay() const = 0;

  // May the request be sent twice though the service may have processed it? What nobody said follows RFC 9110 section
  // 9.2.2: idempotent methods, and what has an Idempotency-Key.
  bool may_repeat() const {
    return repeatable_.value_or(is_idempotent(request_.method) || request_.headers.has(FieldId::idempotency_key));
  }
  void set_repeatable(bool repeatable) { repeatable_ = repeatable; }

  // True once the deadline of the whole request passed: waits fail at once, make an end.
  bool is_expired() const { return expired_; }
  // Until then; never negative. Who needs longer than that need not begin.
  virtual Duration time_left() const = 0;

  class Sleep;
  // co_await exchange.sleep(d): true after d, false when the request's deadline came first.
  Sleep sleep(Duration duration);

  class JobWait;
  // co_await exchange.wait_for(job): true once the job is done, false when the request's deadline came first.
  JobWait wait_for(std::shared_ptr<Job> job);

  // Starts `work` on an exchange of its own, soon: the request as it stands now, without its content. False where no
  // worker is there to own it.
  virtual bool detach(std::unique_ptr<Detached> work) {
    (void)work;
    return false;
  }
  // For detached work: the head of the answer is here, the deadline of the whole request stands still from now on.
  virtual void stop_clock() {}
  // co_await inform(&head): sends the client an interim answer (1xx), now; one of HTTP/1.0 gets none (RFC 9110 section
  // 15.2). False: the client is gone. `head` outlives the wait.
  virtual Task<bool> inform(const ResponseHead* head);
  // For detached work: the deadline of the whole request comes after `limit` from now, unless it comes sooner anyway.
  // Of few different lengths.
  virtual void limit_time(Duration limit) { (void)limit; }
  // How other threads reach this exchange's worker; null: they can't.
  virtual Poster* poster() { return nullptr; }
  // Detached work asked the service in this exchange's place: who answered, and after how many tries.
  void set_fetched(std::string_view endpoint, std::uint32_t tries, Duration service_time) {
    endpoint_ = endpoint;
    tries_ += tries;
    service_time_ += service_time;
  }
  // How long services had the whole request and owed the head of their answer, over all tries: without connecting, the
  // client's upload, queues and the pauses between tries.
  Duration service_time() const { return service_time_; }
  void add_service_time(Duration time) { service_time_ += time; }

  // An answer of our own; `body` must be static or from the arena.
  Response respond(std::uint16_t status, std::string_view body, std::string_view content_type);
  // The answer for a failure: status and text from its table row.
  Response fail(Failure failure, std::string_view detail = {});

  void decide(std::string_view by, std::string_view what);
  // Null: nobody will ask.
  Journal* journal() const { return journal_; }
  void note_step(const Link& link) { journal_->add(Journal::Step{&link, now()}); }
  const Decision* decisions() const { return first_decision_; }
  void add_finisher(Finisher& finisher) {
    finisher.next_finisher = finishers_;
    finishers_ = &finisher;
  }
  // For a filter that is called once for each try and must end once.
  bool has_finisher(const void* owner) const {
    const Finisher* finisher = finishers_;
    while (finisher != nullptr && finisher->owner != owner) finisher = finisher->next_finisher;
    return finisher != nullptr;
  }

  // The state of the request that a second `next` starts from.
  struct Checkpoint {
    RequestHead head;
    Headers::Snapshot headers;
    std::string_view user;
    const Claim* claims;
    const PersonalField* personal;
    bool is_identified;
  };
  Checkpoint* checkpoint();
  void rollback(const Checkpoint& checkpoint);

 protected:
  Exchange() : request_(arena_) {}
  ~Exchange() = default;
  virtual void start_sleep(Sleep& sleep, Duration duration) = 0;
  virtual void stop_sleep(Sleep& sleep) = 0;
  virtual void start_wait(JobWait& wait, const std::shared_ptr<Job>& job) = 0;
  virtual void stop_wait(JobWait& wait) = 0;

  Arena arena_;
  RequestHead request_;
  std::string_view original_target_, original_authority_, client_ip_, scheme_, listener_, route_, upstream_, endpoint_,
      request_id_, user_;
  const ClientCertificate* certificate_ = nullptr;
  const Claim* claims_ = nullptr;
  const PersonalField* personal_ = nullptr;
  StoredAnswers* stored_ = nullptr;
  Journal* journal_ = nullptr;
  const HiddenParameter* hidden_ = nullptr;
  RequestTrace* trace_ = nullptr;
  Instant started_{};
  Duration service_time_{};
  Decision* first_decision_ = nullptr;
  Decision* last_decision_ = nullptr;
  Finisher* finishers_ = nullptr;
  std::optional<bool> repeatable_;
  bool is_identified_ = false;  // a filter knows something of who asks
  bool trusted_ = false;
  bool keep_body_ = false;
  bool expired_ = false;
  std::uint32_t tries_ = 0;
};

class [[nodiscard]] Exchange::Sleep final {
 public:
  Sleep(Exchange& exchange, Duration duration) : exchange_(exchange), duration_(duration) {}
  Sleep(const Sleep&) = delete;
  Sleep& operator=(const Sleep&) = delete;
  ~Sleep() {
    if (handle_) exchange_.stop_sleep(*this);
  }
  bool await_ready() const { return exchange_.is_expired(); }
  void await_suspend(std::coroutine_handle<> handle) {
    handle_ = handle;
    exchange_.start_sleep(*this, duration_);
  }
  bool await_resume() const { return !exchange_.is_expired(); }
  // For the exchange: the time came.
  void done() { std::exchange(handle_, nullptr).resume(); }

 private:
  Exchange& exchange_;
  Duration duration_;
  std::coroutine_handle<> handle_;
};

class [[nodiscard]] Exchange::JobWait final {
 public:
  JobWait(Exchange& exchange, std::shared_ptr<Job> job) : exchange_(exchange), job_(std::move(job)) {}
  JobWait(const JobWait&) = delete;
  JobWait& operator=(const JobWait&) = delete;
  ~JobWait() {
    if (handle_) exchange_.stop_wait(*this);
  }
  bool await_ready() const { return job_->is_done() || exchange_.is_expired(); }
  void await_suspend(std::coroutine_handle<> handle) {
    handle_ = handle;
    exchange_.start_wait(*this, job_);
  }
  bool await_resume() const { return job_->is_done(); }
  // For the exchange, on its worker: the job is done, or the time is over.
  void done() { std::exchange(handle_, nullptr).resume(); }

 private:
  Exchange& exchange_;
  std::shared_ptr<Job> job_;
  std::coroutine_handle<> handle_;
};

inline Exchange::JobWait Exchange::wait_for(std::shared_ptr<Job> job) { return JobWait(*this, std::move(job)); }

inline Exchange::Sleep Exchange::sleep(Duration duration) { return Sleep(*this, duration); }

}  // namespace outrigger
