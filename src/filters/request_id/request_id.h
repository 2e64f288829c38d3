#pragma once

#include <optional>
#include <string>

#include "outrigger/filter.h"

namespace outrigger::filters {

struct RequestIdOptions {
  std::string header = "X-Request-ID";
  std::optional<bool> trust;
};
void describe(config::Schema<RequestIdOptions>& schema);

// May this value of a client be taken over? 1 to 128 letters, digits and -_.:/+=@
bool is_request_id(std::string_view text);

// Gives each request an id, and says it to the service, the client and the log. Thread: one instance per worker.
class RequestId : public Filter {
 public:
  explicit RequestId(const RequestIdOptions& options) : options_(options), id_(field_id(options.header)) {}
  Task<Response> handle(Exchange& exchange, Next next) override;

 private:
  std::string_view choose(Exchange& exchange) const;

  FieldName name() const { return {options_.header, id_}; }

  const RequestIdOptions options_;
  const FieldId id_;
};

extern const FilterType kRequestIdType;

}  // namespace outrigger::filters
