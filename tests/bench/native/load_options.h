#pragma once

#include <cstdint>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>

#include "message.h"

namespace bench {

struct Options {
  std::uint16_t port = 0;
  std::uint64_t connections = 1;
  std::uint64_t requests = 0;  // 0: no limit
  double seconds = 10;         // bounds the whole run
  double warmup = 0;           // seconds at the start whose requests count but whose latencies don't
  double rate = 0;             // requests a second, open loop; 0: each connection sends as soon as it may
  std::string head;            // the request, its empty line included
  std::uint64_t upload = 0;    // bytes of content behind the head
  std::uint64_t expect = 0;    // bytes of content in each response
  bool tls = false;
  bool resume = false;  // every connection resumes the session of an earlier one
  bool close = false;   // a connection for each request
  bool pause = false;   // 2 ms of rest before each request; for one connection
  bool hold = false;    // one request a connection, then idle until the standard input ends
};

inline std::string file_content(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

// Null-terminated arguments to options; false when something is unknown or missing.
inline bool parse_options(int count, char** arguments, Options& options) {
  for (int i = 1; i < count; ++i) {
    const std::string_view name = arguments[i];
    bool* const flag = name == "--tls"      ? &options.tls
                       : name == "--resume" ? &options.resume
                       : name == "--close"  ? &options.close
                       : name == "--pause"  ? &options.pause
                       : name == "--hold"   ? &options.hold
                                            : nullptr;
    if (flag != nullptr) {
      *flag = true;
      continue;
    }
    if (++i == count) return false;
    const std::string value = arguments[i];
    if (name == "--port")
      options.port = static_cast<std::uint16_t>(number(value));
    else if (name == "--connections")
      options.connections = number(value);
    else if (name == "--requests")
      options.requests = number(value);
    else if (name == "--seconds")
      options.seconds = std::stod(value);
    else if (name == "--warmup")
      options.warmup = std::stod(value);
    else if (name == "--rate")
      options.rate = std::stod(value);
    else if (name == "--request")
      options.head = file_content(value);
    else if (name == "--upload")
      options.upload = number(value);
    else if (name == "--expect")
      options.expect = number(value);
    else
      return false;
  }
  return options.port != 0 && !options.head.empty();
}

}  // namespace bench
