#include "server/snapshot.h"

#include "base/secret.h"
#include "net/address.h"
#include "server/file_watch.h"

namespace outrigger::server {

namespace {

std::vector<std::shared_ptr<ListenSockets>> all_sockets(const Snapshot& snapshot) {
  std::vector<std::shared_ptr<ListenSockets>> all;
  for (const auto& [name, sockets] : snapshot.sockets) all.push_back(sockets);
  for (const auto& sockets : {snapshot.status, snapshot.admin}) {
    if (sockets) all.push_back(sockets);
  }
  return all;
}

template <typename Condition>
std::shared_ptr<ListenSockets> find(const Snapshot& snapshot, Condition is_it) {
  for (auto& sockets : all_sockets(snapshot)) {
    if (is_it(*sockets)) return sockets;
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

std::string listener_path(std::size_t index) { return "listeners[" + std::to_string(index) + "]"; }

void check_address(const std::string& address, const std::string& path, const config::Findings& findings) {
  if (findings.has_errors(path) || address.empty()) return;
  const auto parsed = net::Address::parse(address);
  if (!parsed) findings.error(path, parsed.error());
}

void check_addresses(const config::Settings& settings, const config::Findings& findings) {
  for (std::size_t i = 0; i < settings.listeners.size(); ++i) {
    check_address(settings.listeners[i].address, listener_path(i) + ".address", findings);
  }
  if (settings.status) check_address(settings.status->address, "status.address", findings);
  if (settings.admin) check_address(settings.admin->address, "admin.address", findings);
}

}  // namespace

SnapshotBuilder::Prepared SnapshotBuilder::load(const config::Settings& settings,
                                                const config::Findings& findings) const {
  Prepared next{std::make_shared<Snapshot>(), {}};
  check_addresses(settings, findings);
  adapters::check_claims(settings, findings);
  for (std::size_t i = 0; i < settings.listeners.size(); ++i) {
    const config::Listener& listener = settings.listeners[i];
    const std::string path = listener_path(i) + ".tls";
    if (!listener.tls || findings.has_errors(path)) continue;
    next.snapshot->certificates[listener.name] = certificate(listener, path, next.certificates, findings);
  }
  next.snapshot->upstream_tls =
      upstream::load_client_contexts(settings, current_ ? &current_->upstream_tls : nullptr, findings);
  if (settings.admin && !settings.admin->token.empty() && !findings.has_errors("admin")) {
    auto token = base::resolve_secret(settings.admin->token);
    if (token) {
      next.snapshot->admin_token = *token;
    } else {
      findings.error("admin.token", token.error());
    }
  }
  return next;
}

SnapshotBuilder::Prepared SnapshotBuilder::open(const config::Settings& settings,
                                                const config::Findings& findings) const {
  Prepared next = load(settings, findings);
  Snapshot& snapshot = *next.snapshot;
  for (std::size_t i = 0; i < settings.listeners.size(); ++i) {
    const config::Listener& listener = settings.listeners[i];
    auto sockets = bind(listener.name, listener.address, workers_, listener_path(i) + ".address", findings);
    if (sockets) snapshot.sockets[listener.name] = std::move(sockets);
  }
  if (settings.status) snapshot.status = bind("status", settings.status->address, 1, "status.address", findings);
  if (settings.admin) snapshot.admin = bind("admin", settings.admin->address, 1, "admin.address", findings);
  snapshot.adapters = std::make_shared<adapters::AdapterSet>(adapters::open_adapters(settings, store_, findings));
  return next;
}

std::expected<std::shared_ptr<const Snapshot>, std::string> SnapshotBuilder::adopt(Prepared opened,
                                                                                   config::Settings settings) {
  for (const auto& sockets : all_sockets(*opened.snapshot)) {
    if (auto problem = sockets->listen(); !problem.empty()) return std::unexpected(std::move(problem));
  }
  for (const config::Listener& listener : settings.listeners) {
    const auto sockets = opened.snapshot->sockets.find(listener.name);
    const bool is_http = listener.protocol == config::ListenerProtocol::http;
    if (sockets != opened.snapshot->sockets.end()) sockets->second->wait_for_data(is_http);
  }
  for (const auto& sockets : {opened.snapshot->status, opened.snapshot->admin}) {
    if (sockets) sockets->wait_for_data(true);
  }
  opened.snapshot->settings = std::move(settings);
  certificates_ = std::move(opened.certificates);
  current_ = std::move(opened.snapshot);
  return current_;
}

std::shared_ptr<ListenSockets> SnapshotBuilder::bind(const std::string& name, const std::string& address,
                                                     std::size_t count, const std::string& path,
                                                     const config::Findings& findings) const {
  if (address.empty() || findings.has_errors(path)) return nullptr;
  const auto kept = current_ ? find(*current_, address) : nullptr;
  if (kept && kept->suits(count)) return kept;
  const auto passed = inherited_ == nullptr ? std::nullopt : inherited_->find(name, address);
  if (passed) return ListenSockets::shared(address, *passed);
  auto made = ListenSockets::bind(address, count, current_ && holds_port(*current_, address));
  if (made) return *made;
  findings.error(path, made.error());
  return nullptr;
}

namespace {

net::tls::ServerOptions options_of(const config::Listener& listener) {
  const config::ListenerTls& tls = *listener.tls;
  net::tls::ServerOptions options;
  if (!tls.self_signed) options.certificates.push_back({tls.cert, tls.key});
  for (const config::CertificatePair& pair : tls.certificates) options.certificates.push_back({pair.cert, pair.key});
  options.client_ca = tls.client_ca;
  options.is_client_required = tls.client_auth == config::ClientAuth::required;
  options.crl = tls.crl;
  options.ticket_keys = tls.ticket_keys;
  const bool is_modern = tls.policy == config::TlsPolicy::modern;
  options.policy = is_modern ? net::tls::Policy::modern : net::tls::Policy::intermediate;
  options.negotiates = listener.protocol == config::ListenerProtocol::http;
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
  return key + '\n' + options.ticket_keys + (options.policy == net::tls::Policy::modern ? "\nmodern" : "") +
         (options.negotiates ? "" : "\ntcp");
}

}  // namespace

Certificate SnapshotBuilder::certificate(const config::Listener& listener, const std::string& path, Certificates& used,
                                         const config::Findings& findings) const {
  const net::tls::ServerOptions options = options_of(listener);
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
    findings.error(path, loaded.error());
    return nullptr;
  }
  used[key] = {content, *loaded};
  return *loaded;
}

}  // namespace outrigger::server
