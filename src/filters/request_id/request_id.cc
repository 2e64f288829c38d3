#include "filters/request_id/request_id.h"

#include <algorithm>

#include "base/random.h"
#include "filters/field_rules.h"

namespace outrigger::filters {
namespace {

constexpr std::size_t kLongest = 128;

bool is_id_char(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         std::string_view("-_.:/+=@").contains(c);
}

// A version 4 UUID, RFC 9562 section 5.4.
std::string_view make_id(Arena& arena) {
  constexpr std::string_view kHex = "0123456789abcdef";
  constexpr std::string_view kForm = "xxxxxxxx-xxxx-4xxx-Vxxx-xxxxxxxxxxxx";
  char* const text = arena.array<char>(kForm.size());
  std::uint64_t bits = random_bits();
  int left = 16;
  for (std::size_t i = 0; i < kForm.size(); ++i) {
    text[i] = kForm[i];
    if (kForm[i] != 'x' && kForm[i] != 'V') continue;
    if (left-- == 0) {
      bits = random_bits();
      left = 15;
    }
    text[i] = kForm[i] == 'V' ? kHex[8 + (bits & 3)] : kHex[bits & 15];
    bits >>= 4;
  }
  return {text, kForm.size()};
}

std::unique_ptr<Filter> make(const void* options, FilterContext&) {
  return std::make_unique<RequestId>(*static_cast<const RequestIdOptions*>(options));
}

}  // namespace

void describe(config::Schema<RequestIdOptions>& schema) {
  schema.summary("Gives each request an id that service, client and log see.");
  schema.field("header", &RequestIdOptions::header, "The field that carries it.").check_text(check_request_field);
  schema.field("trust", &RequestIdOptions::trust,
               "Keep the id that a client sent, if it is a good one. Absent: only from trusted_proxies.");
}

bool is_request_id(std::string_view text) {
  return !text.empty() && text.size() <= kLongest && std::ranges::all_of(text, is_id_char);
}

std::string_view RequestId::choose(Exchange& exchange) const {
  if (options_.trust.value_or(exchange.is_from_trusted_proxy())) {
    const auto sent = exchange.request().headers.get(options_.header);
    if (sent && is_request_id(*sent)) return *sent;
  }
  return make_id(exchange.arena());
}

Task<Response> RequestId::handle(Exchange& exchange, Next next) {
  const std::string_view id = choose(exchange);
  exchange.set_request_id(id);
  exchange.request().headers.set(options_.header, id);
  Response response = co_await next(exchange);
  response.headers().set(options_.header, id);
  co_return response;
}

const FilterType kRequestIdType = {{"request_id", "An id for each request.", &config::schema_of<RequestIdOptions>},
                                   make};

}  // namespace outrigger::filters
