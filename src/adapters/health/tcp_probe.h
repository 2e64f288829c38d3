#pragma once

#include <string>
#include <vector>

#include "adapters/health/probe.h"
#include "net/address.h"

namespace outrigger::adapters {

// Connects to the addresses of a name, one after the other, and closes. Where nobody listens it may get itself for
// a peer: that is a refusal too.
class TcpProbe final : public Probe, private Wakeable {
 public:
  TcpProbe(std::string target, Duration timeout, const AdapterServices& services);
  ~TcpProbe() override { close(); }
  void begin(Done done) override;

 private:
  void wake() override;
  void try_next();
  bool is_good(int error);
  void close();
  void finish(std::string problem);

  const std::string target_;
  const Duration timeout_;
  AdapterServices services_;
  Done done_;
  std::unique_ptr<net::dns::Lookup> lookup_;
  std::vector<net::Address> left_;  // the next one last
  std::string problem_;             // of the latest address
  int fd_ = -1;
  std::unique_ptr<FdWatch> watch_;
  Timer deadline_;
};

}  // namespace outrigger::adapters
