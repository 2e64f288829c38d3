#include "config/cached_chains.h"

#include <algorithm>
#include <array>
#include <set>
#include <string>
#include <vector>

namespace outrigger::config {

namespace {

// They decide who may ask, and how often.
constexpr std::array<std::string_view, 6> kGuards = {"access", "basic_auth", "api_key",
                                                     "jwt",    "ext_auth",   "rate_limit"};

// Variables of texts that differ from client to client, as they stand in normal form.
constexpr std::array<std::string_view, 11> kPersonal = {"${client_ip}",
                                                        "${user}",
                                                        "${client_cert_subject}",
                                                        "${user_agent}",
                                                        "${client_cert_san}",
                                                        "${client_cert_fingerprint}",
                                                        "${request_id}",
                                                        "${trace_id}",
                                                        "${span_id}",
                                                        "${protocol}",
                                                        "${listener}"};

using Chain = std::vector<const FilterSpec*>;

class CachedChains {
 public:
  CachedChains(const Settings& settings, Report& report) : settings_(settings), report_(report) {}

  void run() {
    for (const Listener& listener : settings_.listeners) {
      if (listener.routes.empty()) check(listener.filters, {}, listener.upstream);
      for (const Route& route : listener.routes) {
        check(listener.filters, route.filters, route.upstream);
        for (const WeightedUpstream& part : route.split) check(listener.filters, route.filters, part.upstream);
      }
    }
  }

 private:
  void check(const std::vector<FilterSpec>& outer, const std::vector<FilterSpec>& inner, const std::string& upstream) {
    Chain chain;
    const auto append = [&chain](const std::vector<FilterSpec>& filters) {
      for (const FilterSpec& spec : filters) chain.push_back(&spec);
    };
    append(outer);
    append(inner);
    const auto found = std::ranges::find(settings_.upstreams, upstream, &Upstream::name);
    if (found != settings_.upstreams.end() && found->filters) append(*found->filters);
    const auto cache = std::ranges::find_if(chain, [](const FilterSpec* spec) { return spec->type->name == "cache"; });
    if (cache == chain.end()) return;
    for (auto behind = cache + 1; behind != chain.end(); ++behind) look_at(**cache, **behind);
  }

  void look_at(const FilterSpec& cache, const FilterSpec& behind) {
    if (std::ranges::find(kGuards, behind.type->name) != kGuards.end()) {
      return warn(behind, "stands behind cache: a stored answer is given without asking it; put it before the cache");
    }
    if (behind.type->name != "headers" && behind.type->name != "rewrite" && behind.type->name != "respond") return;
    for (const std::string_view variable : kPersonal) {
      if (behind.fingerprint.contains(variable)) warn_of(behind, variable);
    }
    constexpr std::string_view kField = "${header:";
    for (auto at = behind.fingerprint.find(kField); at != std::string::npos;
         at = behind.fingerprint.find(kField, at + 1)) {
      const auto begin = at + kField.size();
      const std::string name = behind.fingerprint.substr(begin, behind.fingerprint.find('}', begin) - begin);
      if (!cache.fingerprint.contains(name)) warn_of(behind, "${header:" + name + "}");
    }
  }

  void warn_of(const FilterSpec& spec, std::string_view variable) {
    warn(spec, "stands behind cache and uses " + std::string(variable) +
                   ", which is not in the key: what one client gets is given to others");
  }
  void warn(const FilterSpec& spec, const std::string& message) {
    if (said_.insert(spec.path + message).second) report_.warning(spec.mark, spec.path, message);
  }

  const Settings& settings_;
  Report& report_;
  std::set<std::string> said_;
};

}  // namespace

void check_cached_chains(const Settings& settings, Report& report) { CachedChains(settings, report).run(); }

}  // namespace outrigger::config
