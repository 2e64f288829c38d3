#include "base/trace/trace_context.h"

#include <algorithm>
#include <bit>
#include <cstring>

#include "base/random.h"
#include "base/text.h"

namespace outrigger::base {
namespace {

constexpr std::string_view kDigits = "0123456789abcdef";

std::optional<std::uint64_t> parse_hex(std::string_view text) {
  std::uint64_t value = 0;
  for (const char c : text) {
    const auto digit = kDigits.find(c);
    if (digit == std::string_view::npos) return std::nullopt;
    value = value << 4 | digit;
  }
  return value;
}

// 16 or 32 digits, not all of them 0.
std::optional<TraceId> parse_trace_id(std::string_view text) {
  if (text.size() != 16 && text.size() != 32) return std::nullopt;
  const auto low = parse_hex(text.substr(text.size() - 16));
  const auto high = parse_hex(text.substr(0, text.size() - 16));
  if (!low || !high || (*low == 0 && *high == 0)) return std::nullopt;
  return TraceId{*high, *low};
}

std::optional<std::uint64_t> parse_span_id(std::string_view text) {
  if (text.size() != 16) return std::nullopt;
  const auto id = parse_hex(text);
  return id && *id != 0 ? id : std::nullopt;
}

// The text before the first dash, which is taken off with it.
std::string_view take_part(std::string_view& text) {
  const auto dash = text.find('-');
  const std::string_view part = text.substr(0, dash);
  text = dash == std::string_view::npos ? std::string_view{} : text.substr(dash + 1);
  return part;
}

bool set_b3_sampling(std::string_view text, TraceContext& context) {
  if (text != "0" && text != "1" && text != "d") return false;
  context.is_sampled = text != "0";
  context.is_debug = text == "d";
  return true;
}

bool is_lower(char c) { return c >= 'a' && c <= 'z'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_key_char(char c) { return is_lower(c) || is_digit(c) || c == '_' || c == '-' || c == '*' || c == '/'; }
bool is_value_char(char c) { return c >= 0x20 && c <= 0x7e && c != ',' && c != '='; }

// simple-key or multi-tenant-key, section 3.3.1.3.1.
bool is_tracestate_key(std::string_view key) {
  const auto at = key.find('@');
  if (at == std::string_view::npos) {
    return !key.empty() && key.size() <= 256 && is_lower(key[0]) && std::ranges::all_of(key, is_key_char);
  }
  const std::string_view tenant = key.substr(0, at);
  const std::string_view system = key.substr(at + 1);
  return !tenant.empty() && tenant.size() <= 241 && (is_lower(tenant[0]) || is_digit(tenant[0])) &&
         std::ranges::all_of(tenant, is_key_char) && !system.empty() && system.size() <= 14 && is_lower(system[0]) &&
         std::ranges::all_of(system, is_key_char);
}

bool is_tracestate_value(std::string_view value) {
  return !value.empty() && value.size() <= 256 && value.back() != ' ' && std::ranges::all_of(value, is_value_char);
}

// The list-members of `tracestate`.
class Members {
 public:
  // False: malformed, a key comes twice, or there are too many.
  bool add_field(std::string_view field) {
    for (bool more = true; more;) {
      const auto comma = field.find(',');
      more = comma != std::string_view::npos;
      const std::string_view member = trimmed(field.substr(0, comma));
      if (!member.empty() && !add(member)) return false;  // an empty one is allowed and says nothing
      if (more) field.remove_prefix(comma + 1);
    }
    return true;
  }
  std::size_t length() const {
    std::size_t length = size_ == 0 ? 0 : size_ - 1;
    for (const std::string_view member : *this) length += member.size();
    return length;
  }
  void shorten() {
    constexpr std::size_t kLong = 128;
    for (std::size_t i = size_; i-- > 0 && length() > kMaxTraceState;) {
      if (all_[i].size() > kLong) remove(i);
    }
    while (length() > kMaxTraceState) --size_;
  }
  const std::string_view* begin() const { return all_.data(); }
  const std::string_view* end() const { return all_.data() + size_; }

 private:
  bool add(std::string_view member) {
    const auto equals = member.find('=');
    if (equals == std::string_view::npos || size_ == all_.size()) return false;
    if (!is_tracestate_key(member.substr(0, equals)) || !is_tracestate_value(member.substr(equals + 1))) return false;
    const std::string_view start = member.substr(0, equals + 1);
    if (std::any_of(begin(), end(), [start](auto known) { return known.starts_with(start); })) return false;
    all_[size_++] = member;
    return true;
  }
  void remove(std::size_t index) {
    std::copy(begin() + index + 1, end(), all_.data() + index);
    --size_;
  }

  std::array<std::string_view, 32> all_;
  std::size_t size_ = 0;
};

}  // namespace

std::optional<TraceContext> parse_traceparent(std::string_view value) {
  if (value.size() < kTraceParentSize) return std::nullopt;
  const auto version = parse_hex(value.substr(0, 2));
  if (!version || *version == 0xff) return std::nullopt;
  if (value[2] != '-' || value[35] != '-' || value[52] != '-') return std::nullopt;
  if (value.size() > kTraceParentSize && (*version == 0 || value[kTraceParentSize] != '-')) return std::nullopt;
  const auto trace = parse_trace_id(value.substr(3, 32));
  const auto span = parse_span_id(value.substr(36, 16));
  const auto flags = parse_hex(value.substr(53, 2));
  if (!trace || !span || !flags) return std::nullopt;
  return TraceContext{.parent = TraceParent{*trace, *span}, .is_sampled = (*flags & 1) != 0};
}

std::optional<TraceContext> parse_b3(std::string_view value) {
  TraceContext context;
  if (set_b3_sampling(value, context)) return context;
  const auto trace = parse_trace_id(take_part(value));
  const bool has_more = value.size() > 16;
  const auto span = parse_span_id(take_part(value));
  if (!trace || !span) return std::nullopt;
  context.parent = TraceParent{*trace, *span};
  if (!has_more) return context;
  const bool has_grandparent = value.contains('-');
  if (!set_b3_sampling(take_part(value), context)) return std::nullopt;
  if (has_grandparent && !parse_span_id(value)) return std::nullopt;
  return context;
}

std::optional<TraceContext> parse_b3_fields(const B3Fields& fields) {
  TraceContext context;
  if (!fields.sampled.empty()) {
    const bool is_yes = fields.sampled == "1" || fields.sampled == "true";  // the words are of its early senders
    if (!is_yes && fields.sampled != "0" && fields.sampled != "false") return std::nullopt;
    context.is_sampled = is_yes;
  }
  if (fields.flags == "1") context.is_sampled = context.is_debug = true;
  if (fields.trace_id.empty() && fields.span_id.empty()) {
    return context.is_sampled ? std::optional(context) : std::nullopt;
  }
  const auto trace = parse_trace_id(fields.trace_id);
  const auto span = parse_span_id(fields.span_id);
  if (!trace || !span) return std::nullopt;
  context.parent = TraceParent{*trace, *span};
  return context;
}

std::string_view join_tracestate(std::span<const std::string_view> fields, TraceStateRoom& room) {
  Members members;
  for (const std::string_view field : fields) {
    if (!members.add_field(field)) return {};
  }
  members.shorten();
  char* at = room.data();
  for (const std::string_view member : members) {
    if (at != room.data()) *at++ = ',';
    at = std::copy(member.begin(), member.end(), at);
  }
  return {room.data(), static_cast<std::size_t>(at - room.data())};
}

namespace {

// Eight digits at once: each half byte goes to a byte of its own, and those above nine are lifted to the letters.
char* write_eight(char* at, std::uint32_t value) {
  std::uint64_t digits = value;
  digits = (digits | digits << 16) & 0x0000'ffff'0000'ffff;
  digits = (digits | digits << 8) & 0x00ff'00ff'00ff'00ff;
  digits = (digits | digits << 4) & 0x0f0f'0f0f'0f0f'0f0f;
  const std::uint64_t letters = (digits + 0x0606'0606'0606'0606) >> 4 & 0x0101'0101'0101'0101;
  digits += 0x3030'3030'3030'3030 + letters * ('a' - '9' - 1);
  if constexpr (std::endian::native == std::endian::little) digits = std::byteswap(digits);
  std::memcpy(at, &digits, sizeof digits);
  return at + sizeof digits;
}

}  // namespace

char* write_hex(char* at, std::uint64_t span) {
  return write_eight(write_eight(at, static_cast<std::uint32_t>(span >> 32)), static_cast<std::uint32_t>(span));
}

char* write_hex(char* at, TraceId id) { return write_hex(write_hex(at, id.high), id.low); }

namespace {

// "TRACE-SPAN-".
char* write_ids(char* at, const TraceParent& parent) {
  at = write_hex(at, parent.trace);
  *at++ = '-';
  at = write_hex(at, parent.span);
  *at++ = '-';
  return at;
}

}  // namespace

void write_traceparent(char* at, const TraceParent& parent, bool is_sampled) {
  std::memcpy(at, "00-", 3);
  at = write_ids(at + 3, parent);
  *at++ = '0';
  *at = is_sampled ? '1' : '0';
}

void write_b3(char* at, const TraceParent& parent, bool is_sampled, bool is_debug) {
  *write_ids(at, parent) = is_debug ? 'd' : is_sampled ? '1' : '0';
}

TraceId random_trace_id() {
  TraceId id{random_bits(), random_bits()};
  while (id.low == 0) id.low = random_bits();  // so that who knows 64 bits only has an id too
  return id;
}

std::uint64_t random_span_id() {
  std::uint64_t id = random_bits();
  while (id == 0) id = random_bits();
  return id;
}

bool is_within_share(TraceId id, double share) {
  constexpr std::uint64_t kAll = std::uint64_t{1} << 56;
  return static_cast<double>(id.low & (kAll - 1)) < share * static_cast<double>(kAll);
}

}  // namespace outrigger::base
