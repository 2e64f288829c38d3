#include "server/snapshot.h"

#include "base/secret.h"
#include "server/file_watch.h"

namespace outrigger::server {

namespace {

std::shared_ptr<ListenSockets> find(const Snapshot& snapshot, const std::string& address) {
  for (const auto& [name, sockets] : snapshot.sockets) {
    if (sockets->address() == address) return sockets;
  }
  for (const auto& sockets : {snapshot.status, snapshot.admin}) {
    if (sockets && sockets->address() == address) return sockets;
  }
  return nullptr;
}

}  // namespace

std::shared_ptr<const Snapshot> SnapshotBuilder::build(config::Settings settings, std::vector<std::string>& errors) {
  auto next = std::make_shared<Snapshot>();
  next->settings = std::move(settings);
  Certificates used;
  for (const config::Listener& listener : next->settings.listeners) {
    if (listener.tls) next->certificates[listener.name] = certificate(listener, used, errors);
  }
  next->upstream_tls =
      upstream::load_client_contexts(next->settings, current_ ? &current_->upstream_tls : nullptr, errors);
  if (next->settings.admin && !next->settings.admin->token.empty()) {
    auto token = base::resolve_secret(next->settings.admin->token);
    if (token) {
      next->admin_token = *token;
    } else {
      errors.push_back("admin.token: " + token.error());
    }
  }
  open(*next, errors);
  if (!errors.empty()) return nullptr;
  certificates_ = std::move(used);
  current_ = next;
  return next;
}

void SnapshotBuilder::open(Snapshot& next, std::vector<std::string>& errors) {
  for (const config::Listener& listener : next.settings.listeners) {
    if (auto sockets = bind(next, listener.address, workers_, errors)) next.sockets[listener.name] = sockets;
  }
  if (next.settings.status) next.status = bind(next, next.settings.status->address, 1, errors);
  if (next.settings.admin) next.admin = bind(next, next.settings.admin->address, 1, errors);
}

std::shared_ptr<ListenSockets> SnapshotBuilder::bind(const Snapshot& next, const std::string& address,
                                                     std::size_t count, std::vector<std::string>& errors) {
  if (find(next, address)) {
    errors.push_back("cannot listen on " + address + " twice");
    return nullptr;
  }
  if (current_) {
    if (auto kept = find(*current_, address)) return kept;
  }
  auto made = ListenSockets::bind(address, count);
  if (made) return *made;
  errors.push_back(made.error());
  return nullptr;
}

Certificate SnapshotBuilder::certificate(const config::Listener& listener, Certificates& used,
                                         std::vector<std::string>& errors) {
  const config::ListenerTls& tls = *listener.tls;
  const std::string key = tls.self_signed ? "self-signed\n" + listener.name : tls.cert + '\n' + tls.key;
  const std::uint64_t content = tls.self_signed ? 0 : content_fingerprint({tls.cert, tls.key});
  const auto kept = certificates_.find(key);
  if (kept != certificates_.end() && kept->second.content == content) {
    used.insert(*kept);
    return kept->second.certificate;
  }
  auto loaded =
      tls.self_signed ? net::tls::ServerContext::self_signed({}) : net::tls::ServerContext::load(tls.cert, tls.key);
  if (!loaded) {
    errors.push_back(loaded.error());
    return nullptr;
  }
  used[key] = {content, *loaded};
  return *loaded;
}

}  // namespace outrigger::server
