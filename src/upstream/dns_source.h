#pragma once

#include "upstream/source.h"

namespace outrigger::upstream {

// A name that is asked for again whenever its answer is as old as its TTL allows. Answers with addresses replace the
// ones before; failures, denials and empty answers leave them, for ten minutes.
class DnsSource final : public Source {
 public:
  // "name:port", or "dns://name:port" for an endpoint per address.
  DnsSource(const config::EndpointSpec& spec, SourceContext context);

  const std::vector<Found>& found() const override { return found_; }
  bool is_pending() const override { return is_pending_; }
  const std::string& error() const override { return error_; }

 private:
  void ask();
  void on_answer(net::dns::Result result);
  std::vector<Found> endpoints_of(std::vector<net::Address> addresses) const;

  SourceContext context_;
  std::string name_;
  std::string host_;
  std::uint16_t port_ = 0;
  std::uint32_t weight_;
  std::uint32_t priority_;
  bool is_each_;  // an endpoint per address
  bool is_pending_ = true;
  Instant last_good_{};
  std::string error_;
  std::vector<Found> found_;
  std::unique_ptr<net::dns::Lookup> lookup_;
  Timer again_;
};

}  // namespace outrigger::upstream
