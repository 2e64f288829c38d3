#pragma once

#include <memory>
#include <optional>
#include <string>

#include "filters/api_key/key_file.h"
#include "filters/verdict.h"
#include "outrigger/filter.h"

namespace outrigger::filters {

struct ApiKeyPlace {
  std::string header, query, cookie;  // one of them
};
void describe(config::Schema<ApiKeyPlace>& schema);

struct ApiKeyOptions {
  std::string keys;
  ApiKeyPlace in;
  bool forward = false;
  Mode mode = Mode::enforce;
};
void describe(config::Schema<ApiKeyOptions>& schema);

// Lets through who shows a key of the file; the key's name is the user from then on. Thread: one instance per worker.
class ApiKey : public Filter {
 public:
  ApiKey(const ApiKeyOptions& options, FilterContext& context);
  Task<Response> handle(Exchange& exchange, Next next) override;
  std::string_view hidden_parameter() const override { return options_.in.query; }

 private:
  // Nothing: the request has no key, or several.
  std::optional<std::string_view> find_key(const Exchange& exchange) const;
  void remove_key(Exchange& exchange) const;
  Response refuse(Exchange& exchange, Failure failure, std::string_view why) const;

  ApiKeyOptions options_;
  std::shared_ptr<const KeyFile> keys_;
  Verdicts verdicts_;
};

extern const FilterType kApiKeyType;

}  // namespace outrigger::filters
