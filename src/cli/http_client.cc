#include "cli/http_client.h"

#include <poll.h>

#include <array>
#include <cstring>

#include "http/h1/body_decoder.h"
#include "http/h1/response_parser.h"
#include "net/connecting.h"
#include "net/tls/tls_transport.h"

namespace outrigger::cli {

namespace {

using net::IoResult;
constexpr std::size_t kMaxBody = 64 * 1024 * 1024;

std::unexpected<std::string> broken(const IoResult& result) {
  const char* why = result.error != 0 ? std::strerror(result.error) : "the connection was closed";
  return std::unexpected(std::string(why));
}

}  // namespace

HttpClient::HttpClient(const net::Address& address, std::shared_ptr<net::tls::ClientContext> tls, Duration limit)
    : address_(address), tls_(std::move(tls)), limit_(limit) {}

std::expected<HttpClient::Answer, std::string> HttpClient::request(std::string_view method, std::string_view path,
                                                                   std::initializer_list<std::string> fields) {
  auto sent = send_request(method, path, fields);
  auto answer = sent ? read_answer(method_of(method)) : std::unexpected(sent.error());
  if (!answer) transport_.reset();
  return answer;
}

std::expected<HttpClient::Answer, std::string> HttpClient::stream(std::string_view path,
                                                                  std::initializer_list<std::string> fields,
                                                                  const std::function<bool(std::string_view)>& take) {
  auto done = send_request("GET", path, fields);
  Arena arena;
  ResponseHead head(arena);
  if (done) done = read_head(Method::get, head);
  Answer answer{head.status, {}};
  if (done) done = head.status == 200 ? read_stream(head, arena, take) : read_body(head, arena, answer.body);
  transport_.reset();
  if (!done) return std::unexpected(done.error());
  return answer;
}

HttpClient::Done HttpClient::send_request(std::string_view method, std::string_view path,
                                          std::initializer_list<std::string> fields) {
  deadline_ = std::chrono::steady_clock::now() + limit_;
  if (!transport_) {
    if (auto done = connect(); !done) return done;
  }
  std::string text = std::string(method) + ' ' + std::string(path) + " HTTP/1.1\r\nHost: localhost\r\n";
  for (const std::string& field : fields) text += field + "\r\n";
  if (method == "POST") text += "Content-Length: 0\r\n";
  text += "\r\n";
  return send(text);
}

HttpClient::Done HttpClient::connect() {
  input_.clear();
  const net::Connecting begun = net::start_connect(address_);
  if (begun.fd < 0) return std::unexpected(std::strerror(begun.error));
  transport_ = tls_ ? net::tls::connect(loop_, begun.fd, tls_, "") : std::make_unique<net::Socket>(loop_, begun.fd);
  Done done;
  if (begun.in_progress) done = wait(POLLOUT);
  if (done && begun.in_progress) {
    if (const int error = net::connect_error(begun.fd, address_); error != 0)
      done = std::unexpected(std::strerror(error));
  }
  while (done) {
    const IoResult result = transport_->handshake();
    if (result.state == IoResult::State::ok) return {};
    done = result.state == IoResult::State::would_block ? wait(POLLIN) : Done(broken(result));
  }
  transport_.reset();
  return done;
}

HttpClient::Done HttpClient::wait(short events) const {
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline_ - std::chrono::steady_clock::now()).count();
  pollfd entry{transport_->fd(), events, 0};
  if (left <= 0 || ::poll(&entry, 1, static_cast<int>(left)) == 0) return std::unexpected("no answer in time");
  return {};
}

HttpClient::Done HttpClient::send(std::string_view text) {
  while (!text.empty()) {
    const iovec piece{const_cast<char*>(text.data()), text.size()};
    const IoResult result = transport_->write({&piece, 1});
    if (result.state == IoResult::State::ok) {
      text.remove_prefix(result.bytes);
    } else if (result.state != IoResult::State::would_block) {
      return broken(result);
    } else if (auto ready = wait(POLLOUT); !ready) {
      return ready;
    }
  }
  return {};
}

HttpClient::Done HttpClient::read_more() {
  std::array<char, 16 * 1024> buffer;
  for (;;) {
    const IoResult result = transport_->read(buffer);
    if (result.state == IoResult::State::ok) {
      input_.append(buffer.data(), result.bytes);
      return {};
    }
    if (result.state != IoResult::State::would_block) return broken(result);
    if (auto ready = wait(POLLIN); !ready) return ready;
  }
}

HttpClient::Done HttpClient::read_head(Method method, ResponseHead& head) {
  for (std::size_t scanned = 0;;) {
    const auto result = http::h1::parse_response_head(input_, scanned, {}, method, head);
    if (result.status == http::h1::HeadResult::Status::failed) return std::unexpected("the answer is no HTTP");
    if (result.status == http::h1::HeadResult::Status::complete) {
      input_.erase(0, result.consumed);
      return {};
    }
    if (auto more = read_more(); !more) return more;
  }
}

std::expected<HttpClient::Answer, std::string> HttpClient::read_answer(Method method) {
  Arena arena;
  ResponseHead head(arena);
  if (auto done = read_head(method, head); !done) return std::unexpected(done.error());
  Answer answer{head.status, {}};
  if (auto done = read_body(head, arena, answer.body); !done) return std::unexpected(done.error());
  if (!head.keep_alive) transport_.reset();
  return answer;
}

HttpClient::Done HttpClient::read_stream(const ResponseHead& head, Arena& arena,
                                         const std::function<bool(std::string_view)>& take) {
  http::h1::BodyDecoder decoder(head.framing, head.content_length, &arena);
  for (;;) {
    const auto step = decoder.step(input_);
    if (!step.payload.empty() && !take(step.payload)) return {};
    input_.erase(0, step.consumed);
    if (decoder.done()) return {};
    if (!decoder.error().empty()) return std::unexpected(std::string(decoder.error()));
    if (!input_.empty()) continue;
    deadline_ = std::chrono::steady_clock::now() + limit_;
    if (auto more = read_more(); !more) return decoder.on_eof() ? Done() : more;
  }
}

HttpClient::Done HttpClient::read_body(const ResponseHead& head, Arena& arena, std::string& body) {
  if (head.framing == Framing::none) return {};
  http::h1::BodyDecoder decoder(head.framing, head.content_length, &arena);
  while (body.size() <= kMaxBody) {
    const auto step = decoder.step(input_);
    body += step.payload;
    input_.erase(0, step.consumed);
    if (decoder.done()) return {};
    if (!decoder.error().empty()) return std::unexpected(std::string(decoder.error()));
    if (!input_.empty()) continue;
    if (auto more = read_more(); !more) return decoder.on_eof() ? Done() : more;
  }
  return std::unexpected("the answer is larger than 64 MiB");
}

}  // namespace outrigger::cli
