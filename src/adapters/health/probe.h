#pragma once

#include <functional>
#include <memory>
#include <string>

#include "adapters/adapter.h"
#include "adapters/health/check.h"

namespace outrigger::adapters {

// One check, made again and again. Destroying it cancels. Thread: the adapters'.
class Probe {
 public:
  // What is wrong, a few words; empty: it is good.
  using Done = std::function<void(std::string problem)>;

  Probe() = default;
  Probe(const Probe&) = delete;
  Probe& operator=(const Probe&) = delete;
  virtual ~Probe() = default;
  // Calls `done` once, perhaps before it returns, at the latest about the check's timeout after. Not again before then.
  virtual void begin(Done done) = 0;
};

// For a check that is no group.
std::unique_ptr<Probe> make_probe(const Check& check, const AdapterServices& services);

}  // namespace outrigger::adapters
