#include "proxy/records/record.h"

#include <algorithm>

#include "outrigger/filter.h"
#include "outrigger/reasons.h"

namespace outrigger::proxy {

namespace {

constexpr std::size_t kLongest = 1024;  // bytes of a text
constexpr std::size_t kMostDecisions = 32;
constexpr std::string_view kCall = "upstream";  // the mark of the innermost link

std::string cut(std::string_view text) {
  return std::string(text.substr(0, kLongest)) + (text.size() > kLongest ? "..." : "");
}

// Puts the journal into words.
class Steps {
 public:
  Steps(const Exchange& exchange, const Journal& journal, Instant end)
      : exchange_(exchange), journal_(journal), count_(journal.kept_steps()), end_(end) {}

  std::vector<Record::Step> made() {
    std::vector<Record::Step> steps;
    for (std::uint32_t i = 0; i < count_; ++i) {
      const FilterMark& mark = *link(i)->mark;
      steps.push_back({mark.name, mark.where, verdict(i), at(i) - exchange_.started(), Duration(0)});
    }
    for (std::uint32_t i = 0; i < count_; ++i) share_out(i, steps);
    return steps;
  }

 private:
  const Link* link(std::uint32_t i) const { return journal_.steps[i].link; }
  Instant at(std::uint32_t i) const { return journal_.steps[i].at; }
  Instant until(std::uint32_t i) const { return i + 1 < count_ ? at(i + 1) : end_; }
  bool is_call(std::uint32_t i) const { return link(i)->mark->name == kCall; }

  // Who called the next step: another one than this where a filter calls again.
  std::uint32_t caller_of_next(std::uint32_t i) const {
    for (std::uint32_t j = i + 1; i + 1 < count_ && j-- > 0;) {
      if (link(j)->rest == link(i + 1)) return j;
    }
    return i;
  }
  // The last try that a call made.
  const Journal::Try* last_try(std::uint32_t i) const {
    const Journal::Try* last = nullptr;
    for (std::uint32_t k = 0; k < journal_.kept_tries(); ++k) {
      const Journal::Try& made = journal_.tries[k];
      if (made.begun >= at(i) && made.ended <= until(i)) last = &made;
    }
    return last;
  }

  // The time between this step and the next one belongs to this one, but for what came after its answer: that is the
  // one's who then called again, if anybody did.
  void share_out(std::uint32_t i, std::vector<Record::Step>& steps) const {
    const std::uint32_t caller = caller_of_next(i);
    Instant answered = until(i);
    if (caller != i || (is_call(i) && i + 1 == count_)) {
      const Journal::Try* last = last_try(i);
      answered = last != nullptr ? last->ended : caller != i ? at(i) : answered;
    }
    steps[i].took += std::max(answered - at(i), Duration(0));
    if (caller != i) steps[caller].took += std::max(until(i) - answered, Duration(0));
  }

  // What was decided by it, or while it had the request; else what can be told.
  std::string verdict(std::uint32_t i) const {
    std::string text;
    const FilterMark& mark = *link(i)->mark;
    for (const Decision* said = exchange_.decisions(); said != nullptr; said = said->next) {
      const bool is_its_own = said->by == mark.name && said->step > i && !is_later_same(i, said->step);
      const bool is_its_failure = said->step == i + 1 && is_failure_token(said->by);
      if ((!is_its_own && !is_its_failure) || text.find(said->what) != std::string::npos) continue;
      text.append(text.empty() ? "" : "; ").append(said->what);
    }
    if (!text.empty()) return cut(text);
    if (is_call(i)) return call_verdict(i);
    return i + 1 < count_ && caller_of_next(i) == i ? "passed on" : "answered";
  }
  // The same filter has the request again by then.
  bool is_later_same(std::uint32_t i, std::uint32_t step) const {
    for (std::uint32_t j = i + 1; j < std::min(step, count_); ++j) {
      if (link(j)->mark == link(i)->mark) return true;
    }
    return false;
  }
  std::string call_verdict(std::uint32_t i) const {
    const Journal::Try* last = last_try(i);
    if (last == nullptr) return "no try";
    if (last->failure != Failure::none) return std::string(describe(last->failure).token);
    return std::to_string(last->status);
  }

  const Exchange& exchange_;
  const Journal& journal_;
  const std::uint32_t count_;
  const Instant end_;
};

void add_journal(Record& record, const Exchange& exchange, const Outcome& outcome) {
  const Journal* journal = exchange.journal();
  if (journal == nullptr) return;
  const bool has_answer = journal->answered != Instant{};
  record.answered = has_answer ? journal->answered - exchange.started() : Duration(0);
  record.steps =
      Steps(exchange, *journal, has_answer ? journal->answered : exchange.started() + outcome.duration).made();
  record.steps_left_out = journal->step_count - journal->kept_steps();
  record.tries_left_out = journal->try_count - journal->kept_tries();
  for (std::uint32_t i = 0; i < journal->kept_tries(); ++i) {
    const Journal::Try& made = journal->tries[i];
    record.tries.push_back({cut(made.endpoint), made.status, made.failure,
                            std::max(made.begun - exchange.started(), Duration(0)), made.ended - made.begun});
  }
}

}  // namespace

bool is_failure_token(std::string_view text) {
  static constexpr Failure kAll[] = {
#define OUTRIGGER_FAILURE(name, side, status, retry, proxy_status, text) Failure::name,
#include "outrigger/failure.def"
#undef OUTRIGGER_FAILURE
  };
  return std::ranges::any_of(kAll, [text](Failure failure) { return describe(failure).token == text; });
}

Record make_record(const Exchange& exchange, const Outcome& outcome, WallTime now) {
  Record record;
  record.request_id = cut(exchange.request_id());
  record.duration = outcome.duration;
  record.started = exchange.started();
  record.began = now - std::chrono::duration_cast<WallTime::duration>(outcome.duration);
  record.listener = exchange.listener();
  record.route = exchange.route();
  record.upstream = exchange.upstream();
  record.endpoint = cut(exchange.endpoint());
  record.client = exchange.client_ip();
  record.user = cut(exchange.user());
  record.method = cut(exchange.request().method_token);
  record.scheme = exchange.scheme();
  record.host = cut(exchange.original_authority());
  record.target = cut(exchange.original_target());
  record.status = outcome.status;
  record.failure = outcome.failure;
  record.is_local = outcome.local;
  record.is_cut = outcome.cut;
  record.request_bytes = outcome.request_bytes;
  record.response_bytes = outcome.response_bytes;
  say_why(exchange, outcome.failure, outcome.detail, [&record](std::string_view part) {
    if (record.why.size() < kLongest) record.why.append(record.why.empty() ? "" : "; ").append(cut(part));
  });
  for (const Decision* said = exchange.decisions(); said != nullptr && record.decisions.size() < kMostDecisions;
       said = said->next) {
    record.decisions.push_back({std::string(said->by), cut(said->what), said->at});
  }
  add_journal(record, exchange, outcome);
  return record;
}

std::size_t Record::memory() const {
  std::size_t total = sizeof *this;
  const auto add = [&total](const std::string& text) { total += text.capacity() > 15 ? text.capacity() + 17 : 0; };
  for (const std::string* text : {&number, &request_id, &listener, &route, &upstream, &endpoint, &client, &user,
                                  &method, &scheme, &host, &target, &why}) {
    add(*text);
  }
  for (const Step& step : steps) {
    for (const std::string* text : {&step.name, &step.where, &step.verdict}) add(*text);
  }
  for (const Try& made : tries) add(made.endpoint);
  for (const Said& said : decisions) {
    for (const std::string* text : {&said.by, &said.what}) add(*text);
  }
  return total + steps.capacity() * sizeof(Step) + tries.capacity() * sizeof(Try) + decisions.capacity() * sizeof(Said);
}

}  // namespace outrigger::proxy
