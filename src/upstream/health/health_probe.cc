#include "upstream/health/health_probe.h"

#include <algorithm>

#include "base/status_range.h"
#include "http/h1/lenient_head.h"
#include "http/h1/response_parser.h"
#include "net/connect.h"
#include "upstream/wire_body.h"

namespace outrigger::upstream {

namespace {

using net::IoEnd;
using net::IoResult;

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
  if (settings_.path) co_await exchange(self);
}

// To one of the addresses, as for requests.
Task<bool> HealthProbe::connect(HealthProbe&) {
  std::vector<net::Address> addresses = endpoint_->addresses();
  if (addresses.empty()) co_return fail("the name has no address");
  for (net::Address& address : addresses) {
    if (settings_.port) address.set_port(*settings_.port);
  }
  const auto wrap = [this](int fd) { return endpoint_->make_transport(loop_, fd); };
  net::Connect connect(loop_, std::move(addresses), wrap, settings_.timeout, wait_, endpoint_->first_bytes(nullptr));
  net::Connect::Result result = co_await connect;
  if (!result.transport) co_return fail(result.detail);
  transport_ = std::move(result.transport);
  co_return true;
}

Task<bool> HealthProbe::exchange(HealthProbe& self) {
  const std::string& host = settings_.host.empty() ? endpoint_->name() : settings_.host;
  const std::string_view request =
      arena_.concat("GET ", *settings_.path, " HTTP/1.1\r\nHost: ", host,
                    "\r\nUser-Agent: outrigger-health-check\r\nAccept: */*\r\nConnection: close\r\n\r\n");
  if (co_await net::WriteAll(loop_, *transport_, settings_.timeout, {request}) != IoEnd::done) {
    co_return fail("the request could not be sent");
  }
  ResponseHead head(arena_);
  do {
    if (!co_await read_head(self, head)) co_return false;
  } while (head.status < 200);
  if (!matches(settings_.status, head.status)) co_return fail("status " + std::to_string(head.status));
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
  WireBody body(loop_, *transport_, input_, http::h1::BodyDecoder(head.framing, head.content_length, &arena_),
                settings_.timeout,
                {Failure::response_truncated, Failure::response_bad_chunk, Failure::response_body_timeout});
  std::string content;
  while (content.size() < kMostContent) {
    const Body::Chunk chunk = co_await body.read();
    if (chunk.state == Body::State::failed) co_return fail(std::string(describe(body.failure()).text));
    if (chunk.state == Body::State::end) break;
    content += chunk.bytes;
  }
  if (content.contains(*settings_.contains)) co_return true;
  co_return fail("the answer does not contain \"" + *settings_.contains + "\"");
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
