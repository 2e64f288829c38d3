#include "upstream/dns_source.h"

#include <algorithm>

namespace outrigger::upstream {

namespace {

constexpr std::string_view kScheme = "dns://";

}  // namespace

DnsSource::DnsSource(const config::EndpointSpec& spec, SourceContext context)
    : context_(std::move(context)),
      name_(spec.address),
      weight_(spec.weight),
      priority_(spec.priority),
      is_each_(name_.starts_with(kScheme)),
      again_(context_.loop, [this] { ask(); }) {
  if (is_each_) name_.erase(0, kScheme.size());
  const auto parts = net::split_host_port(name_).value_or(net::HostPort{});
  host_ = parts.host;
  port_ = parts.port;
  found_ = endpoints_of({});
  ask();
}

void DnsSource::ask() {
  lookup_ = context_.resolver->resolve(host_, [this](net::dns::Result result) { on_answer(std::move(result)); });
}

void DnsSource::on_answer(net::dns::Result result) {
  const bool is_good = !result.addresses.empty();
  context_.stats.lookups.add();
  if (!result.error.empty()) context_.stats.failed_lookups.add();
  is_pending_ = false;
  error_ = std::move(result.error);
  again_.start(result.ttl);
  const Instant now = context_.loop.now();
  if (is_good) {
    last_good_ = now;
    found_ = endpoints_of(std::move(result.addresses));
  } else if (now - last_good_ > net::dns::Resolver::kStale) {
    found_ = endpoints_of({});
  }
  context_.owner.on_source_changed();
}

std::vector<Found> DnsSource::endpoints_of(std::vector<net::Address> addresses) const {
  for (net::Address& address : addresses) address.set_port(port_);
  std::vector<Found> all;
  if (!is_each_) {
    all.push_back({name_, host_, std::move(addresses), weight_, priority_});
    return all;
  }
  for (const net::Address& address : addresses) all.push_back({address.text(), host_, {address}, weight_, priority_});
  std::ranges::sort(all, {}, &Found::name);  // servers turn their answers round
  const auto again = std::ranges::unique(all, {}, &Found::name);
  all.erase(again.begin(), again.end());
  return all;
}

}  // namespace outrigger::upstream
