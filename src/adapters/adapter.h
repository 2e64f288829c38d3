#pragma once

#include <expected>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "adapters/child_reaper.h"
#include "adapters/claim.h"
#include "adapters/line_bus.h"
#include "adapters/metric_store.h"
#include "event/event_loop.h"
#include "net/dns/resolver.h"
#include "outrigger/config.h"
#include "outrigger/filter.h"

// The contract of an adapter's author. An adapter is a folder: a struct of settings with its `describe()`, the class,
// tests, README.md, and one line in adapters.def.
//
// The life of one: while a configuration is loaded, on the main thread, `claims` says what it must have alone and
// `open` takes what can fail (ports, files, secrets); if all of it is good, `make` and then `start` run on the
// adapters' thread, which carries no requests. A reload keeps every adapter whose settings did not change. One that
// changed is made anew, beside the one before, which is destroyed before the new one starts: what should go on (counts,
// offsets, sockets) is found by key in the store or in the MetricStore.
namespace outrigger::adapters {

// What all adapters share. Thread: the adapters'. Outlives every adapter.
struct AdapterServices {
  EventLoop& loop;
  net::dns::Resolver& resolver;
  KeyedStore& store;     // what is in it lives as long as somebody holds it
  LineBus& lines;        // every parsed line of the logs
  MetricStore& metrics;  // what comes out on /metrics and in pushes
  ChildReaper& children;
};

class Adapter {
 public:
  Adapter() = default;
  Adapter(const Adapter&) = delete;
  Adapter& operator=(const Adapter&) = delete;
  // Ends its work at once.
  virtual ~Adapter() = default;

  // Begins its work. Never waits: the thread is everybody's. Errors from here on are counted, logged once per change
  // and tried again.
  virtual void start() = 0;
  // The process ends: send what is waiting to be sent. Called once; the loop goes on until has_finished() is true of
  // all adapters, for a second at most.
  virtual void finish() {}
  virtual bool has_finished() const { return true; }
};

// Where a configuration is loaded: the main thread, which may block.
struct OpenContext {
  std::string_view place;  // "adapters.metrics[0]"
  KeyedStore& store;
};

struct AdapterContext {
  std::string_view place;        // "adapters.metrics[0]"
  std::string_view fingerprint;  // the options in normal form
  AdapterServices services;
  std::shared_ptr<void> opened;  // what `open` gave
};

// An adapter as the registry knows it: its description for the file, and how to make one.
struct AdapterType : config::AdapterDescriptor {
  std::unique_ptr<Adapter> (*make)(const void* options, AdapterContext& context) = nullptr;
  // Takes what can be refused. The error is a sentence and refuses the configuration. Null: nothing can.
  std::expected<std::shared_ptr<void>, std::string> (*open)(const void* options, OpenContext& context) = nullptr;
  // What no other adapter of the configuration can have, which is refused before anything is opened. `place`: as
  // AdapterSpec::path. Null: nothing.
  std::vector<Claim> (*claims)(const void* options, std::string_view place) = nullptr;
};

}  // namespace outrigger::adapters
