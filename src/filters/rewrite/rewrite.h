#pragma once

#include <optional>
#include <string>

#include "base/regex.h"
#include "filters/template.h"
#include "outrigger/filter.h"

namespace outrigger::filters {

struct PathRewrite {
  std::optional<std::string> prefix;
  std::optional<std::string> regex;
  std::string to;
};
void describe(config::Schema<PathRewrite>& schema);

struct RewriteOptions {
  std::optional<PathRewrite> path;
  std::string host;
};
void describe(config::Schema<RewriteOptions>& schema);

// Changes the path or the host of a request before the rest of the chain, the choice of the route included, sees it.
// Thread: one instance per worker.
class Rewrite : public Filter {
 public:
  explicit Rewrite(const RewriteOptions& options);
  [[clang::coro_wrapper]] Task<Response> handle(Exchange& exchange, Next next) override;

 private:
  // The new path, empty if this one does not match.
  std::string_view rewritten(Exchange& exchange) const;
  std::string_view rewritten_prefix(std::string_view path, const Moment& moment, Arena& arena) const;
  static bool is_good(std::string_view path, std::string_view before);
  static Task<Response> refuse(Exchange& exchange, Failure failure, const char* detail);

  std::optional<std::string> prefix_;
  std::optional<base::Regex> regex_;
  Template to_;
  std::optional<Template> host_;
};

extern const FilterType kRewriteType;

}  // namespace outrigger::filters
