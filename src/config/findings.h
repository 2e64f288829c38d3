#pragma once

#include <string>
#include <string_view>

#include "config/settings.h"

namespace outrigger::config {

class Report;

// Where `path` ("listeners[0].tls.cert") was set, or the nearest block around it; empty where nothing of it was.
Mark mark_of(std::string path, const Origins& origins);

// What is found out about settings after they were read, each at its place in the file.
class Findings {
 public:
  // Both outlive it.
  Findings(const Origins& origins, Report& report) : origins_(origins), report_(report) {}

  // The setting at `path` cannot be used: `message` is one sentence without a final stop.
  void error(const std::string& path, std::string message) const;
  void warning(const std::string& path, std::string message) const;
  // Of the setting at `path` and all below it ("": of the whole file), those included that were found while it was
  // read.
  bool has_errors(std::string_view path = {}) const;

 private:
  const Origins& origins_;
  Report& report_;
};

}  // namespace outrigger::config
