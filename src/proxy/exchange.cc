#include "outrigger/exchange.h"

#include "proxy/memory_body.h"

namespace outrigger {

Response Exchange::respond(std::uint16_t status, std::string_view body, std::string_view content_type) {
  auto* head = arena_.make<ResponseHead>(arena_);
  head->status = status;
  head->reason = reason_phrase(status);
  head->framing = Framing::length;
  head->content_length = body.size();
  if (!body.empty()) head->headers.add("Content-Type", content_type);
  const bool bodiless = status == 204 || status == 304;
  if (!bodiless) head->headers.add("Content-Length", proxy::decimal(arena_, body.size()));
  BodyPointer content;
  if (!body.empty() && !bodiless) content.reset(arena_.make<proxy::MemoryBody>(body));
  Response response(head, std::move(content));
  response.set_local();
  return response;
}

Response Exchange::fail(Failure failure, std::string_view detail) {
  const FailureInfo& info = outrigger::describe(failure);
  const std::uint16_t status = info.status == 0 ? 502 : info.status;
  const std::string_view body =
      arena_.concat(proxy::decimal(arena_, status), " ", reason_phrase(status), ": ", info.text, "\n");
  Response made = respond(status, body, "text/plain; charset=utf-8");
  decide(info.token, detail.empty() ? info.text : arena_.concat(info.text, ": ", detail));
  return {&made.head(), made.take_body(), failure, detail};
}

void Exchange::decide(std::string_view by, std::string_view what) {
  const std::uint32_t step = journal_ == nullptr ? 0 : journal_->step_count;
  auto* decision = arena_.make<Decision>(by, what, now() - started_, nullptr, step);
  (last_decision_ == nullptr ? first_decision_ : last_decision_->next) = decision;
  last_decision_ = decision;
}

Task<bool> Exchange::inform(const ResponseHead*) { co_return true; }

Exchange::Checkpoint* Exchange::checkpoint() {
  return arena_.make<Checkpoint>(request_, request_.headers.snapshot(), user_, claims_, personal_, is_identified_);
}

void Exchange::rollback(const Checkpoint& checkpoint) {
  request_ = checkpoint.head;
  request_.headers.restore(checkpoint.headers);
  user_ = checkpoint.user;
  claims_ = checkpoint.claims;
  personal_ = checkpoint.personal;
  is_identified_ = checkpoint.is_identified;
}

}  // namespace outrigger
