#include "filters/cache/serving.h"

#include <algorithm>
#include <charconv>

#include "cache/ranges.h"

namespace outrigger::filters {

namespace {

// A reference that the exchange gives back when it ends.
class Hold final : public Finisher {
 public:
  explicit Hold(std::shared_ptr<const void> held) : held_(std::move(held)) {}
  void finish(Exchange&, const Outcome&) noexcept override { held_.reset(); }

 private:
  std::shared_ptr<const void> held_;
};

void hold(Exchange& exchange, std::shared_ptr<const void> held) {
  exchange.add_finisher(*exchange.arena().make<Hold>(std::move(held)));
}

std::string_view decimal(Arena& arena, std::uint64_t number) {
  char* const text = arena.array<char>(20);
  return {text, static_cast<std::size_t>(std::to_chars(text, text + 20, number).ptr - text)};
}

Response whole(Servable& stored) { return {stored.head, BodyPointer(stored.body)}; }

// Ends a body that is not needed.
void drop(Servable& stored) {
  if (stored.body != nullptr) BodyPointer(std::exchange(stored.body, nullptr)).reset();
}

void set_length(Arena& arena, ResponseHead& head, std::uint64_t size) {
  head.framing = Framing::length;
  head.content_length = size;
  head.headers.set("Content-Length", decimal(arena, size));
}

Response not_modified(Servable& stored) {
  ResponseHead& head = *stored.head;
  head.status = 304;
  head.reason = reason_phrase(304);
  const bool has_etag = head.headers.has(FieldId::etag);
  head.headers.remove_if([has_etag](const Field& field) { return cache::is_left_out_of_304(field, has_etag); });
  head.framing = Framing::none;
  drop(stored);
  return {&head, nullptr};
}

Response unsatisfiable(Arena& arena, Servable& stored) {
  ResponseHead& head = *stored.head;
  head.status = 416;
  head.reason = reason_phrase(416);
  head.headers.remove_if([](const Field& field) { return cache::is_left_out_of_304(field, false); });
  head.headers.set("Content-Range", arena.concat("bytes */", decimal(arena, *stored.size)));
  set_length(arena, head, 0);
  drop(stored);
  return {&head, nullptr};
}

std::string_view content_range(Arena& arena, const cache::ByteRange& range, std::uint64_t size) {
  return arena.concat("bytes ", decimal(arena, range.first), "-", decimal(arena, range.last), "/",
                      decimal(arena, size));
}

constexpr std::string_view kBoundary = "outrigger-3d6b6a416f9b5c21";

// RFC 9110 section 14.6: each part with its own Content-Range, the type of the whole in each.
std::span<const cache::Part> multipart(Arena& arena, const std::vector<cache::ByteRange>& ranges, std::uint64_t size,
                                       std::string_view type, std::uint64_t& total) {
  cache::Part* const parts = arena.array<cache::Part>(2 * ranges.size() + 1);
  cache::Part* at = parts;
  total = 0;
  for (const cache::ByteRange& range : ranges) {
    const std::string_view type_line = type.empty() ? "" : arena.concat("Content-Type: ", type, "\r\n");
    const std::string_view head = arena.concat(at == parts ? "--" : "\r\n--", kBoundary, "\r\n", type_line,
                                               "Content-Range: ", content_range(arena, range, size), "\r\n\r\n");
    *at++ = {head, 0, 0};
    *at++ = {{}, range.first, range.last + 1};
    total += head.size() + range.size();
  }
  const std::string_view end = arena.concat("\r\n--", kBoundary, "--\r\n");
  *at++ = {end, 0, 0};
  total += end.size();
  return {parts, at};
}

Response partial(Arena& arena, Servable& stored, const std::vector<cache::ByteRange>& ranges) {
  ResponseHead& head = *stored.head;
  head.status = 206;
  head.reason = reason_phrase(206);
  std::uint64_t total = 0;
  if (ranges.size() == 1) {
    total = ranges.front().size();
    head.headers.set("Content-Range", content_range(arena, ranges.front(), *stored.size));
    stored.body->set_parts(
        {arena.make<cache::Part>(std::string_view{}, ranges.front().first, ranges.front().last + 1), 1});
  } else {
    const std::string_view type = head.headers.get(FieldId::content_type).value_or("");
    stored.body->set_parts(multipart(arena, ranges, *stored.size, type, total));
    head.headers.set("Content-Type", arena.concat("multipart/byteranges; boundary=", kBoundary));
  }
  set_length(arena, head, total);
  return {&head, BodyPointer(stored.body)};
}

}  // namespace

Servable servable(Exchange& exchange, const std::shared_ptr<const cache::Entry>& entry) {
  Arena& arena = exchange.arena();
  hold(exchange, entry);
  Servable result{entry->head.copy_to(arena), nullptr, entry->size, entry->validators()};
  const bool is_bodiless = entry->head.status() == 204 || entry->head.status() == 304;
  result.head->framing = is_bodiless ? Framing::none : Framing::length;
  result.head->content_length = entry->size;
  if (entry->size > 0) result.body = arena.make<cache::StoredBody>(entry->content);
  return result;
}

Servable servable(Exchange& exchange, const std::shared_ptr<cache::Fill>& fill, cache::PartsBody* body) {
  hold(exchange, fill);
  const cache::Answered& answered = fill->answered();
  const cache::StoredHead& head = answered.entry ? answered.entry->head : answered.head;
  Servable result{head.copy_to(exchange.arena()), body, std::nullopt, {}};
  result.head->framing = answered.framing;
  result.head->content_length = answered.length;
  result.head->version = answered.version;
  if (answered.framing == Framing::length) result.size = answered.length;
  result.validators = {head.status(), head.get(FieldId::etag), head.get(FieldId::last_modified),
                       answered.entry ? answered.entry->date : 0};
  return result;
}

void set_age(Exchange& exchange, ResponseHead& head, cache::Seconds age) {
  const std::string_view text = decimal(exchange.arena(), static_cast<std::uint64_t>(std::max<cache::Seconds>(age, 0)));
  if (head.headers.has(FieldId::age)) return head.headers.set("Age", text);
  head.headers.add(FieldName("Age", FieldId::age), text);
}

Response serve(Exchange& exchange, Servable stored) {
  constexpr FieldMask kWishes = field_mask(FieldId::if_none_match, FieldId::if_modified_since, FieldId::range);
  const RequestHead& request = exchange.request();
  if (!request.headers.has_any(kWishes)) return whole(stored);
  const bool is_success = stored.head->status >= 200 && stored.head->status < 300;
  if (is_success && cache::is_not_modified(request.headers, stored.validators)) return not_modified(stored);
  const auto range = request.headers.get(FieldId::range);
  const bool may_split = range && request.method == Method::get && stored.head->status == 200 && stored.size &&
                         !request.headers.is_repeated(FieldId::range);
  if (!may_split || !cache::may_apply_range(request.headers, stored.validators)) return whole(stored);
  const cache::Ranges asked = cache::parse_range(*range, *stored.size);
  switch (asked.kind) {
    case cache::Ranges::Kind::ignored:
      return whole(stored);
    case cache::Ranges::Kind::unsatisfiable:
      return unsatisfiable(exchange.arena(), stored);
    case cache::Ranges::Kind::some:
      break;
  }
  return partial(exchange.arena(), stored, asked.ranges);
}

}  // namespace outrigger::filters
