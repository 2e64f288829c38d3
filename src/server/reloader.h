#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "outrigger/clock.h"
#include "outrigger/stats.h"
#include "server/file_watch.h"
#include "server/snapshot.h"

namespace outrigger::server {

// Where the configuration comes from.
struct Source {
  std::string file = "outrigger.yaml";
  std::string text;  // not empty: the configuration itself, `file` is only its name
};

// How the latest load went.
struct LoadReport {
  bool ok = false;
  WallTime at{};
  std::uint64_t generation = 0;                 // counts the configurations that were adopted
  std::vector<config::Diagnostic> diagnostics;  // of the file and of what it names: ports, certificates
  // The first error in one line; empty when there is none.
  std::string headline() const;
};

// Turns files into snapshots: at start, and again whenever one of them changes. A bad file changes nothing.
// Thread: the loop's.
class Reloader {
 public:
  struct Hooks {
    std::function<void()> begins;                                // to load
    std::function<void(std::shared_ptr<const Snapshot>)> adopt;  // each good snapshot
    std::function<void()> ended;                                 // well or not: report() says it
  };
  Reloader(EventLoop& loop, Source source, config::FilterCatalog catalog, SnapshotBuilder builder, Hooks hooks);

  // Reads, checks, builds and adopts; says in the process log how it went. The first call is the start: it says
  // nothing.
  const LoadReport& reload();
  const LoadReport& report() const { return report_; }
  const Source& source() const { return source_; }

 private:
  config::LoadResult load(const config::Inspect& inspect);
  bool adopt(SnapshotBuilder::Prepared next, config::Settings settings);
  void tell() const;

  Source source_;
  config::FilterCatalog catalog_;
  SnapshotBuilder builder_;
  Hooks hooks_;
  std::vector<std::string> sources_;  // that the latest reading named
  FileWatch watch_;
  LoadReport report_;
  stats::Counter good_, bad_;
};

}  // namespace outrigger::server
