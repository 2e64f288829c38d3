#pragma once

#include <optional>
#include <string>
#include <vector>

#include "outrigger/config.h"

namespace outrigger::adapters {

// One check, or a group of them: one of its keys says which.
struct Check {
  std::string tcp;
  std::string http;
  std::vector<std::string> status = {"200-399"};
  std::string contains;
  std::vector<std::string> exec;
  std::string log_absent, log_present;
  Duration within = std::chrono::minutes(1);
  std::string source;
  std::string process;
  std::optional<int> pid;
  std::string pid_file;
  std::string breaker;
  std::vector<Check> all, any;
  Duration timeout = std::chrono::seconds(2);
};
void describe(config::Schema<Check>& schema);

// "tcp 127.0.0.1:8080"; URLs without their query.
std::string what(const Check& check);

}  // namespace outrigger::adapters
