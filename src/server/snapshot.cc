#include "server/snapshot.h"

#include "base/secret.h"
#include "net/address.h"
#include "server/file_watch.h"

namespace outrigger::server {

namespace {

template <typename Condition>
std::shared_ptr<ListenSockets> find(const Snapshot& snapshot, Condition is_it) {
  for (const auto& [name, sockets] : snapshot.sockets) {
    if (is_it(*sockets)) return sockets;
  }
  for (const auto& sockets : {snapshot.status, snapshot.admin}) {
    if (sockets && is_it(*sockets)) return sockets;
  }
  return nullptr;
}

std::shared_ptr<ListenSockets> find(const Snapshot& snapshot, const std::string& address) {
  return find(snapshot, [&](const ListenSockets& sockets) { return sockets.address() == address; });
}

// The same port on any address: 0 for a Unix socket or what is no address.
std::uint16_t port_of(const std::string& address) {
  const auto parsed = net::Address::parse(address);
  return parsed && !parsed->is_unix() ? parsed->port() : std::uint16_t{0};
}

bool holds_port(const Snapshot& snapshot, const std::string& address) {
  const std::uint16_t port = port_of(address);
  return port != 0 &&
         find(snapshot, [&](const ListenSockets& sockets) { return port_of(sockets.address()) == port; }) != nullptr;
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
  const auto kept = current_ ? find(*current_, address) : nullptr;
  const bool is_unix = port_of(address) == 0;  // one socket for all workers
  if (kept && (is_unix || kept->count() == count)) return kept;
  auto made = ListenSockets::bind(address, count, current_ && holds_port(*current_, address));
  if (made) return *made;
  errors.push_back(made.error());
  return nullptr;
}

namespace {

net::tls::ServerOptions options_of(const config::ListenerTls& tls) {
  net::tls::ServerOptions options;
  if (!tls.self_signed) options.certificates.push_back({tls.cert, tls.key});
  for (const config::CertificatePair& pair : tls.certificates) options.certificates.push_back({pair.cert, pair.key});
  options.client_ca = tls.client_ca;
  options.is_client_required = tls.client_auth == config::ClientAuth::required;
  options.crl = tls.crl;
  options.ticket_keys = tls.ticket_keys;
  const bool is_modern = tls.policy == config::TlsPolicy::modern;
  options.policy = is_modern ? net::tls::Policy::modern : net::tls::Policy::intermediate;
  return options;
}

std::vector<std::string> files_of(const net::tls::ServerOptions& options) {
  std::vector<std::string> files;
  for (const auto& pair : options.certificates) files.insert(files.end(), {pair.cert, pair.key});
  for (const std::string& file : {options.client_ca, options.crl, options.ticket_keys}) {
    if (!file.empty()) files.push_back(file);
  }
  return files;
}

// Equal for listeners that may share a context. A self-signed certificate is a listener's own.
std::string key_of(const config::Listener& listener, const net::tls::ServerOptions& options) {
  std::string key = listener.tls->self_signed ? "self-signed " + listener.name : "";
  for (const auto& pair : options.certificates) key += '\n' + pair.cert + '\n' + pair.key;
  key += '\n' + options.client_ca + (options.is_client_required ? " required\n" : " optional\n") + options.crl;
  return key + '\n' + options.ticket_keys + (options.policy == net::tls::Policy::modern ? "\nmodern" : "");
}

}  // namespace

Certificate SnapshotBuilder::certificate(const config::Listener& listener, Certificates& used,
                                         std::vector<std::string>& errors) {
  const net::tls::ServerOptions options = options_of(*listener.tls);
  const std::string key = key_of(listener, options);
  const auto files = files_of(options);
  const std::uint64_t content = files.empty() ? 0 : content_fingerprint(files);
  const auto kept = certificates_.find(key);
  if (kept != certificates_.end() && kept->second.content == content) {
    used.insert(*kept);
    return kept->second.certificate;
  }
  auto loaded = listener.tls->self_signed ? net::tls::ServerContext::self_signed({}, options)
                                          : net::tls::ServerContext::load(options);
  if (!loaded) {
    errors.push_back(loaded.error());
    return nullptr;
  }
  used[key] = {content, *loaded};
  return *loaded;
}

}  // namespace outrigger::server
