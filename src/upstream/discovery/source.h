#pragma once

#include <memory>
#include <string>
#include <vector>

#include "config/settings.h"
#include "net/address.h"
#include "net/dns/resolver.h"
#include "upstream/cluster_stats.h"
#include "upstream/discovery/discovery.h"

namespace outrigger::upstream {

// An endpoint that a source stands for.
struct Found {
  std::string name;                     // "127.0.0.1:80", "api.example:443", "unix:/run/app"
  std::string host;                     // the part that a certificate is for
  std::vector<net::Address> addresses;  // in the order in which they are tried; empty: not known
  std::uint32_t weight = 1;
  std::uint32_t priority = 0;
};

// Where the endpoints of one entry of `endpoints:` come from. Thread: its worker.
class Source {
 public:
  // Whoever uses it.
  class Owner {
   public:
    // found(), is_pending() or error() changed. From an event, never inside make_source().
    virtual void on_source_changed() = 0;

   protected:
    ~Owner() = default;
  };

  virtual ~Source() = default;
  virtual const std::vector<Found>& found() const = 0;
  // The first answer is still to come.
  virtual bool is_pending() const { return false; }
  // Why there is no newer answer, a sentence; empty while all is well.
  virtual const std::string& error() const;
  // Nothing is looked up again. What is being looked up still ends.
  virtual void stop() {}
  // How its look-ups go; null: there is nothing to look up.
  virtual Discovery* discovery() const { return nullptr; }
};

struct SourceContext {
  EventLoop& loop;
  std::shared_ptr<net::dns::Resolver> resolver;
  ClusterStats stats;
  std::shared_ptr<DiscoveryBoard> board;
  Source::Owner& owner;
};

// The source for an entry: an address, a name whose addresses are one endpoint, (dns://) a name each of whose addresses
// is one, or (dns+srv://) a name each of whose services is one. Never fails: an unknown name is a source without
// endpoints that goes on asking.
std::unique_ptr<Source> make_source(const config::EndpointSpec& spec, const SourceContext& context);

}  // namespace outrigger::upstream
