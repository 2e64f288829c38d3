#include "filters/cache/fetch.h"

#include <algorithm>

namespace outrigger::filters {

namespace {

constexpr auto kPassFor = std::chrono::seconds(60);
void note_decisions(cache::Answered& answered, const Exchange& exchange) {
  for (const Decision* decision = exchange.decisions(); decision != nullptr; decision = decision->next) {
    answered.why.emplace_back(decision->by, std::string(decision->what));
  }
  if (const Journal* journal = exchange.journal()) {
    for (std::uint32_t i = 0; i < journal->kept_tries(); ++i) {
      const Journal::Try& made = journal->tries[i];
      answered.tries_made.push_back({std::string(made.endpoint), made.failure, made.status, made.begun, made.ended});
    }
  }
  answered.endpoint = exchange.endpoint();
  answered.tries = exchange.tries();
  answered.service_time = exchange.service_time();
}

// All fields but those that are for us; the writer leaves out what is for one connection.
cache::StoredHead head_for_one(const ResponseHead& head) {
  cache::StoredHead made(head, [](const Field& field) { return !cache::is_surrogate_key(field); });
  made.finish();
  return made;
}

}  // namespace

Fetch::Fetch(Setup setup, std::shared_ptr<cache::Fill> fill, std::shared_ptr<const cache::Entry> stale, AskedFor asked,
             Next next)
    : setup_(std::move(setup)), fill_(std::move(fill)), stale_(std::move(stale)), asked_(asked), next_(next) {
  asked_.control = {};
  asked_.control.stale_if_error = asked.control.stale_if_error;
}

Fetch::~Fetch() {
  if (is_over_) return;
  setup_.state->flights.remove(fill_);
  if (fill_->is_done()) {
    fill_->flow()->fail(Failure::response_truncated);
    return;
  }
  auto answered = std::make_unique<cache::Answered>(cache::StoredHead(504, reason_phrase(504)));
  answered->head.finish();
  answered->failure = Failure::request_timeout;
  fill_->flow()->fail(Failure::request_timeout);
  fill_->answer(std::move(answered));
}

void Fetch::interim(const ResponseHead& head) {
  fill_->inform(std::make_shared<cache::StoredHead>(head_for_one(head)));
}

cache::MakingOf Fetch::making(Exchange& exchange, WallTime begun) const {
  const cache::Times times{begun, exchange.wall_now()};
  return {fill_->key(), *selecting_, asked_.asked, setup_.rules, times, exchange.now()};
}

// Preconditions and ranges of the client are ours to answer; our own ask for news only. A client that asked with HEAD
// may have started this, but only the answer to a GET can be stored.
void Fetch::prepare(RequestHead& request, bool conditional) const {
  request.method = Method::get;
  request.method_token = "GET";
  for (const FieldId id : {FieldId::if_none_match, FieldId::if_modified_since, FieldId::range, FieldId::if_range}) {
    request.headers.remove(id);
  }
  setup_.keys.narrow(request);
  if (!conditional) return;
  const cache::Validators validators = stale_->validators();
  if (!validators.etag.empty()) request.headers.add("If-None-Match", validators.etag);
  if (!validators.last_modified.empty()) request.headers.add("If-Modified-Since", validators.last_modified);
}

// Another fetch may have ended between the look into the store and the decision to fetch.
bool Fetch::is_already_there(Exchange& exchange) const {
  if (stale_ || asked_.wants_validation) return false;
  const auto found = setup_.state->store->find(fill_->key(), exchange.request().headers, exchange.arena());
  if (!found.entry || use_of(*found.entry, asked_, exchange.now()) != Use::fresh || !is_for(*found.entry, asked_)) {
    return false;
  }
  auto answered = std::make_unique<cache::Answered>(cache::StoredHead(found.entry->head.status(), ""));
  answered->head.finish();
  answered->entry = found.entry;
  fill_->answer(std::move(answered));
  return true;
}

// As it is before later filters change it: that is what the next request is compared with.
void Fetch::remember_request(Exchange& exchange) {
  selecting_ = exchange.arena().make<Headers>(exchange.arena());
  for (const Field& field : exchange.request().headers) selecting_->push(field);
}

Task<void> Fetch::run(Exchange& exchange) {
  if (is_already_there(exchange)) {
    setup_.state->flights.remove(fill_);
    is_over_ = true;
    co_return;
  }
  remember_request(exchange);
  WallTime begun = exchange.wall_now();
  bool is_conditional = stale_ != nullptr;
  prepare(exchange.request(), is_conditional);
  Response response = co_await next_(exchange);
  if (is_conditional && response.status() == 304 && !cache::is_about(response.headers(), *stale_)) {
    // It speaks of an answer that we do not hold. RFC 9111 section 4.3.4.
    response.discard();
    next_.rewind(exchange);
    prepare(exchange.request(), false);
    begun = exchange.wall_now();
    is_conditional = false;
    response = co_await next_(exchange);
  }
  exchange.stop_clock();
  if (is_conditional && validated(exchange, response, begun)) {
    response.discard();
    co_return;
  }
  publish(exchange, response, begun);
  const std::shared_ptr<cache::Flow>& flow = fill_->flow();
  const bool has_length = response.head().framing == Framing::length;
  std::uint64_t left = has_length ? response.head().content_length : 0;
  std::uint64_t total = 0;
  while (response.has_body()) {
    if (!flow->keeps_all()) {
      if (!flow->has_readers()) co_return;  // the destructor tells
      while (auto room = flow->room()) co_await exchange.wait_for(std::move(room));
    }
    const Body::Chunk chunk = co_await response.body()->read();
    if (chunk.state == Body::State::end) break;
    if (chunk.state != Body::State::data) {
      flow->fail(response.body()->failure());
      co_return;
    }
    total += chunk.bytes.size();
    if (total > setup_.rules.max_object || (has_length && total > response.head().content_length)) stop_keeping();
    flow->write(chunk.bytes, left);
    left -= std::min<std::uint64_t>(left, chunk.bytes.size());
  }
  if (has_length && left > 0) {
    flow->fail(Failure::response_truncated);
    co_return;
  }
  // Bytes behind the content: the service and we do not agree where it ends.
  if (response.has_body() && response.body()->failure() != Failure::none) fill_->doom();
  flow->end(response.has_body() ? response.body()->trailers() : nullptr);
  complete(exchange.arena());
}

bool Fetch::validated(Exchange& exchange, const Response& response, WallTime begun) {
  if (response.status() != 304) return false;
  const cache::Freshened fresh = cache::freshen(*stale_, response.head(), making(exchange, begun));
  auto answered = std::make_unique<cache::Answered>(cache::StoredHead(304, reason_phrase(304)));
  answered->head.finish();
  answered->entry = fresh.entry;
  answered->refusal = fresh.refusal;
  answered->service_status = 304;
  note_decisions(*answered, exchange);
  if (fill_->is_doomed() || !fresh.refusal.empty()) {
    setup_.state->store->remove(stale_);
  } else {
    setup_.state->store->put(fresh.entry, *selecting_, exchange.arena());
  }
  setup_.state->failing.clear(fill_->hash());
  is_over_ = true;
  fill_->answer(std::move(answered));
  setup_.state->flights.remove(fill_);
  return true;
}

// Why the answer is not stored, for what we know besides the answer itself.
std::string_view Fetch::refusal(const Response& response, std::string_view verdict, Method method, Instant now) const {
  if (response.failure() != Failure::none) return "the service did not answer";
  if (!verdict.empty()) return verdict;
  if (response.is_local()) return "it is not the service's";
  if (method == Method::head) return "it answers a HEAD";
  if (is_server_error(response.status()) && stale_ && may_stand_in(*stale_, asked_, now)) {
    return "an older answer stands in for it";
  }
  return fill_->is_doomed() ? "it was asked for before something changed" : std::string_view{};
}

void Fetch::publish(Exchange& exchange, const Response& response, WallTime begun) {
  const cache::MakingOf of = making(exchange, begun);
  const cache::Verdict verdict = cache::judge(response.head(), asked_.asked, setup_.rules, of.times);
  auto answered = std::make_unique<cache::Answered>(head_for_one(response.head()));
  answered->version = response.head().version;
  answered->framing = response.head().framing;
  answered->length = response.head().content_length;
  answered->refusal = refusal(response, verdict.refusal, exchange.request().method, exchange.now());
  answered->failure = response.failure();
  if (response.failure() == Failure::none && !response.is_local()) answered->service_status = response.status();
  answered->detail = response.detail();
  answered->is_local = response.is_local();
  answered->has_proxy_status = response.has_proxy_status();
  note_decisions(*answered, exchange);
  if (answered->refusal.empty()) answered->entry = cache::make_entry(response.head(), verdict.life, of);
  remember(*answered, exchange.now());
  if (!answered->entry) stop_keeping();
  fill_->answer(std::move(answered));
}

// What the next requests for this key should know.
void Fetch::remember(const cache::Answered& answered, Instant now) const {
  CacheState& state = *setup_.state;
  const bool has_failed = answered.failure != Failure::none || is_server_error(answered.service_status);
  has_failed ? state.failing.set(fill_->hash(), now + kFailingFor) : state.failing.clear(fill_->hash());
  const std::uint64_t mark = pass_mark(fill_->hash(), asked_);
  if (answered.entry || has_failed) return state.passes.clear(mark);
  state.passes.set(mark, now + kPassFor);
  if (stale_) state.store->remove(stale_);
}

void Fetch::stop_keeping() {
  if (!fill_->flow()->keeps_all()) return;
  setup_.state->flights.remove(fill_);
  fill_->flow()->stop_keeping();
}

void Fetch::complete(Arena& arena) {
  is_over_ = true;
  const cache::Answered& answered = fill_->answered();
  if (answered.entry && fill_->flow()->keeps_all() && !fill_->is_doomed()) {
    // The answer's own entry has no content yet; readers go on with the flow.
    const auto entry = cache::with_content(*answered.entry, fill_->flow()->take_content());
    setup_.state->store->put(entry, *selecting_, arena);
  }
  setup_.state->flights.remove(fill_);
}

}  // namespace outrigger::filters
