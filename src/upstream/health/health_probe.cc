#include "upstream/health/health_probe.h"

#include <algorithm>

#include "base/status_range.h"
#include "http/h1/lenient_head.h"
#include "http/h1/response_parser.h"
#include "net/connect.h"
#include "upstream/health/grpc_health.h"
#include "upstream/health/shared_probe.h"
#include "upstream/wire_body.h"

namespace outrigger::upstream {

namespace {

using net::IoEnd;
using net::IoResult;

constexpr std::string_view kGrpcCheck = "/grpc.health.v1.Health/Check";
constexpr std::string_view kUserAgent = "outrigger-health-check";
constexpr std::size_t kMostContent = 64 * 1024;  // that `contains` is looked for in

bool matches(const std::vector<std::string>& words, std::uint16_t status) {
  return std::ranges::any_of(words, [&](const std::string& word) {
    const auto range = base::parse_status_range(word);
    return range && range->includes(status);
  });
}

}  // namespace

HealthProbe::HealthProbe(EventLoop& loop, std::shared_ptr<Endpoint> endpoint, const config::HealthCheck& settings,
                         std::function<void(std::string)> done)
    : loop_(loop), endpoint_(std::move(endpoint)), settings_(settings), done_(std::move(done)) {
  loop_.set_deadline(*this, settings_.timeout);
  task_ = run(*this);
  task_.start(*this);
}

RootTask HealthProbe::run(HealthProbe& self) {
  if (!co_await connect(self)) co_return;
  if (settings_.grpc) {
    co_await exchange_grpc(self);
  } else if (settings_.path && speaks_http2()) {
    co_await exchange_shared(self);
  } else if (settings_.path) {
    co_await exchange(self);
  }
}

bool HealthProbe::speaks_http2() const {
  return endpoint_->tls().protocol == config::Protocol::http2 || transport_->protocol() == "h2";
}

bool HealthProbe::is_good(std::uint16_t status) {
  return matches(settings_.status, status) || fail("status " + std::to_string(status));
}

bool HealthProbe::contains_text(const std::string& content) {
  return content.contains(*settings_.contains) || fail("the answer does not contain \"" + *settings_.contains + "\"");
}

SharedConnection& HealthProbe::share() {
  return *new SharedConnection(loop_, std::move(transport_), {settings_.timeout, settings_.timeout}, SharedStats());
}

Task<bool> HealthProbe::exchange_grpc(HealthProbe&) {
  if (!speaks_http2()) co_return fail("it does not agree to speak HTTP/2, which gRPC needs");
  SharedConnection& connection = share();
  SharedProbe probe(connection, arena_);
  const http::h2::OutField fields[] = {{":method", "POST"},       {":scheme", connection.is_tls() ? "https" : "http"},
                                       {":authority", host()},    {":path", kGrpcCheck},
                                       {"te", "trailers"},        {"content-type", "application/grpc"},
                                       {"user-agent", kUserAgent}};
  const std::string question = grpc_health_request(*settings_.grpc);
  if (probe.send(fields, question)) co_await probe.ended();
  if (!probe.error().empty()) co_return fail(probe.error());
  const std::string problem = grpc_health_problem(probe.head(), probe.content(), probe.trailer_fields());
  co_return problem.empty() || fail(problem);
}

Task<bool> HealthProbe::exchange_shared(HealthProbe&) {
  SharedConnection& connection = share();
  SharedProbe probe(connection, arena_);
  const http::h2::OutField fields[] = {{":method", "GET"},         {":scheme", connection.is_tls() ? "https" : "http"},
                                       {":authority", host()},     {":path", *settings_.path},
                                       {"user-agent", kUserAgent}, {"accept", "*/*"}};
  if (probe.send(fields, {})) co_await probe.ended();
  if (!probe.error().empty()) co_return fail(probe.error());
  if (!is_good(probe.head().status)) co_return false;
  co_return !settings_.contains || contains_text(probe.content());
}

// To one of the addresses, as for requests.
Task<bool> HealthProbe::connect(HealthProbe&) {
  std::vector<net::Address> addresses = endpoint_->addresses();
  if (addresses.empty()) co_return fail("the name has no address");
  for (net::Address& address : addresses) {
    if (settings_.port) address.set_port(*settings_.port);
  }
  // A service behind a listener with protocol tcp may speak anything.
  const bool is_any = !settings_.path && !settings_.grpc && endpoint_->tls().protocol == config::Protocol::http1;
  const auto offer = is_any ? std::optional(net::tls::Offer::nothing) : std::nullopt;
  const auto wrap = [&](int fd) { return endpoint_->make_transport(loop_, fd, offer); };
  net::Connect connect(loop_, std::move(addresses), wrap, settings_.timeout, wait_, endpoint_->first_bytes(nullptr));
  net::Connect::Result result = co_await connect;
  if (!result.transport) co_return fail(result.detail);
  transport_ = std::move(result.transport);
  co_return true;
}

Task<bool> HealthProbe::exchange(HealthProbe& self) {
  const std::string_view request =
      arena_.concat("GET ", *settings_.path, " HTTP/1.1\r\nHost: ", host(), "\r\nUser-Agent: ", kUserAgent,
                    "\r\nAccept: */*\r\nConnection: close\r\n\r\n");
  if (co_await net::WriteAll(loop_, *transport_, settings_.timeout, {request}) != IoEnd::done) {
    co_return fail("the request could not be sent");
  }
  ResponseHead head(arena_);
  do {
    if (!co_await read_head(self, head)) co_return false;
  } while (head.status < 200);
  if (!is_good(head.status)) co_return false;
  if (settings_.contains) co_return co_await read_content(self, head);
  co_return true;
}

Task<bool> HealthProbe::read_head(HealthProbe&, ResponseHead& head) {
  using Status = http::h1::HeadResult::Status;
  std::size_t scanned = 0;
  for (;;) {
    if (!input_.unread().empty()) {
      const auto result = endpoint_->is_lenient()
                              ? http::h1::parse_lenient_response_head(input_.unread(), {}, Method::get, head)
                              : http::h1::parse_response_head(input_.unread(), scanned, {}, Method::get, head);
      if (result.status == Status::failed) co_return fail(std::string(describe(result.failure).text));
      if (result.status == Status::complete) {
        input_.consume(result.consumed);
        co_return true;
      }
    }
    if (input_.is_full()) co_return fail(std::string(describe(Failure::upstream_head_too_large).text));
    const IoResult got = input_.fill_head(*transport_);
    if (got.state == IoResult::State::would_block) {
      co_await net::Readable(*transport_);
    } else if (got.state != IoResult::State::ok) {
      co_return fail(std::string(describe(Failure::upstream_reset).text));
    }
  }
}

Task<bool> HealthProbe::read_content(HealthProbe&, ResponseHead& head) {
  WireBody body(loop_, *transport_, input_,
                http::h1::BodyDecoder(head.framing, head.content_length, &arena_, http::h1::BodyDecoder::Sizes::padded),
                settings_.timeout,
                {Failure::response_truncated, Failure::response_bad_chunk, Failure::response_body_timeout});
  std::string content;
  while (content.size() < kMostContent) {
    const Body::Chunk chunk = co_await body.read();
    if (chunk.state == Body::State::failed) co_return fail(std::string(describe(body.failure()).text));
    if (chunk.state == Body::State::end) break;
    content += chunk.bytes;
  }
  co_return contains_text(content);
}

bool HealthProbe::fail(std::string why) {
  error_ = std::move(why);
  return false;
}

void HealthProbe::on_root_done(std::exception_ptr failure) noexcept {
  if (failure) fail("the check failed; this is a bug");
  loop_.defer(*this);
}

void HealthProbe::run_deferred() { finish(); }

void HealthProbe::expired() {
  task_.reset();
  fail("no answer in " + std::to_string(std::chrono::ceil<std::chrono::milliseconds>(settings_.timeout).count()) +
       " ms");
  finish();
}

void HealthProbe::finish() {
  Deadline::clear();
  const auto done = std::move(done_);
  done(std::move(error_));
}

}  // namespace outrigger::upstream
