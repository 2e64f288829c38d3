#include "adapters/logs/claims.h"

#include <filesystem>

#include "base/text.h"

namespace outrigger::adapters::logs {
namespace {

// By which one file has one name, whether it is there or not; what cannot be followed stays as it is.
std::string real_path(const std::string& path) {
  std::error_code error;
  auto real = std::filesystem::weakly_canonical(path, error);
  return error ? path : real.string();
}

// A FIFO or device is never rotated and may be shared.
bool is_rotated(const std::string& path) {
  std::error_code error;
  const auto type = std::filesystem::status(path, error).type();
  return type == std::filesystem::file_type::regular || type == std::filesystem::file_type::not_found;
}

void claim_sockets(const LogsConfig& config, std::vector<Claim>& claims) {
  const auto address = net::Address::parse(config.syslog).value();
  const auto [datagram, stream] = transports_of(config, address);
  if (!address.is_unix() && address.port() == 0) return;
  if (datagram) claims.push_back({socket_name(address, false), "syslog", ""});
  if (stream) claims.push_back({socket_name(address, true), "syslog", ""});
}

void claim_source(const LogsConfig& config, std::vector<Claim>& claims) {
  if (config.standard_input) return claims.push_back({"standard input", "stdin", ""});
  if (!config.syslog.empty()) claim_sockets(config, claims);
  const std::string source = config.tail.empty() ? config.syslog : base::joined(config.tail, ", ");
  const std::string reader = config.name.empty() ? "" : " of \"" + config.name + '"';
  claims.push_back(
      {"the source " + source + reader, config.tail.empty() ? "syslog" : "tail", "give one of them another `name`"});
}

void claim_output(const OutputConfig& output, std::vector<Claim>& claims) {
  if (!output.file.empty() && is_rotated(output.file)) claims.push_back({real_path(output.file), "output.file", ""});
  if (output.spool) claims.push_back({"the spool " + real_path(output.spool->path), "output.spool", ""});
}

}  // namespace

std::vector<Claim> claims_of(const LogsConfig& config) {
  std::vector<Claim> claims;
  claim_source(config, claims);
  claim_output(config.output, claims);
  return claims;
}

std::string identity(const LogsConfig& config) {
  std::string key = "adapters.logs:" + config.name + '\n' + config.syslog + (config.standard_input ? "\nstdin" : "");
  for (const std::string& pattern : config.tail) key += '\n' + pattern;
  return key;
}

Transports transports_of(const LogsConfig& config, const net::Address& address) {
  const bool is_automatic = config.transport == SyslogTransport::automatic;
  const bool is_both = config.transport == SyslogTransport::both || (is_automatic && !address.is_unix());
  return {.datagram = is_both || is_automatic || config.transport == SyslogTransport::datagram,
          .stream = is_both || config.transport == SyslogTransport::stream};
}

}  // namespace outrigger::adapters::logs
