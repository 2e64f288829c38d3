#include "base/query.h"
#include "filters/tracing/semantics.h"
#include "filters/tracing/trace.h"

namespace outrigger::filters {

Try::Try(Exchange& exchange, const TryPeer& peer, std::uint64_t span)
    : exchange_(exchange),
      peer_(peer),
      span_(span),
      begin_(exchange.now()),
      method_(exchange.request().method_token),
      target_(exchange.request().target),
      authority_(exchange.request().authority),
      upstream_(exchange.upstream()),
      is_known_method_(exchange.request().method != Method::other),
      is_call_(grpc::is_call(exchange.request())) {}

void Try::answered(Response* response, Failure failure) {
  failure_ = failure;
  if (response == nullptr) return end_now();
  status_ = response->status();
  version_ = response->head().version;
  if (is_call_) grpc_status_ = grpc::status_of(response->headers());
  if (!response->has_body()) return end_now();
  body_ = response->body();
  body_->watch(*this);
}

// The head came long ago, perhaps: the answer ends with its content.
void Try::on_body_end(const Body& body) noexcept {
  const Failure failure = body.failure();
  if (failure_ == Failure::none) failure_ = failure;
  const Headers* const trailers = is_call_ && failure == Failure::none ? body.trailers() : nullptr;
  if (trailers != nullptr && grpc::status_of(*trailers)) grpc_status_ = grpc::status_of(*trailers);
  body_ = nullptr;
  end_now();
}

void Try::end_now() {
  if (!has_ended_) end_ = exchange_.now();
  has_ended_ = true;
}

void Try::close(Failure failure) {
  if (has_ended_) return;
  if (status_ == 0 && failure_ == Failure::none) failure_ = failure;
  end_now();
}

bool Try::has_failed() const {
  return failure_ != Failure::none || status_ >= 400 || status_ == 0 ||
         (grpc_status_ && *grpc_status_ != grpc::Status::ok);
}

// Where the request went: its authority may be the client's word for another place.
std::string_view Try::url(std::string_view scheme, Arena& arena) const {
  std::string_view target = semantics::without_credentials(target_, arena);
  for (const auto* hidden = exchange_.hidden_parameters(); hidden != nullptr; hidden = hidden->next) {
    target = base::with_hidden_parameter(target, hidden->name, arena);
  }
  const std::string_view place = peer_.endpoint.starts_with("unix:") ? authority_ : peer_.endpoint;
  return arena.concat(scheme, "://", place, target);
}

void Try::describe(Span& span, std::int64_t number, Arena& arena) const {
  const std::string_view scheme = peer_.is_tls ? "https" : "http";
  const semantics::HostPort server = semantics::split_place(peer_.endpoint);
  span.id = span_;
  Attributes& attributes = span.attributes;
  semantics::set_method(span, method_, is_known_method_);
  attributes.add("url.full", url(scheme, arena));
  attributes.add("url.scheme", scheme);
  semantics::add_server(span, server);
  attributes.add("network.peer.address", peer_.address);
  if (!peer_.address.empty() && server.port != 0) attributes.add("network.peer.port", server.port);
  if (status_ != 0) attributes.add("network.protocol.version", semantics::protocol_version(version_));
  if (number > 0) attributes.add("http.request.resend_count", number);
  if (is_call_) attributes.add("rpc.system", "grpc");
  if (grpc_status_) attributes.add("rpc.grpc.status_code", static_cast<std::int64_t>(*grpc_status_));
  attributes.add("outrigger.upstream", upstream_);
  semantics::set_outcome(span, status_, failure_, has_failed(), arena);
  span.remote = {upstream_, peer_.address, server.port};
}

}  // namespace outrigger::filters
