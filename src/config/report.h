#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "config/load.h"

namespace outrigger::config {

// Collects diagnostics while one configuration is loaded, with the source line of each.
class Report {
 public:
  // Remembers a file's text so that diagnostics in it can quote the line.
  void add_source(const std::string& file, std::string text) {
    sources_.try_emplace(file, Source{sources_.size(), std::move(text)});
  }

  void error(const Mark& mark, std::string path, std::string message) {
    add(mark, std::move(path), std::move(message), Severity::error);
    ++errors_;
  }
  void warning(const Mark& mark, std::string path, std::string message) {
    add(mark, std::move(path), std::move(message), Severity::warning);
  }

  int errors() const { return errors_; }
  // In the order of files as added, then lines; without repetitions.
  std::vector<Diagnostic> take();

 private:
  void add(const Mark& mark, std::string path, std::string message, Severity severity);

  struct Source {
    std::size_t order;
    std::string text;
  };
  std::size_t order_of(const std::string& file) const;

  std::map<std::string, Source> sources_;
  std::vector<Diagnostic> diagnostics_;
  int errors_ = 0;
};

// The candidate that `word` was probably meant to be, or "". Distance counts swapped neighbours as one.
std::string closest(std::string_view word, const std::vector<std::string>& candidates);
// ` (did you mean "x"?)`, or "" when nothing is close.
std::string did_you_mean(std::string_view word, const std::vector<std::string>& candidates);
// "a", "b" and so on in quotes, joined by ", ".
std::string quoted_list(const std::vector<std::string>& words);

}  // namespace outrigger::config
