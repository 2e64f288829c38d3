#pragma once

#include <string>

#include "base/percent.h"
#include "cli/http_client.h"

namespace CLI {
class App;
}

namespace outrigger::cli {

// How a command finds the running process.
struct AdminTarget {
  std::string file = "outrigger.yaml";  // whose admin address is taken
  std::string address;                  // or this
  std::string token;                    // a secret reference; absent: the file's

  // Adds -c, --admin and --token.
  void add_options(CLI::App& command);
};

// Where an address that a process listens on is reached from this machine: every address is 127.0.0.1.
std::string local_address(std::string address);

using base::percent_encoded;

// A call of the running process's admin API. Errors are a sentence with what to do about it: no admin address in the
// file (and the line to add), nobody listens there, the token is missing.
std::expected<HttpClient::Answer, std::string> call_admin(const AdminTarget& target, std::string_view method,
                                                          std::string_view path);
// HttpClient::stream of it.
std::expected<HttpClient::Answer, std::string> stream_admin(const AdminTarget& target, std::string_view path,
                                                            const std::function<bool(std::string_view)>& take);

}  // namespace outrigger::cli
