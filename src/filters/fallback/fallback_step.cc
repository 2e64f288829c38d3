#include "filters/fallback/fallback_step.h"

namespace outrigger::filters {

std::string_view UpstreamStep::obstacle(const Exchange& exchange, const Failed& failed) const {
  if (exchange.is_expired()) return "no time is left";
  if (!failed.may_repeat) return "the request may have been processed already, and its method may not be repeated";
  return exchange.can_replay() ? "" : "the request's content is too large to be sent again";
}

std::string_view StaleStep::obstacle(const Exchange& exchange, const Failed&) const {
  if (exchange.stored() == nullptr) return "no cache behind it was asked";
  return exchange.stored()->has_stale(exchange, max_age_) ? "" : "nothing is stored that may be given";
}

Task<Response> StaleStep::answer(Exchange& exchange, Next&) {
  std::optional<Response> stored = exchange.stored()->stale(exchange, max_age_);
  if (stored) co_return std::move(*stored);
  co_return exchange.fail(Failure::no_endpoint, "what was stored is gone");
}

std::string_view BroaderStep::obstacle(const Exchange& exchange, const Failed&) const {
  const RequestHead& request = exchange.request();
  if (request.method != Method::get && request.method != Method::head) return "its method is not GET or HEAD";
  return request.target == target_ ? "it is the most general one already" : "";
}

Task<Response> BroaderStep::answer(Exchange& exchange, Next& next) {
  RequestHead& request = exchange.request();
  request.target = target_;
  request.headers.remove_if([](const Field& field) {
    constexpr FieldMask kPersonal = field_mask(
        FieldId::authorization, FieldId::cookie, FieldId::x_forwarded_client_cert, FieldId::if_none_match,
        FieldId::if_modified_since, FieldId::range, FieldId::if_range, FieldId::if_match, FieldId::if_unmodified_since);
    return (kPersonal & field_bit(field.id)) != 0;
  });
  for (const PersonalField* each = exchange.personal_fields(); each != nullptr; each = each->next) {
    request.headers.remove(each->name);
  }
  return next(exchange);
}

}  // namespace outrigger::filters
