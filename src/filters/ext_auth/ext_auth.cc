#include "filters/ext_auth/ext_auth.h"

#include "filters/ext_auth/auth_question.h"
#include "filters/field_rules.h"

namespace outrigger::filters {
namespace {

using Verdict = AuthAnswer::Verdict;

std::unique_ptr<Filter> make(const void* options, FilterContext& context) {
  return std::make_unique<ExtAuth>(*static_cast<const ExtAuthOptions*>(options), context);
}

stats::Counter results(const FilterContext& context, const char* result) {
  return stats::counter("outrigger_ext_auth_results_total", "Verdicts of authorisation servers, by what they were.",
                        {{"place", std::string(context.place)}, {"result", result}});
}

// They outlive the answer that they come from, which others may share.
void add_all(Exchange& exchange, Headers& headers, const AuthAnswer::Fields& fields) {
  Arena& arena = exchange.arena();
  for (const auto& [name, value] : fields) headers.add(arena.copy(name), arena.copy(value));
}

Failure failure_of(const Exchange& exchange, const AuthAnswer& answer) {
  if (answer.verdict == Verdict::unavailable) return Failure::auth_unavailable;
  if (answer.status != 401) return Failure::access_denied;
  const bool shows_something = exchange.request().headers.has_any(field_mask(FieldId::authorization, FieldId::cookie));
  return shows_something ? Failure::credentials_wrong : Failure::credentials_missing;
}

}  // namespace

ExtAuth::ExtAuth(const ExtAuthOptions& options, FilterContext& context)
    : options_(options),
      entry_(context.upstreams.entry(options.upstream)),
      verdicts_("ext_auth", context),
      allowed_(results(context, "allowed")),
      denied_(results(context, "denied")),
      unavailable_(results(context, "unavailable")),
      remembered_(results(context, "remembered")) {
  if (!options.cache) return;
  const ExtAuthCacheOptions& cache = *options.cache;
  memory_ = context.shared<AuthMemory>("ext_auth",
                                       [&] { return std::make_shared<AuthMemory>(cache.max_entries, cache.ttl); });
}

void ExtAuth::count(Verdict verdict) const {
  (verdict == Verdict::allowed ? allowed_ : verdict == Verdict::denied ? denied_ : unavailable_).add();
}

Task<std::shared_ptr<const AuthAnswer>> ExtAuth::ask(Exchange& exchange) {
  base::crypto::Digest digest{};
  if (memory_) {
    std::string text = question_text(exchange, options_);
    digest = memory_->digest(text);
    base::crypto::wipe(text);
    if (auto known = memory_->find(digest, exchange.now())) {
      remembered_.add();
      co_return known;
    }
  }
  const auto check = std::make_shared<AuthCheck>();
  if (!exchange.detach(std::make_unique<AuthQuestion>(options_, entry_, check))) {
    auto answer = std::make_shared<AuthAnswer>();
    answer->why = "nobody can be asked here";
    co_return answer;
  }
  if (!co_await exchange.wait_for(check)) co_return nullptr;
  count(check->answer()->verdict);
  if (memory_ && check->answer()->may_be_kept) memory_->keep(digest, check->answer(), exchange.now());
  co_return check->answer();
}

// Also where it is only reported, or where access stays open without a verdict.
bool ExtAuth::passes(Exchange& exchange, const AuthAnswer& answer) const {
  if (answer.verdict == Verdict::allowed) {
    verdicts_.allow();
    return true;
  }
  const std::string_view why = exchange.arena().copy(answer.why);
  if (answer.verdict == Verdict::unavailable && options_.fail_open) {
    exchange.decide("ext_auth", exchange.arena().concat("let through without a verdict: ", why));
    return true;
  }
  return !verdicts_.refuse(exchange, options_.mode, why);
}

// With the server's own status, so that it can send the client to a page to log in.
Response ExtAuth::refuse(Exchange& exchange, const AuthAnswer& answer) {
  Arena& arena = exchange.arena();
  const Failure failure = failure_of(exchange, answer);
  Response refused = exchange.fail(failure, arena.copy(answer.why));
  if (answer.verdict == Verdict::denied && answer.status != refused.status()) {
    const std::string status = std::to_string(answer.status);
    Response made = exchange.respond(answer.status, arena.concat(status, " ", reason_phrase(answer.status), "\n"),
                                     "text/plain; charset=utf-8");
    refused = Response(&made.head(), made.take_body(), failure, refused.detail());
  }
  add_all(exchange, refused.headers(), answer.to_client);
  return refused;
}

Task<Response> ExtAuth::handle(Exchange& exchange, Next next) {
  Arena& arena = exchange.arena();
  for (const std::string& name : options_.headers_to_service) remove_vouched(exchange.request().headers, name);
  const std::shared_ptr<const AuthAnswer> answer = co_await ask(exchange);
  if (!answer) co_return exchange.fail(Failure::request_timeout, "access was not decided in time");
  if (!passes(exchange, *answer)) co_return refuse(exchange, *answer);
  for (const auto& [name, value] : answer->to_service) exchange.vouch(arena.copy(name), arena.copy(value));
  Response response = co_await next(exchange);
  if (answer->verdict == Verdict::allowed) add_all(exchange, response.headers(), answer->to_client);
  co_return response;
}

const FilterType kExtAuthType = {
    {"ext_auth", "Asks a server of yours whether a request may pass.", &config::schema_of<ExtAuthOptions>}, make};

}  // namespace outrigger::filters
