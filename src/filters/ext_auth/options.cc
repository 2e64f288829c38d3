#include "filters/ext_auth/options.h"

#include "filters/field_rules.h"
#include "outrigger/grammar.h"

namespace outrigger::filters {
namespace {

std::string check_path(const std::string& text) {
  return is_target(text) && !is_ambiguous_path(text.substr(0, text.find('?'))) ? "" : "begin with /";
}

}  // namespace

void describe(config::Schema<ExtAuthCacheOptions>& schema) {
  schema.summary("Remembers verdicts: equal questions are asked once in a while.");
  schema.field("ttl", &ExtAuthCacheOptions::ttl, "For how long. A right that was taken away lives on for so long.")
      .range(std::chrono::milliseconds(100), std::chrono::hours(1));
  schema.field("max_entries", &ExtAuthCacheOptions::max_entries, "How many; the least recently used goes.")
      .range(1, 1'000'000);
}

void describe(config::Schema<ExtAuthOptions>& schema) {
  schema.summary("Asks a server of yours, with a request of its own, whether a request may pass.");
  schema.field("upstream", &ExtAuthOptions::upstream, "Whom to ask: an upstream.")
      .required()
      .upstream()
      .example("auth");
  schema.field("path", &ExtAuthOptions::path, "What to ask there, with GET.").check_text(check_path).example("/verify");
  schema.field("timeout", &ExtAuthOptions::timeout, "How long an answer may take, tries included.")
      .range(std::chrono::milliseconds(10), std::chrono::minutes(1));
  schema.field("fail_open", &ExtAuthOptions::fail_open, "Let requests pass while there is no verdict.");
  schema
      .field("send_headers", &ExtAuthOptions::send_headers,
             "Fields of the request to send along; absent: all but those about content and connection.")
      .one_or_many()
      .check_text(check_request_field)
      .example("[Authorization, Cookie]");
  schema
      .field("headers_to_service", &ExtAuthOptions::headers_to_service,
             "Fields of the verdict for the service. Those of the client by these names are removed.")
      .one_or_many()
      .check_text(check_request_field)
      .example("[X-User, X-Groups]");
  schema
      .field("headers_to_client", &ExtAuthOptions::headers_to_client,
             "Fields of the verdict for the client, whatever the verdict.")
      .one_or_many()
      .check_text(check_field);
  schema.field("cache", &ExtAuthOptions::cache, "Remembers verdicts; absent: asks each time.").example("{ttl: 10s}");
  describe_mode(schema, &ExtAuthOptions::mode);
}

}  // namespace outrigger::filters
