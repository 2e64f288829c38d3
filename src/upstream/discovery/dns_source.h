#pragma once

#include "upstream/discovery/lookup_source.h"

namespace outrigger::upstream {

// The addresses of a name.
class DnsSource final : public LookupSource {
 public:
  // "name:port", or "dns://name:port" for an endpoint per address.
  DnsSource(const config::EndpointSpec& spec, const SourceContext& context);

  const std::vector<Found>& found() const override { return found_; }

 private:
  void ask() override;
  void use(const Answer& answer) override;

  std::string name_;
  std::string host_;
  std::uint16_t port_ = 0;
  bool is_each_;  // an endpoint per address
  std::vector<Found> found_;
  std::unique_ptr<net::dns::Lookup> lookup_;
};

}  // namespace outrigger::upstream
