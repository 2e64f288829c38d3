#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/suggest.h"
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
  // Whether something is wrong with `path` or what is below it.
  bool has_errors(std::string_view path) const;
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

using base::did_you_mean;
using base::quoted_list;

}  // namespace outrigger::config
