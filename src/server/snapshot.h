#pragma once

#include <expected>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "adapters/runtime.h"
#include "config/load.h"
#include "net/tls/context.h"
#include "server/inherited_sockets.h"
#include "server/listen_sockets.h"
#include "upstream/client_contexts.h"

namespace outrigger::server {

using Certificate = std::shared_ptr<net::tls::ServerContext>;

// A configuration that is in use: parsed, checked, its files loaded and its sockets bound. Never changed.
struct Snapshot {
  config::Settings settings;
  std::map<std::string, std::shared_ptr<ListenSockets>> sockets;  // by listener name
  std::map<std::string, Certificate> certificates;                // by listener name
  std::shared_ptr<ListenSockets> status, admin;                   // null: off
  upstream::ClientContexts upstream_tls;
  std::shared_ptr<const adapters::AdapterSet> adapters;
  std::string admin_token;  // empty: none is asked for
};

// Makes snapshots; keeps what did not change: sockets of the same address, certificates of the same content (so that
// sessions resume across reloads). Thread: the main one; blocks on files.
class SnapshotBuilder {
 public:
  // `store`: where adapters find what goes on from one configuration to the next. `inherited`: sockets that the process
  // was started with, taken before new ones are bound; null: none.
  SnapshotBuilder(std::size_t workers, KeyedStore& store, InheritedSockets* inherited = nullptr)
      : workers_(workers), store_(store), inherited_(inherited) {}

  struct LoadedCertificate {
    std::uint64_t content;
    Certificate certificate;
  };
  using Certificates = std::map<std::string, LoadedCertificate>;  // by their files
  // A snapshot without its settings.
  struct Prepared {
    std::shared_ptr<Snapshot> snapshot;
    Certificates certificates;
  };

  // Loads what `settings` name. What cannot be had goes to `findings`; nothing is in use before adopt().
  Prepared load(const config::Settings& settings, const config::Findings& findings) const;
  // The same, and binds.
  Prepared open(const config::Settings& settings, const config::Findings& findings) const;
  // `opened` without an error listens and becomes the current one; or why it cannot listen.
  std::expected<std::shared_ptr<const Snapshot>, std::string> adopt(Prepared opened, config::Settings settings);

 private:
  // Sockets that nothing in `next` serves already.
  std::shared_ptr<ListenSockets> bind(const Snapshot& next, const std::string& name, const std::string& address,
                                      std::size_t count, const std::string& path,
                                      const config::Findings& findings) const;
  Certificate certificate(const config::Listener& listener, const std::string& path, Certificates& used,
                          const config::Findings& findings) const;

  std::size_t workers_;
  KeyedStore& store_;
  InheritedSockets* inherited_;
  std::shared_ptr<const Snapshot> current_;
  Certificates certificates_;
};

}  // namespace outrigger::server
