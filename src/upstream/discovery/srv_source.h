#pragma once

#include "upstream/discovery/lookup_source.h"

namespace outrigger::upstream {

// "dns+srv://name": an endpoint for each SRV record, whose host is looked up in turn. The records say port, priority
// and weight; the entry's own weight multiplies theirs, its priority is added. RFC 2782.
class SrvSource final : public LookupSource, private Source::Owner {
 public:
  SrvSource(const config::EndpointSpec& spec, const SourceContext& context);

  const std::vector<Found>& found() const override { return found_; }
  // Also while the hosts are looked up for the first time.
  bool is_pending() const override;
  const std::string& error() const override;
  void stop() override;

 private:
  struct Target {
    config::EndpointSpec spec;
    std::unique_ptr<Source> source;
  };
  void ask() override;
  void use(const Answer& answer) override;
  void on_source_changed() override;
  Target target_of(const net::dns::Service& service);
  void collect();

  std::string name_;
  std::vector<Target> targets_;
  std::vector<Found> found_;
  std::unique_ptr<net::dns::ServiceLookup> lookup_;
};

}  // namespace outrigger::upstream
