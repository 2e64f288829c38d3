#include "cli/admin_client.h"

#include <CLI/CLI.hpp>

#include "base/secret.h"
#include "config/load.h"
#include "server/catalog.h"

namespace outrigger::cli {

namespace {

using namespace std::chrono_literals;

struct Place {
  std::string address;
  std::string token;
};

std::expected<Place, std::string> find(const AdminTarget& target) {
  if (!target.address.empty()) return Place{target.address, target.token};
  const config::LoadResult loaded = config::load_file(target.file, server::catalog());
  if (!loaded.settings) {
    std::string text = loaded.diagnostics.empty() ? target.file : config::render(loaded.diagnostics.front(), false);
    return std::unexpected(text + "\nTo reach the running process all the same: --admin ADDRESS");
  }
  if (!loaded.settings->admin) {
    return std::unexpected("there is no admin address in " + target.file +
                           ". Add this line and restart:\n  admin: {address: 127.0.0.1:9901}");
  }
  return Place{loaded.settings->admin->address, target.token.empty() ? loaded.settings->admin->token : target.token};
}

}  // namespace

std::string local_address(std::string address) {
  for (const std::string_view any : {"0.0.0.0:", "[::]:"}) {
    if (address.starts_with(any)) return "127.0.0.1:" + address.substr(any.size());
  }
  return address.find(':') == std::string::npos ? "127.0.0.1:" + address : address;
}

void AdminTarget::add_options(CLI::App& command) {
  command.add_option("-c,--config", file, "The configuration of the running process (outrigger.yaml)");
  command.add_option("--admin", address, "Its admin address instead, such as 127.0.0.1:9901 or unix:/path");
  command.add_option("--token", token, "Its admin token, as file:/path or env:NAME; absent: as in the configuration");
}

namespace {

struct Reached {
  std::string place;
  net::Address address;
  std::string authorization;  // a whole line
};

std::expected<Reached, std::string> reach(const AdminTarget& target) {
  const auto place = find(target);
  if (!place) return std::unexpected(place.error());
  const auto address = net::Address::parse(local_address(place->address));
  if (!address) return std::unexpected(address.error());
  Reached reached{place->address, *address, "Accept: application/json"};
  if (!place->token.empty()) {
    const auto token = base::resolve_secret(place->token);
    if (!token) return std::unexpected(token.error());
    reached.authorization = "Authorization: Bearer " + *token;
  }
  return reached;
}

std::expected<HttpClient::Answer, std::string> explained(std::expected<HttpClient::Answer, std::string> answer,
                                                         const Reached& reached) {
  if (!answer) return std::unexpected("cannot ask the admin API at " + reached.place + ": " + answer.error());
  if (answer->status == 401) return std::unexpected("the admin API wants its token: --token file:/path or env:NAME");
  return answer;
}

}  // namespace

std::expected<HttpClient::Answer, std::string> call_admin(const AdminTarget& target, std::string_view method,
                                                          std::string_view path) {
  const auto reached = reach(target);
  if (!reached) return std::unexpected(reached.error());
  HttpClient client(reached->address, nullptr, 30s);
  return explained(client.request(method, path, {reached->authorization}), *reached);
}

std::expected<HttpClient::Answer, std::string> stream_admin(const AdminTarget& target, std::string_view path,
                                                            const std::function<bool(std::string_view)>& take) {
  const auto reached = reach(target);
  if (!reached) return std::unexpected(reached.error());
  HttpClient client(reached->address, nullptr, 60s);
  return explained(client.stream(path, {reached->authorization}, take), *reached);
}

}  // namespace outrigger::cli
