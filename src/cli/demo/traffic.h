#pragma once

#include <cstddef>
#include <memory>
#include <vector>

#include "net/address.h"
#include "net/tls/context.h"

namespace outrigger::cli {

// What became of a number of requests.
struct TrafficResult {
  std::size_t requests = 0;
  std::size_t errors = 0;            // no answer, or 5xx
  std::vector<double> milliseconds;  // of every request, ascending

  // `share` 0..1: the time within which that share was answered; 0 without requests.
  double percentile(double share) const;
};

// Sends `requests` GETs of / from eight kept connections and waits for all. `tls` null: plain text.
TrafficResult send_traffic(const net::Address& address, const std::shared_ptr<net::tls::ClientContext>& tls,
                           std::size_t requests);

}  // namespace outrigger::cli
