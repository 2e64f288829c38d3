#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "config/load.h"
#include "net/tls/context.h"
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
  std::string admin_token;  // empty: none is asked for
};

// Makes snapshots; keeps what did not change: sockets of the same address, certificates of the same content (so that
// sessions resume across reloads). Thread: the main one; blocks on files.
class SnapshotBuilder {
 public:
  explicit SnapshotBuilder(std::size_t workers) : workers_(workers) {}

  // All errors go to `errors`, a sentence each; null if there is one, and nothing has changed.
  std::shared_ptr<const Snapshot> build(config::Settings settings, std::vector<std::string>& errors);

 private:
  struct LoadedCertificate {
    std::uint64_t content;
    Certificate certificate;
  };
  using Certificates = std::map<std::string, LoadedCertificate>;

  void open(Snapshot& next, std::vector<std::string>& errors);
  std::shared_ptr<ListenSockets> bind(const Snapshot& next, const std::string& address, std::size_t count,
                                      std::vector<std::string>& errors);
  Certificate certificate(const config::Listener& listener, Certificates& used, std::vector<std::string>& errors);

  std::size_t workers_;
  std::shared_ptr<const Snapshot> current_;
  Certificates certificates_;  // by their files
};

}  // namespace outrigger::server
