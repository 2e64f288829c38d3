#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace outrigger::differential {

// How a parser read the request at the front of its input.
struct Reading {
  bool is_accepted = false;
  std::string error;
  std::string method;
  std::string target;  // as received
  int minor = 1;
  std::vector<std::pair<std::string, std::string>> fields;  // values without outer blanks
  std::string body;
  bool is_complete = false;  // the body too
  bool is_chunked = false;
  std::uint64_t length = 0;  // Content-Length, 0 without
  bool keep_alive = false;
  std::string next;  // method, blank and target of the request behind it, if one could be read
};

// Our reading; `keep` paths, so that only the grammar is compared.
Reading read_ours(std::string_view input);

// The reading of libhttp_parser, the parser of early Node.js.
Reading read_with_http_parser(std::string_view input);

// The readings of Node's own server, of llhttp and the checks around it, in one run of `script`. Nothing when there is
// no `node`; ends the process when it fails or takes more than a minute.
std::optional<std::vector<Reading>> read_with_node(const std::vector<std::string>& inputs, const std::string& script);

// Names compare without case (RFC 9110 section 5.1).
bool has_field(const Reading& reading, std::string_view name);

}  // namespace outrigger::differential
