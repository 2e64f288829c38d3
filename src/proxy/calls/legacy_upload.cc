#include "proxy/calls/legacy_upload.h"

#include "proxy/calls/continue_head.h"
#include "proxy/memory_body.h"

namespace outrigger::proxy {

namespace {

constexpr ByteSize kDefaultBuffer{1024 * 1024};

bool is_10(const config::Legacy& legacy) { return legacy.version == config::LegacyVersion::http10; }

// What of a request with content of unknown length may wait here; nothing: it goes on in chunks.
std::optional<std::uint64_t> buffer_of(const config::Legacy& legacy) {
  if (legacy.buffer_uploads) return legacy.buffer_uploads->bytes;
  return is_10(legacy) ? std::optional(kDefaultBuffer.bytes) : std::nullopt;
}

Task<Failure> invite(ActiveExchange& exchange) {
  exchange.invite_content();
  if (exchange.request().version == Version::http10) co_return Failure::none;
  exchange.set_relaying_interim(true);
  exchange.client().set_interim(exchange, *continue_head(exchange.arena()));
  const net::IoEnd sent = co_await Sent(exchange.client(), exchange.loop(), exchange.limits().body_idle);
  exchange.set_relaying_interim(false);
  co_return sent == net::IoEnd::done ? Failure::none : Failure::client_gone;
}

Task<Failure> take_whole(ActiveExchange& exchange, std::uint64_t most) {
  exchange.widen_replay_window(most);
  exchange.rewind_body();
  Body& body = *exchange.request_body();
  std::uint64_t size = 0;
  for (;;) {
    const Body::Chunk chunk = co_await body.read();
    if (chunk.state == Body::State::failed) co_return body.failure();
    if (chunk.state == Body::State::end) break;
    size += chunk.bytes.size();
    if (size > most) co_return Failure::body_too_large;
  }
  if (!exchange.can_replay()) co_return Failure::overloaded;
  RequestHead& request = exchange.request();
  request.framing = Framing::length;
  request.content_length = size;
  request.headers.set("Content-Length", decimal(exchange.arena(), size));
  co_return Failure::none;
}

}  // namespace

Task<Failure> ready_upload(ActiveExchange& exchange, upstream::Cluster& cluster) {
  const config::Legacy& legacy = *cluster.legacy();
  const auto most = buffer_of(legacy);
  const bool is_taken = most && exchange.request().framing == Framing::chunked;
  if (is_taken && *most == 0) co_return Failure::length_required;
  if (exchange.awaits_continue() && (is_taken || is_10(legacy))) {
    const Failure failure = co_await invite(exchange);
    if (failure != Failure::none) co_return failure;
  }
  if (is_taken) co_return co_await take_whole(exchange, *most);
  co_return Failure::none;
}

}  // namespace outrigger::proxy
