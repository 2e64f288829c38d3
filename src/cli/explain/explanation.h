#pragma once

#include <expected>
#include <string>
#include <vector>

#include "config/load.h"

namespace outrigger::cli {

// What is asked about: a request as a client would send it, or a connection to a listener with protocol tcp.
struct Question {
  std::string method = "GET";        // of a request
  std::string url;                   // http(s)://host[:port]/path, or tcp://name[:port], the TLS server name
  std::vector<std::string> headers;  // "Name: value"
  std::string listener;              // name; absent: by the URL's scheme and port
};

// A value in effect and where it was set ("outrigger.yaml:14" or "default").
struct Effective {
  std::string name;
  std::string value;
  std::string origin;
};

struct ExplainedFilter {
  std::string name;
  std::string level;    // "listener", "route" or "upstream"
  std::string options;  // block YAML, each with its origin
};

// What would happen to the request, from the file alone: nothing is sent or resolved.
struct Explanation {
  std::string request;  // as it would be matched: "GET /a?b of shop.example", "a connection that asks for a.example"
  std::string refused;  // why the parser refuses it, with its status; then nothing below is set but the listener
  Effective listener;   // name, address
  Effective route;      // name, condition; an empty name: none matches, 404
  std::string action;   // "upstream app", "split ...", "redirect ...", "respond 200", "404"
  std::vector<ExplainedFilter> filters;  // in call order
  std::vector<Effective> timeouts;
  std::vector<Effective> endpoints;
};

// Errors: the URL can't be read, or no listener fits it.
std::expected<Explanation, std::string> explain(const config::Settings& settings, const Question& question);

}  // namespace outrigger::cli
