#include "adapters/health/round.h"

namespace outrigger::adapters {
namespace {

// "" where it is no group.
const std::vector<Check>& members(const Check& check) { return check.all.empty() ? check.any : check.all; }

}  // namespace

Round::Round(const Check& root, const AdapterServices& services) : root_(root) { add(root_, services); }

void Round::add(const Check& check, const AdapterServices& services) {
  for (const Check& each : members(check)) add(each, services);
  if (!members(check).empty()) return;
  probes_.push_back(make_probe(check, services));
  results_.push_back({what(check), ""});
}

void Round::begin(std::function<void(bool)> done) {
  done_ = std::move(done);
  waiting_ = probes_.size() + 1;  // one for this loop: probes may answer at once
  for (std::size_t i = 0; i < probes_.size(); ++i) {
    probes_[i]->begin([this, i](std::string problem) {
      results_[i].problem = std::move(problem);
      end_one();
    });
  }
  end_one();
}

void Round::end_one() {
  if (--waiting_ > 0) return;
  std::size_t next = 0;
  done_(is_good(root_, next));
}

bool Round::is_good(const Check& check, std::size_t& next) const {
  if (members(check).empty()) return results_[next++].problem.empty();
  bool all = true;
  bool any = false;
  for (const Check& each : members(check)) {
    const bool good = is_good(each, next);
    all = all && good;
    any = any || good;
  }
  return check.all.empty() ? any : all;
}

}  // namespace outrigger::adapters
