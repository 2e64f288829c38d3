#include "upstream/discovery/source.h"

#include <algorithm>

#include "upstream/discovery/dns_source.h"
#include "upstream/discovery/srv_source.h"

namespace outrigger::upstream {

namespace {

// What is in the file is what there is.
class FixedSource final : public Source {
 public:
  explicit FixedSource(Found found) : found_{std::move(found)} {}
  const std::vector<Found>& found() const override { return found_; }

 private:
  std::vector<Found> found_;
};

bool is_port(const std::string& text) { return text.find_first_not_of("0123456789") == std::string::npos; }

std::string host_of(const std::string& text) {
  const auto parts = net::split_host_port(text);
  return parts ? parts->host : std::string();
}

}  // namespace

const std::string& Source::error() const {
  static const std::string kNone;
  return kNone;
}

std::unique_ptr<Source> make_source(const config::EndpointSpec& spec, const SourceContext& context) {
  const std::string& text = spec.address;
  if (is_port(text)) {  // of this host
    std::vector<net::Address> addresses;
    for (const char* host : {"127.0.0.1:", "[::1]:"}) addresses.push_back(net::Address::parse(host + text).value());
    return std::make_unique<FixedSource>(
        Found{"localhost:" + text, "localhost", std::move(addresses), spec.weight, spec.priority});
  }
  if (const auto address = net::Address::parse(text)) {
    return std::make_unique<FixedSource>(Found{text, host_of(text), {*address}, spec.weight, spec.priority});
  }
  if (text.starts_with("dns+srv://")) return std::make_unique<SrvSource>(spec, context);
  return std::make_unique<DnsSource>(spec, context);
}

}  // namespace outrigger::upstream
