#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <algorithm>
#include <ctime>
#include <set>
#include <utility>

#include "net/tls/certificate.h"
#include "net/tls/client_certificate.h"
#include "net/tls/context.h"
#include "net/tls/context_rules.h"
#include "net/tls/pem.h"

namespace outrigger::net::tls {

namespace {

using Time = std::chrono::system_clock::time_point;

Time expiry(const x509_st* certificate) {
  std::tm time{};
  ASN1_TIME_to_tm(X509_get0_notAfter(certificate), &time);
  return std::chrono::system_clock::from_time_t(::timegm(&time));
}

std::string lower(std::string_view text) {
  std::string made(text);
  for (char& c : made) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  return made;
}

std::set<std::string> names_of(const CertificatePair& pair) {
  std::set<std::string> names;
  for (const std::string& name : dns_names(pair.chain.front().get())) names.insert(lower(name));
  return names;
}

}  // namespace

// Takes pairs and makes contexts of them: one for each set of names.
class ServerContext::Builder {
 public:
  explicit Builder(const ServerOptions& options) : options_(options), made_(new ServerContext) {}

  std::optional<std::string> prepare() {
    auto check = ClientCheck::load(options_);
    if (!check) return check.error();
    check_.emplace(std::move(*check));
    made_->revocations_until_ = check_->revocations_until();
    made_->tickets_ = std::make_unique<TicketKeys>();
    if (options_.ticket_keys.empty()) return std::nullopt;
    const auto text = read_file(options_.ticket_keys);
    if (!text) return text.error();
    auto keys = TicketKeys::parse(*text);
    if (!keys) return options_.ticket_keys + " " + keys.error();
    made_->tickets_ = std::move(*keys);
    return std::nullopt;
  }

  std::optional<std::string> add(const CertificatePair& pair) {
    const std::set<std::string> names = names_of(pair);
    const int kind = EVP_PKEY_get_base_id(pair.key.get());
    Group* group = find_group(names);
    if (group == nullptr) {
      if (auto error = new_group(names)) return error;
      group = &groups_.back();
    }
    if (!group->kinds.insert(kind).second) {
      return pair.source + " is for the same names and has the same kind of key as another certificate";
    }
    if (!use_pair(group->context, pair)) return cannot_use(pair.source);
    const Time until = expiry(pair.chain.front().get());
    made_->not_after_ =
        made_->contexts_.size() == 1 && group->kinds.size() == 1 ? until : std::min(made_->not_after_, until);
    return std::nullopt;
  }

  std::shared_ptr<ServerContext> take() {
    SSL_CTX_set_tlsext_servername_callback(made_->get(), &ServerContext::on_server_name);
    SSL_CTX_set_tlsext_servername_arg(made_->get(), made_.get());
    return std::move(made_);
  }

 private:
  struct Group {
    std::set<std::string> names;
    std::set<int> kinds;
    ssl_ctx_st* context;
  };
  Group* find_group(const std::set<std::string>& names) {
    const auto found = std::ranges::find(groups_, names, &Group::names);
    return found == groups_.end() ? nullptr : &*found;
  }
  std::optional<std::string> new_group(const std::set<std::string>& names) {
    ContextHandle context = new_server_context(options_.policy, options_.negotiates);
    if (!context) return cannot_set_up();
    if (auto error = check_->apply(context.get())) return error;
    made_->tickets_->serve(context.get());
    groups_.push_back({names, {}, context.get()});
    for (const std::string& name : names) made_->names_.try_emplace(name, context.get());
    made_->contexts_.push_back(std::move(context));
    return std::nullopt;
  }

  const ServerOptions& options_;
  std::shared_ptr<ServerContext> made_;
  std::optional<ClientCheck> check_;
  std::vector<Group> groups_;
};

std::expected<std::shared_ptr<ServerContext>, std::string> ServerContext::load(const ServerOptions& options) {
  Builder builder(options);
  if (const auto error = builder.prepare()) return std::unexpected(*error);
  for (const CertificateFiles& files : options.certificates) {
    const auto pair = read_pair(files);
    if (!pair) return std::unexpected(pair.error());
    if (const auto error = builder.add(*pair)) return std::unexpected(*error);
  }
  return builder.take();
}

std::expected<std::shared_ptr<ServerContext>, std::string> ServerContext::self_signed(
    const std::vector<std::string>& names, const ServerOptions& options) {
  const auto now = std::chrono::system_clock::now();
  // Five minutes back: the client's clock may be a little behind ours.
  auto made = make_self_signed(names, now - std::chrono::minutes(5), now + std::chrono::days(30));
  if (!made) return std::unexpected(made.error());
  CertificatePair pair;
  pair.source = "self_signed";
  pair.chain.push_back(std::move(made->certificate));
  pair.key = std::move(made->key);
  Builder builder(options);
  if (const auto error = builder.prepare()) return std::unexpected(*error);
  if (const auto error = builder.add(pair)) return std::unexpected(*error);
  return builder.take();
}

std::string ServerContext::certificate_pem() const { return to_pem(SSL_CTX_get0_certificate(get())); }

// An exact name goes before a wildcard, which stands for one label (RFC 6125 section 6.4.3).
ssl_ctx_st* ServerContext::context_for(std::string_view name) const {
  if (const auto exact = names_.find(name); exact != names_.end()) return exact->second;
  const auto dot = name.find('.');
  if (dot == std::string_view::npos) return nullptr;
  const auto wild = names_.find("*" + std::string(name.substr(dot)));
  return wild == names_.end() ? nullptr : wild->second;
}

// RFC 6066 section 3: a name that we have nothing for is no reason to refuse; the first certificate stands.
int ServerContext::on_server_name(ssl_st* connection, int*, void* self) {
  const char* name = SSL_get_servername(connection, TLSEXT_NAMETYPE_host_name);
  if (name == nullptr) return SSL_TLSEXT_ERR_NOACK;
  std::string wanted = lower(name);
  if (wanted.ends_with('.')) wanted.pop_back();
  ssl_ctx_st* context = static_cast<const ServerContext*>(self)->context_for(wanted);
  if (context == nullptr) return SSL_TLSEXT_ERR_NOACK;
  SSL_set_SSL_CTX(connection, context);
  return SSL_TLSEXT_ERR_OK;
}

}  // namespace outrigger::net::tls
