#include "filters/ext_auth/auth_question.h"

#include <algorithm>

#include "filters/field_rules.h"

namespace outrigger::filters {
namespace {

// About content that is not sent, about one connection, or conditions that an answer without content can't meet.
constexpr FieldMask kNeverSent =
    field_mask(FieldId::connection, FieldId::content_length, FieldId::transfer_encoding, FieldId::keep_alive,
               FieldId::proxy_connection, FieldId::te, FieldId::trailer, FieldId::upgrade, FieldId::expect,
               FieldId::http2_settings, FieldId::content_type, FieldId::idempotency_key, FieldId::range,
               FieldId::if_range, FieldId::if_match, FieldId::if_none_match, FieldId::if_modified_since,
               FieldId::if_unmodified_since, FieldId::grpc_timeout);
// Who and what is asked about.
constexpr FieldMask kAlwaysSent = field_mask(FieldId::host, FieldId::x_forwarded_for, FieldId::x_forwarded_proto,
                                             FieldId::x_forwarded_host, FieldId::forwarded);

bool is_sent(const Field& field, const ExtAuthOptions& options) {
  if ((field_bit(field.id) & kNeverSent) != 0) return false;
  if (!options.send_headers || (field_bit(field.id) & kAlwaysSent) != 0) return true;
  return std::ranges::any_of(*options.send_headers,
                             [&](const std::string& name) { return equals_ignoring_case(field.name, name); });
}

AuthAnswer::Fields fields_of(const Headers& headers, const std::vector<std::string>& names) {
  AuthAnswer::Fields found;
  for (const std::string& name : names) {
    for (const Field& field : headers) {
      if (equals_ignoring_case(field.name, name)) found.emplace_back(name, field.value);
    }
  }
  return found;
}

}  // namespace

void become_question(Exchange& exchange, const ExtAuthOptions& options) {
  RequestHead& request = exchange.request();
  request.headers.remove_if([&](const Field& field) { return !is_sent(field, options); });
  remove_vouched(request.headers, "X-Forwarded-Method");
  remove_vouched(request.headers, "X-Forwarded-Uri");
  request.headers.add("X-Forwarded-Method", request.method_token);
  request.headers.add("X-Forwarded-Uri", request.target);
  request.method_token = "GET";
  request.method = Method::get;
  request.version = Version::http11;
  request.target = options.path;
  request.framing = Framing::none;
  request.content_length = 0;
  request.expects_continue = false;
}

std::string question_text(const Exchange& exchange, const ExtAuthOptions& options) {
  const RequestHead& request = exchange.request();
  std::string text;
  for (const std::string_view part :
       {exchange.client_ip(), exchange.scheme(), request.method_token, request.authority, request.target}) {
    text.append(part).append("\n");
  }
  for (const Field& field : request.headers) {
    if (is_sent(field, options)) text.append(field.name).append(":").append(field.value).append("\n");
  }
  return text;
}

AuthQuestion::~AuthQuestion() {
  if (check_->is_done()) return;
  auto answer = std::make_shared<AuthAnswer>();
  answer->why = "the authorisation server did not answer in time";
  check_->answer(std::move(answer));
}

Task<void> AuthQuestion::run(Exchange& exchange) {
  exchange.limit_time(options_.timeout);
  become_question(exchange, options_);
  Response response = co_await Next(entry_)(exchange);
  exchange.stop_clock();
  check_->answer(judge(response));
  response.discard();
}

std::shared_ptr<const AuthAnswer> AuthQuestion::judge(const Response& response) const {
  using Verdict = AuthAnswer::Verdict;
  auto answer = std::make_shared<AuthAnswer>();
  if (response.failure() != Failure::none) {
    answer->why = "the authorisation server gave no answer: ";
    answer->why += outrigger::describe(response.failure()).text;
    return answer;
  }
  answer->status = response.status();
  if (answer->status < 300) answer->verdict = Verdict::allowed;
  const bool is_refusal = answer->status >= 300 && answer->status < 500 && answer->status != 304;
  if (is_refusal) answer->verdict = Verdict::denied;
  if (answer->verdict != Verdict::allowed) {
    answer->why = "the authorisation server answered " + std::to_string(answer->status);
  }
  if (answer->verdict == Verdict::unavailable) return answer;
  const Headers& headers = response.head().headers;
  if (answer->verdict == Verdict::allowed) answer->to_service = fields_of(headers, options_.headers_to_service);
  answer->to_client = fields_of(headers, options_.headers_to_client);
  const auto control = headers.get(FieldId::cache_control).value_or(std::string_view());
  answer->may_be_kept = !headers.has(FieldId::set_cookie) && !control.contains("no-store");
  return answer;
}

}  // namespace outrigger::filters
