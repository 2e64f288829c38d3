#include "upstream/fetch/fetch.h"

#include <algorithm>
#include <charconv>

#include "http/h1/response_parser.h"
#include "net/connect.h"
#include "net/tls/tls_transport.h"
#include "outrigger/grammar.h"
#include "upstream/wire_body.h"

namespace outrigger::upstream {

namespace {

using net::IoEnd;
using net::IoResult;

// co_await: the addresses of a name. Its owner has a deadline.
class [[nodiscard]] Resolving final {
 public:
  Resolving(net::dns::Resolver& resolver, const std::string& name) : resolver_(resolver), name_(name) {}
  Resolving(const Resolving&) = delete;
  Resolving& operator=(const Resolving&) = delete;

  bool await_ready() const { return false; }
  void await_suspend(std::coroutine_handle<> handle) {
    lookup_ = resolver_.resolve(name_, {}, [this, handle](net::dns::Result result) {
      result_ = std::move(result);
      handle.resume();
    });
  }
  net::dns::Result await_resume() { return std::move(result_); }

 private:
  net::dns::Resolver& resolver_;
  const std::string& name_;
  net::dns::Result result_;
  std::unique_ptr<net::dns::Lookup> lookup_;
};

std::string text_of(Failure failure) { return std::string(describe(failure).text); }

bool has(const FetchFields& fields, std::string_view name) {
  return std::ranges::any_of(fields, [&](const auto& field) { return equals_ignoring_case(field.first, name); });
}

}  // namespace

const std::string* FetchAnswer::find(std::string_view name) const {
  const auto found =
      std::ranges::find_if(fields, [&](const auto& field) { return equals_ignoring_case(field.first, name); });
  return found == fields.end() ? nullptr : &found->second;
}

std::optional<Duration> FetchAnswer::retry_after() const {
  const std::string* const field = find("Retry-After");
  std::uint32_t seconds = 0;
  if (field == nullptr) return std::nullopt;
  const auto [end, error] = std::from_chars(field->data(), field->data() + field->size(), seconds);
  if (error != std::errc() || end != field->data() + field->size()) return std::nullopt;
  return std::chrono::seconds(seconds);
}

Fetch::Fetch(EventLoop& loop, net::dns::Resolver& resolver, FetchRequest request, std::function<void(Result)> done)
    : loop_(loop), resolver_(resolver), request_(std::move(request)), done_(std::move(done)), start_(loop, [this] {
        start();
      }) {
  start_.start(Duration::zero());
}

void Fetch::start() {
  loop_.set_deadline(*this, request_.timeout);
  task_ = run(*this);
  task_.start(*this);
}

RootTask Fetch::run(Fetch& self) {
  if (std::string wrong = problem(); !wrong.empty()) {
    fail(std::move(wrong));
    co_return;
  }
  std::vector<net::Address> addresses;
  if (!co_await find_addresses(self, addresses)) co_return;
  if (!co_await connect(self, std::move(addresses))) co_return;
  if (!co_await send(self)) co_return;
  ResponseHead head(arena_);
  do {
    if (!co_await read_head(self, head)) co_return;
  } while (head.status < 200);
  answer_.status = head.status;
  for (const Field& field : head.headers) answer_.fields.emplace_back(field.name, field.value);
  co_await read_content(self, head);
}

// What can't be sent, and an URL that leads nowhere.
std::string Fetch::problem() const {
  if (const auto url = base::parse_url(request_.url); !url) return url.error();
  if (!is_token(request_.method)) return "the method is no token";
  for (const auto& [name, value] : request_.fields) {
    if (!is_token(name) || !is_field_value(value)) return "the field \"" + name + "\" can't be sent";
  }
  return {};
}

Task<bool> Fetch::find_addresses(Fetch&, std::vector<net::Address>& addresses) {
  url_ = *base::parse_url(request_.url);
  net::dns::Result found = co_await Resolving(resolver_, url_.host);
  if (found.has_failed()) co_return fail(found.error);
  addresses = std::move(found.addresses);
  for (net::Address& address : addresses) address.set_port(url_.port);
  co_return true;
}

Task<bool> Fetch::connect(Fetch&, std::vector<net::Address> addresses) {
  std::shared_ptr<net::tls::ClientContext> trust = request_.trust;
  if (url_.is_https && !trust) {
    auto loaded = net::tls::ClientContext::load({}, false);
    if (!loaded) co_return fail(loaded.error());
    trust = std::move(*loaded);
  }
  const auto wrap = [this, trust](int fd) -> std::unique_ptr<net::Transport> {
    if (!url_.is_https) return std::make_unique<net::Socket>(loop_, fd);
    return net::tls::connect(loop_, fd, trust, url_.host);
  };
  net::Connect connecting(loop_, net::alternate_families(std::move(addresses)), wrap, request_.timeout, wait_);
  net::Connect::Result result = co_await connecting;
  if (!result.transport) co_return fail(result.detail);
  transport_ = std::move(result.transport);
  co_return true;
}

std::string Fetch::head_text() const {
  std::string head = request_.method + ' ' + url_.target + " HTTP/1.1\r\nHost: " + url_.authority + "\r\n";
  if (!has(request_.fields, "User-Agent")) head += "User-Agent: outrigger/" OUTRIGGER_VERSION "\r\n";
  if (!has(request_.fields, "Accept")) head += "Accept: */*\r\n";
  for (const auto& [name, value] : request_.fields) head += name + ": " + value + "\r\n";
  const Method method = method_of(request_.method);
  const bool may_have_content = method != Method::get && method != Method::head && method != Method::options;
  if (may_have_content || !request_.content.empty()) {
    head += "Content-Length: " + std::to_string(request_.content.size()) + "\r\n";
  }
  return head + "Connection: close\r\n\r\n";
}

Task<bool> Fetch::send(Fetch&) {
  const std::string head = head_text();
  const IoEnd end = co_await net::WriteAll(loop_, *transport_, request_.timeout, {head, request_.content});
  co_return end == IoEnd::done || fail("the request could not be sent");
}

Task<bool> Fetch::read_head(Fetch&, ResponseHead& head) {
  using Status = http::h1::HeadResult::Status;
  std::size_t scanned = 0;
  for (;;) {
    if (!input_.unread().empty()) {
      const auto result = http::h1::parse_response_head(input_.unread(), scanned, {}, method_of(request_.method), head);
      if (result.status == Status::failed) co_return fail(text_of(result.failure));
      if (result.status == Status::complete) {
        input_.consume(result.consumed);
        co_return true;
      }
    }
    if (input_.is_full()) co_return fail(text_of(Failure::upstream_head_too_large));
    const IoResult got = input_.fill_head(*transport_);
    if (got.state == IoResult::State::would_block) {
      co_await net::Readable(*transport_);
    } else if (got.state != IoResult::State::ok) {
      co_return fail(text_of(Failure::upstream_reset));
    }
  }
}

Task<bool> Fetch::read_content(Fetch&, ResponseHead& head) {
  const std::string too_large = "the answer is larger than " + std::to_string(request_.max_content) + " bytes";
  if (head.framing == Framing::length && head.content_length > request_.max_content) co_return fail(too_large);
  WireBody body(loop_, *transport_, input_,
                http::h1::BodyDecoder(head.framing, head.content_length, &arena_, http::h1::BodyDecoder::Sizes::padded),
                request_.timeout,
                {Failure::response_truncated, Failure::response_bad_chunk, Failure::response_body_timeout});
  for (;;) {
    const Body::Chunk chunk = co_await body.read();
    if (chunk.state == Body::State::failed) co_return fail(text_of(body.failure()));
    if (chunk.state == Body::State::end) co_return true;
    if (chunk.bytes.size() > request_.max_content - answer_.content.size()) co_return fail(too_large);
    answer_.content += chunk.bytes;
  }
}

bool Fetch::fail(std::string why) {
  error_ = std::move(why);
  return false;
}

void Fetch::on_root_done(std::exception_ptr failure) noexcept {
  if (failure) fail("the request failed; this is a bug");
  Deadline::clear();
  loop_.defer(*this);
}

void Fetch::expired() {
  task_.reset();
  fail("no answer in " + std::to_string(std::chrono::ceil<std::chrono::milliseconds>(request_.timeout).count()) +
       " ms");
  finish();
}

void Fetch::finish() {
  const auto done = std::move(done_);
  if (error_.empty()) return done(std::move(answer_));
  done(std::unexpected(std::move(error_)));
}

}  // namespace outrigger::upstream
