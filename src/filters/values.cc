#include "filters/values.h"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstring>
#include <ctime>

#include "outrigger/reasons.h"
#include "outrigger/trace.h"

namespace outrigger::filters {
namespace {

constexpr ValueInfo kValues[] = {
#define OUTRIGGER_VALUE(name, known, kind, summary) {#name, Known::known, ValueKind::kind, summary},
#include "filters/values.def"
#undef OUTRIGGER_VALUE
    {"header:NAME", Known::request, ValueKind::text, "A field of the request."},
    {"1", Known::request, ValueKind::url, "A group of the regular expression, 1 to 9."},
};
constexpr std::size_t kNamed = std::size(kValues) - 2;

// Appends to a Scratch; what does not fit is left out.
class Writer {
 public:
  explicit Writer(Scratch& scratch) : begin_(scratch.data()), at_(begin_), end_(begin_ + scratch.size()) {}
  void text(std::string_view part) {
    const std::size_t size = std::min(part.size(), static_cast<std::size_t>(end_ - at_));
    if (size != 0) std::memcpy(at_, part.data(), size);
    at_ += size;
  }
  void number(std::uint64_t value) { at_ = std::to_chars(at_, end_, value).ptr; }
  // Exactly so many digits, zeros first.
  void padded(std::uint64_t value, int digits) {
    if (end_ - at_ < digits) return;
    for (int i = digits; i-- > 0; value /= 10) at_[i] = static_cast<char>('0' + value % 10);
    at_ += digits;
  }
  std::string_view done() const { return {begin_, static_cast<std::size_t>(at_ - begin_)}; }

 private:
  char* begin_;
  char* at_;
  char* end_;
};

std::string_view number(std::uint64_t value, Scratch& scratch) {
  Writer out(scratch);
  out.number(value);
  return out.done();
}

// "2026-07-29T12:34:56": made once a second and thread.
std::string_view date_and_time(std::time_t second) {
  struct Last {
    std::time_t second = -1;
    char text[24];
    std::size_t size = 0;
  };
  thread_local Last last;
  if (last.second != second) {
    std::tm parts{};
    ::gmtime_r(&second, &parts);
    last.size = std::strftime(last.text, sizeof last.text, "%Y-%m-%dT%H:%M:%S", &parts);
    last.second = second;
  }
  return {last.text, last.size};
}

// "10/Oct/2026:13:55:36 +0000": as the Common Log Format has it, English whatever the locale.
std::string_view clf_time_of(WallTime time, Scratch& scratch) {
  static constexpr const char* kMonths[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                            "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const std::time_t second = std::chrono::system_clock::to_time_t(time);
  std::tm parts{};
  ::gmtime_r(&second, &parts);
  Writer out(scratch);
  out.padded(static_cast<std::uint64_t>(parts.tm_mday), 2);
  out.text("/");
  out.text(kMonths[parts.tm_mon]);
  out.text("/");
  out.number(static_cast<std::uint64_t>(parts.tm_year + 1900));
  for (const int part : {parts.tm_hour, parts.tm_min, parts.tm_sec}) {
    out.text(":");
    out.padded(static_cast<std::uint64_t>(part), 2);
  }
  out.text(" +0000");
  return out.done();
}

std::string_view time_of(WallTime time, Scratch& scratch) {
  using namespace std::chrono;
  const auto since = duration_cast<milliseconds>(time.time_since_epoch()).count();
  Writer out(scratch);
  out.text(date_and_time(static_cast<std::time_t>(since / 1000)));
  out.text(".");
  out.padded(static_cast<std::uint64_t>(since % 1000), 3);
  out.text("Z");
  return out.done();
}

// Seconds with microseconds.
std::string_view seconds_of(Duration duration, Scratch& scratch) {
  const auto micros = static_cast<std::uint64_t>(
      std::max<std::int64_t>(0, std::chrono::duration_cast<std::chrono::microseconds>(duration).count()));
  Writer out(scratch);
  out.number(micros / 1000000);
  out.text(".");
  out.padded(micros % 1000000, 6);
  return out.done();
}

Failure failure_of(const Moment& moment) {
  if (moment.outcome != nullptr) return moment.outcome->failure;
  return moment.response == nullptr ? Failure::none : moment.response->failure();
}

std::string_view why(const Moment& moment, Scratch& scratch) {
  Writer out(scratch);
  const std::string_view detail = moment.outcome == nullptr ? std::string_view{} : moment.outcome->detail;
  say_why(moment.exchange, failure_of(moment), detail, [&out](std::string_view part) {
    if (!out.done().empty()) out.text("; ");
    out.text(part);
  });
  return out.done();
}

std::string_view target_of(const Moment& moment) {
  return moment.outcome == nullptr ? moment.exchange.request().target : moment.exchange.original_target();
}

std::string_view query_of(std::string_view target) {
  const auto at = target.find('?');
  return at == std::string_view::npos ? std::string_view{} : target.substr(at + 1);
}

std::string_view protocol_of(const Exchange& exchange) {
  if (exchange.scheme().starts_with('t')) return "TCP";  // tcp or tls: there is no HTTP
  const Version version = exchange.request().version;
  return version == Version::http2 ? "HTTP/2" : version == Version::http11 ? "HTTP/1.1" : "HTTP/1.0";
}

std::uint16_t status_of(const Moment& moment) {
  if (moment.outcome != nullptr) return moment.outcome->status;
  return moment.response == nullptr ? std::uint16_t{0} : moment.response->status();
}

std::string_view field_of(const Moment& moment, FieldId id) {
  return moment.exchange.request().headers.get(id).value_or(std::string_view{});
}

std::string_view end_value(Value value, const Moment& moment, Scratch& scratch) {
  if (moment.outcome == nullptr) return {};
  const Outcome& outcome = *moment.outcome;
  switch (value) {
    case Value::time:
      return time_of(began(moment), scratch);
    case Value::clf_time:
      return clf_time_of(began(moment), scratch);
    case Value::duration:
      return seconds_of(outcome.duration, scratch);
    case Value::request_bytes:
      return number(outcome.request_bytes, scratch);
    case Value::response_bytes:
      return number(outcome.response_bytes, scratch);
    default:
      return why(moment, scratch);
  }
}

std::string_view answer_value(Value value, const Moment& moment, Scratch& scratch) {
  switch (value) {
    case Value::endpoint:
      return moment.exchange.endpoint();
    case Value::tries:
      return number(moment.exchange.tries(), scratch);
    case Value::status:
      return number(status_of(moment), scratch);
    case Value::failure:
      return failure_of(moment) == Failure::none ? "" : outrigger::describe(failure_of(moment)).token;
    default:
      return end_value(value, moment, scratch);
  }
}

std::string_view certificate_value(Value value, const ClientCertificate* certificate) {
  if (certificate == nullptr) return {};
  if (value == Value::client_cert_subject) return certificate->subject;
  if (value == Value::client_cert_fingerprint) return certificate->fingerprint;
  if (!certificate->uri.empty()) return certificate->uri.front();
  return certificate->dns.empty() ? std::string_view() : std::string_view(certificate->dns.front());
}

std::string_view place_value(Value value, const Exchange& exchange) {
  switch (value) {
    case Value::listener:
      return exchange.listener();
    case Value::route:
      return exchange.route();
    case Value::upstream:
      return exchange.upstream();
    case Value::trace_id:
      return exchange.trace() == nullptr ? std::string_view() : exchange.trace()->trace_id();
    case Value::span_id:
      return exchange.trace() == nullptr ? std::string_view() : exchange.trace()->span_id();
    default:
      return exchange.request_id();
  }
}

}  // namespace

WallTime began(const Moment& moment) {
  return moment.exchange.wall_now() - std::chrono::duration_cast<WallTime::duration>(moment.outcome->duration);
}

const ValueInfo& describe(Value value) { return kValues[static_cast<std::size_t>(value)]; }

std::optional<Value> value_of(std::string_view name) {
  const auto* const found =
      std::find_if(kValues, kValues + kNamed, [&](const auto& info) { return info.name == name; });
  if (found == kValues + kNamed) return std::nullopt;
  return static_cast<Value>(found - kValues);
}

std::vector<std::string> value_names(Known known) {
  std::vector<std::string> names;
  for (std::size_t i = 0; i < kNamed; ++i) {
    if (kValues[i].known <= known) names.emplace_back(kValues[i].name);
  }
  return names;
}

std::string_view text_of(Value value, std::string_view argument, const Moment& moment, Scratch& scratch) {
  const RequestHead& request = moment.exchange.request();
  switch (value) {
    case Value::client_ip:
      return moment.exchange.client_ip();
    case Value::user:
      return moment.exchange.user();
    case Value::client_cert_subject:
    case Value::client_cert_san:
    case Value::client_cert_fingerprint:
      return certificate_value(value, moment.exchange.client_certificate());
    case Value::method:
      return request.method_token;
    case Value::scheme:
      return moment.exchange.scheme();
    case Value::host:
      return host_of(moment.outcome == nullptr ? request.authority : moment.exchange.original_authority());
    case Value::path:
      return target_of(moment).substr(0, target_of(moment).find('?'));
    case Value::query:
      return query_of(target_of(moment));
    case Value::target:
      return target_of(moment);
    case Value::protocol:
      return protocol_of(moment.exchange);
    case Value::user_agent:
      return field_of(moment, FieldId::user_agent);
    case Value::header:
      return request.headers.get(argument).value_or(std::string_view{});
    case Value::capture: {
      const auto index = static_cast<std::size_t>(argument.front() - '0');
      return index < moment.captures.size() ? moment.captures[index] : std::string_view{};
    }
    case Value::listener:
    case Value::route:
    case Value::upstream:
    case Value::trace_id:
    case Value::span_id:
    case Value::request_id:
      return place_value(value, moment.exchange);
    default:
      return answer_value(value, moment, scratch);
  }
}

}  // namespace outrigger::filters
