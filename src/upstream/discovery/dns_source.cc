#include "upstream/discovery/dns_source.h"

#include <algorithm>

namespace outrigger::upstream {

namespace {

constexpr std::string_view kScheme = "dns://";

}  // namespace

DnsSource::DnsSource(const config::EndpointSpec& spec, const SourceContext& context)
    : LookupSource(spec, context), name_(spec.address), is_each_(name_.starts_with(kScheme)) {
  if (is_each_) name_.erase(0, kScheme.size());
  const auto parts = net::split_host_port(name_).value_or(net::HostPort{});
  host_ = parts.host;
  port_ = parts.port;
  start();
}

void DnsSource::ask() {
  const net::dns::Families known = discovery()->families(context_.loop.now());
  lookup_ = context_.resolver->resolve(host_, known, [this](net::dns::Result result) {
    on_answer({.addresses = std::move(result.addresses)}, result.error, result.ttl, result.missing);
  });
}

void DnsSource::use(const Answer& answer) {
  std::vector<net::Address> addresses = answer.addresses;
  for (net::Address& address : addresses) address.set_port(port_);
  found_.clear();
  if (!is_each_) {
    found_.push_back({name_, host_, std::move(addresses), spec_.weight, spec_.priority});
    return;
  }
  for (const net::Address& address : addresses) {
    found_.push_back({address.text(), host_, {address}, spec_.weight, spec_.priority});
  }
  std::ranges::sort(found_, {}, &Found::name);  // servers turn their answers round
  const auto again = std::ranges::unique(found_, {}, &Found::name);
  found_.erase(again.begin(), again.end());
}

}  // namespace outrigger::upstream
