#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "outrigger/config.h"
#include "outrigger/endpoint_gate.h"
#include "outrigger/exchange.h"
#include "outrigger/task.h"

namespace outrigger {

namespace config {
struct Tracing;
}
class Filter;

// What a filter of the file is called, and where it stands there.
struct FilterMark {
  std::string name;   // "retry"
  std::string where;  // "outrigger.yaml:14"; empty: nobody wrote it, it is a default
};

// A place in a chain: this filter, then the rest. Built with the worker's live snapshot, never changed.
struct Link {
  Filter* filter;
  const Link* rest;
  const FilterMark* mark = nullptr;  // null: no filter of the file
};

// The rest of the chain. May be called never (local reply), once, or often by a filter that says `repeats()`: each
// later call starts from the request head as it stood at the first.
class Next {
 public:
  explicit Next(const Link* link, bool repeats = false) : link_(link), repeats_(repeats) {}
  [[clang::coro_wrapper, clang::coro_disable_lifetimebound]] Task<Response> operator()(Exchange& exchange);
  // Puts the request back now, not with the later call, so that the filter can change it for that call.
  void rewind(Exchange& exchange) {
    if (first_ != nullptr) exchange.rollback(*first_);
    is_rewound_ = true;
  }

 private:
  const Link* link_;
  bool repeats_;
  bool is_rewound_ = false;
  Exchange::Checkpoint* first_ = nullptr;
};

// One step of a chain, and the only mechanism there is: retry, cache and access control are all filters.
// One instance per worker and place; `handle` runs for many exchanges at once, so request state lives in its locals.
class Filter {
 public:
  Filter() = default;
  Filter(const Filter&) = delete;
  Filter& operator=(const Filter&) = delete;
  virtual ~Filter() = default;

  // Answers the exchange, usually by calling `next`. Code behind a co_await may never run: what must happen sits in a
  // destructor or a Finisher. A filter that does not need the answer returns next(exchange) and is no coroutine.
  virtual Task<Response> handle(Exchange& exchange, Next next) = 0;
  // True if `next` may be called more than once.
  virtual bool repeats() const { return false; }
  // The parameter of the query in which it looks for a credential; empty: none. Known before any request, so that
  // nobody shows its value whoever answers: of a listener those that its own filters name, its routes' and upstreams'.
  virtual std::string_view hidden_parameter() const { return {}; }
  // A request to the listener whose chain this stands in could not be read, and is answered without the chain (400,
  // 408, 431 ...). A filter that must know of every request adds its Finisher here; of the head, what could be read is
  // set.
  virtual void refused(Exchange& exchange) { (void)exchange; }
};

inline Task<Response> Next::operator()(Exchange& exchange) {
  if (repeats_) {
    if (first_ == nullptr) {
      first_ = exchange.checkpoint();
    } else if (!std::exchange(is_rewound_, false)) {
      exchange.rollback(*first_);
    }
  }
  if (exchange.journal() != nullptr && link_->mark != nullptr) [[unlikely]]
    exchange.note_step(*link_);
  return link_->filter->handle(exchange, Next(link_->rest, link_->filter->repeats()));
}

// State that outlives a reload and is shared by the workers (breaker, budget): found by key, made at the first use.
class KeyedStore {
 public:
  virtual ~KeyedStore() = default;
  // The object under `key`, or the one that `make` gives. Outlives filters. Thread: any; takes a lock: while a snapshot
  // is built, or once for what becomes known later.
  virtual std::shared_ptr<void> find_or_make(const std::string& key, std::function<std::shared_ptr<void>()> make) = 0;
};

// The chains of the file's upstreams, for a filter that sends a request to another one than its route leads to.
class UpstreamChains {
 public:
  // Where requests enter the chain of that upstream, which the loader knows to exist. Never null; may be used when the
  // whole configuration is built, as long as the filter lives.
  virtual const Link* entry(std::string_view upstream) = 0;

 protected:
  ~UpstreamChains() = default;
};

// What a filter's factory may use.
struct FilterContext {
  std::string_view place;        // where it stands in the file: "upstreams.app.filters[1].retry", in a chain
                                 // "chains.common[0].headers", which many may use
  std::string_view fingerprint;  // the options in normal form
  // Whose chain this is: an upstream (the other two empty), or a listener and perhaps its route (`upstream` is where
  // the route leads, if that is one).
  std::string_view listener, route, upstream;
  KeyedStore& store;
  UpstreamChains& upstreams;
  // What has a say in the choice of the upstream's endpoint; null outside an upstream's chain.
  std::vector<std::shared_ptr<EndpointGateMaker>>* endpoint_gates = nullptr;
  // What `FilterDescriptor::load` gave; null if the type has none.
  std::shared_ptr<const void> files = nullptr;
  // How many filters before it in its chain are the same with the same options.
  std::size_t occurrence = 0;
  // The block `tracing:` of the file; null: it has none.
  const config::Tracing* tracing = nullptr;
  // The names of all routes of the file, sorted.
  std::span<const std::string_view> routes{};

  // The same as what it is: the T that `load` made.
  template <typename T>
  std::shared_ptr<const T> loaded() const {
    return std::static_pointer_cast<const T>(files);
  }

  // The state that this filter shares with itself on other workers and after a reload that changes neither its options
  // nor whose chain it is in. Where in that chain it stands does not matter: a filter put in front of it takes nothing
  // from it.
  template <typename T>
  std::shared_ptr<T> shared(std::string_view kind, std::function<std::shared_ptr<T>()> make) {
    return std::static_pointer_cast<T>(
        store.find_or_make(key(kind), [&] { return std::static_pointer_cast<void>(make()); }));
  }
  // Under which that state is found, for a filter that makes its state later.
  std::string key(std::string_view kind) const {
    std::string text(kind);
    for (const std::string_view part : {listener, route, upstream, fingerprint}) (text += '\n') += part;
    return (text += '\n') += std::to_string(occurrence);
  }
};

// FilterDescriptor::needs_http of a filter that works for any connection.
inline std::string needs_no_http(const void*) { return {}; }

// A filter as the registry knows it: its description for the file, and how to make one.
struct FilterType : config::FilterDescriptor {
  std::unique_ptr<Filter> (*make)(const void* options, FilterContext& context);
};

}  // namespace outrigger
