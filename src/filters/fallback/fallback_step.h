#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "filters/fixed_answer.h"
#include "outrigger/filter.h"

namespace outrigger::filters {

// How the request failed before a step is asked.
struct Failed {
  Failure failure = Failure::none;  // `none`: the service answered
  std::uint16_t status = 0;         // of that answer
  // May it be sent again, for all that is known of its method and of what became of it?
  bool may_repeat = false;
};

// One way to answer in place of a service that failed. Thread: its worker.
class FallbackStep {
 public:
  virtual ~FallbackStep() = default;

  // For log, Proxy-Status and metrics: "upstream spare". Letters, digits, blanks and what names of upstreams may have.
  virtual const std::string& name() const = 0;
  // Does it need the request's content again?
  virtual bool needs_body() const { return false; }
  // Why it can't be asked for this request, a sentence without full stop, static; empty: it can. Asked right before
  // `answer`.
  virtual std::string_view obstacle(const Exchange& exchange, const Failed& failed) const = 0;
  // The request head is as it was when it came to `fallback`. `next`: what stands behind it in the chain; lives until
  // there is an answer.
  virtual Task<Response> answer(Exchange& exchange, Next& next) = 0;
};

// Sends the request to another upstream.
class UpstreamStep final : public FallbackStep {
 public:
  // `entry` outlives this.
  UpstreamStep(std::string_view upstream, const Link* entry)
      : name_("upstream " + std::string(upstream)), entry_(entry) {}
  const std::string& name() const override { return name_; }
  bool needs_body() const override { return true; }
  std::string_view obstacle(const Exchange& exchange, const Failed& failed) const override;
  [[clang::coro_wrapper]] Task<Response> answer(Exchange& exchange, Next&) override { return Next(entry_)(exchange); }

 private:
  const std::string name_;
  const Link* const entry_;
};

// Answers with what stands in the file. Can always be asked, also when no time is left.
class StaticStep final : public FallbackStep {
 public:
  explicit StaticStep(const FixedAnswerOptions& options) : answer_(options) {}
  const std::string& name() const override { return name_; }
  std::string_view obstacle(const Exchange&, const Failed&) const override { return {}; }
  Task<Response> answer(Exchange& exchange, Next&) override { co_return answer_.make(exchange); }

 private:
  const std::string name_ = "static";
  const FixedAnswer answer_;
};

// Gives what a cache behind `fallback` keeps for the request, though it is stale.
class StaleStep final : public FallbackStep {
 public:
  explicit StaleStep(Duration max_age) : max_age_(max_age) {}
  const std::string& name() const override { return name_; }
  std::string_view obstacle(const Exchange& exchange, const Failed& failed) const override;
  Task<Response> answer(Exchange& exchange, Next& next) override;

 private:
  const std::string name_ = "stale";
  const Duration max_age_;
};

// Asks for something more general in the request's place, on the same way: from a cache there, or from the service.
// Without the client's credentials and cookies, and without the fields in which filters say who it is. That stays
// known: some other field may hold it (a copy, a session of the service's own), so a cache must not take the answer for
// everybody's.
class BroaderStep final : public FallbackStep {
 public:
  explicit BroaderStep(std::string target) : target_(std::move(target)) {}
  const std::string& name() const override { return name_; }
  std::string_view obstacle(const Exchange& exchange, const Failed& failed) const override;
  [[clang::coro_wrapper]] Task<Response> answer(Exchange& exchange, Next& next) override;

 private:
  const std::string name_ = "broader";
  const std::string target_;
};

}  // namespace outrigger::filters
