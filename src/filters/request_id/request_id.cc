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

// `count` bytes of `bits` as hexadecimal digits.
char* hex(char* at, std::uint64_t bits, int count) {
  constexpr std::string_view kHex = "0123456789abcdef";
  for (int shift = count * 8 - 4; shift >= 0; shift -= 4) *at++ = kHex[(bits >> shift) & 15];
  return at;
}

// A version 4 UUID, RFC 9562 section 5.4.
std::string_view make_id(Arena& arena) {
  constexpr std::size_t kSize = 36;
  const std::uint64_t high = (random_bits() & ~std::uint64_t{0xf000}) | 0x4000;  // the version
  const std::uint64_t low = (random_bits() >> 2) | (std::uint64_t{1} << 63);     // the variant
  char* const text = arena.array<char>(kSize);
  char* at = hex(text, high >> 32, 4);
  *at++ = '-';
  at = hex(at, high >> 16, 2);
  *at++ = '-';
  at = hex(at, high, 2);
  *at++ = '-';
  at = hex(at, low >> 48, 2);
  *at++ = '-';
  hex(at, low, 6);
  return {text, kSize};
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
  exchange.request().headers.set(name(), id);
  Response response = co_await next(exchange);
  response.headers().set(name(), id);
  co_return response;
}

const FilterType kRequestIdType = {{"request_id", "An id for each request.", &config::schema_of<RequestIdOptions>},
                                   make};

}  // namespace outrigger::filters
