#include "outrigger/grpc.h"

#include <algorithm>
#include <charconv>

namespace outrigger::grpc {

namespace {

using namespace std::chrono_literals;

constexpr std::size_t kMostDigits = 8;

struct Unit {
  char letter;
  Duration length;
};
constexpr Unit kUnits[] = {{'n', 1ns}, {'u', 1us}, {'m', 1ms}, {'S', 1s}, {'M', 1min}, {'H', 1h}};

std::optional<std::uint32_t> number(std::string_view text, std::size_t most) {
  std::uint32_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || text.size() > most || error != std::errc() || end != text.data() + text.size())
    return std::nullopt;
  return value;
}

}  // namespace

std::optional<Status> status_named(std::string_view name) {
  const auto found = std::ranges::find(kStatusNames, name);
  if (found == std::end(kStatusNames)) return std::nullopt;
  return static_cast<Status>(found - std::begin(kStatusNames));
}

bool is_call(const RequestHead& request) {
  constexpr std::string_view kType = "application/grpc";
  const auto type = request.headers.get(FieldId::content_type);
  if (!type || type->size() < kType.size() || !equals_ignoring_case(type->substr(0, kType.size()), kType)) return false;
  return type->size() == kType.size() || (*type)[kType.size()] == '+' || (*type)[kType.size()] == ';';
}

std::optional<Status> status_of(const Headers& fields) {
  const auto text = fields.get(FieldId::grpc_status);
  if (!text) return std::nullopt;
  const auto value = number(*text, 2);
  return value && *value < std::size(kStatusNames) ? static_cast<Status>(*value) : Status::unknown;
}

Status status_for(std::uint16_t http_status) {
  switch (http_status) {
    case 400:
      return Status::internal;
    case 401:
      return Status::unauthenticated;
    case 403:
      return Status::permission_denied;
    case 404:
      return Status::unimplemented;
    case 429:
    case 502:
    case 503:
    case 504:
      return Status::unavailable;
    default:
      return Status::unknown;
  }
}

std::optional<Duration> parse_timeout(std::string_view value) {
  if (value.empty()) return std::nullopt;
  const auto unit = std::ranges::find(kUnits, value.back(), &Unit::letter);
  const auto count = number(value.substr(0, value.size() - 1), kMostDigits);
  if (unit == std::end(kUnits) || !count) return std::nullopt;
  constexpr std::int64_t kMost = Duration::max().count() / 2;  // so that a time can be added to it
  if (*count > kMost / unit->length.count()) return Duration(kMost);
  return unit->length * *count;
}

std::string_view format_timeout(Arena& arena, Duration timeout) {
  constexpr Duration::rep kMostCount = 99'999'999;
  const Unit* unit = kUnits;
  while (timeout / unit->length > kMostCount && unit + 1 != std::end(kUnits)) ++unit;
  char text[kMostDigits + 1];
  const auto count = std::clamp<Duration::rep>(timeout / unit->length, 1, kMostCount);
  char* const end = std::to_chars(text, text + kMostDigits, count).ptr;
  *end = unit->letter;
  return arena.copy({text, end + 1});
}

std::string_view encode_message(Arena& arena, std::string_view text) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  char* const begin = arena.array<char>(text.size() * 3);
  char* at = begin;
  for (const char c : text) {
    if (c >= ' ' && c <= '~' && c != '%') {
      *at++ = c;
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    *at++ = '%';
    *at++ = kDigits[byte >> 4];
    *at++ = kDigits[byte & 15];
  }
  return {begin, at};
}

}  // namespace outrigger::grpc
