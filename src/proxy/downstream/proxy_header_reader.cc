#include "proxy/downstream/proxy_header_reader.h"

#include <sys/socket.h>

#include <array>
#include <cerrno>

#include "net/system_calls.h"
#include "outrigger/process_log.h"
#include "proxy/downstream/serve.h"

namespace outrigger::proxy {

using Status = net::ProxyHeader::Status;

void ProxyHeaderReader::begin(ConnectionContext& context, ListenerPlace& place,
                              std::unique_ptr<net::Transport> transport, const net::Address& peer,
                              ConnectionPermit permit) {
  auto* reader = new ProxyHeaderReader(context, place, std::move(transport), peer, std::move(permit));
  if (!place.now->trusted.contains(peer.ip())) {
    return reader->refuse(HeaderRefusal::untrusted, "its address is not among trusted_proxies");
  }
  context.loop.set_deadline(*reader, place.now->limits.request_head);
  reader->read();
}

ProxyHeaderReader::ProxyHeaderReader(ConnectionContext& context, ListenerPlace& place,
                                     std::unique_ptr<net::Transport> transport, const net::Address& peer,
                                     ConnectionPermit permit)
    : ClientConnection(context),
      context_(context),
      place_(place),
      transport_(std::move(transport)),
      peer_(peer),
      permit_(std::move(permit)) {}

void ProxyHeaderReader::expired() { refuse(HeaderRefusal::timeout, "it did not come within timeouts.request_head"); }

void ProxyHeaderReader::read() {
  std::array<char, net::kMostProxyHeader> bytes;
  const ssize_t got = net::system::receive(transport_->fd(), bytes.data(), bytes.size(), MSG_PEEK);
  const bool is_early = got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR);
  if (got <= 0 && !is_early) return refuse(HeaderRefusal::closed, "the connection was closed in front of its end");
  const auto header = net::parse_proxy_header({bytes.data(), is_early ? 0 : static_cast<std::size_t>(got)});
  if (header.status == Status::failed) return refuse(HeaderRefusal::malformed, header.reason);
  if (header.status == Status::need_more) {
    if (!transport_->watch().is_peer_closed()) return transport_->watch().wait_readable(this);
    return refuse(HeaderRefusal::closed, "the connection was closed in front of its end");
  }
  net::system::receive(transport_->fd(), bytes.data(), header.size, 0);
  go_on(header);
}

void ProxyHeaderReader::go_on(const net::ProxyHeader& header) {
  Deadline::clear();
  transport_->watch().wait_readable(nullptr);
  transport_->watch().ask_again();
  if (header.ends) {
    peer_ = header.ends->source;
    transport_->set_ends(*header.ends);
  }
  if (take_place_of_client(context_, place_, peer_, permit_)) {
    serve_protocol(context_, place_, std::move(transport_), peer_, std::move(permit_));
  }
  close();
}

// What a client cannot cause is worth a line: a misconfigured balancer would else be hard to find.
void ProxyHeaderReader::refuse(HeaderRefusal reason, std::string_view why) {
  if (place_.now != nullptr) {
    place_.now->stats.header_refusals[static_cast<std::size_t>(reason)].add();
    if (const auto refused = place_.now->count->header_refusals.count(context_.loop.now())) {
      log(LogLevel::warn, "a connection without a good PROXY header was closed",
          {{"listener", place_.name}, {"peer", peer_.ip()}, {"why", why}, {"refused", *refused}});
    }
  }
  close();
}

void ProxyHeaderReader::close() {
  Deadline::clear();
  if (transport_) transport_->watch().close();
  if (!Deferred::is_linked()) context_.loop.defer(*this);
}

}  // namespace outrigger::proxy
