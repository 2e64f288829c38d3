#include "cache/make_entry.h"

#include <algorithm>

#include "cache/http_date.h"

namespace outrigger::cache {

namespace {

// Tags are separated by blanks (Surrogate-Key) or commas (Cache-Tag).
std::vector<std::string> tags_of(const Headers& headers) {
  constexpr std::string_view kSeparators = " \t,";
  std::vector<std::string> tags;
  for (const Field& field : headers) {
    if (!is_surrogate_key(field)) continue;
    std::string_view rest = field.value;
    while (!rest.empty()) {
      const auto end = std::min(rest.find_first_of(kSeparators), rest.size());
      if (end > 0) tags.emplace_back(rest.substr(0, end));
      rest.remove_prefix(std::min(end + 1, rest.size()));
    }
  }
  return tags;
}

// RFC 9111 section 3.2: these say how the content that we hold is to be read.
bool describes_content(const Field& field) {
  constexpr std::string_view kNames[] = {"Content-Length", "Content-Encoding", "Content-Range"};
  return std::ranges::any_of(kNames, [&](std::string_view name) { return equals_ignoring_case(field.name, name); });
}

void fill_in(Entry& entry, const ResponseHead& head, const Life& life, const MakingOf& of) {
  entry.life = life;
  entry.vary = vary_of(head.headers, of.request);
  // The key tells the cookies that matter apart, and the service saw no other.
  if (of.rules.knows_cookies) {
    std::erase_if(entry.vary, [](const VaryField& field) { return equals_ignoring_case(field.name, "Cookie"); });
  }
  entry.tags = tags_of(head.headers);
  entry.age_at_arrival = initial_age(head.headers, of.times);
  entry.date = date_of(head.headers, of.times.came);
  entry.arrived = of.arrived;
}

StoredHead head_of(const ResponseHead& head, const MakingOf& of) {
  const CacheControl control = directives_of(head.headers, of.rules.targeted).control;
  StoredHead stored(head, [&](const Field& field) {
    // Framing `none` is a length of 0 that was announced, or a status without content.
    if (field.id == FieldId::content_length) return head.framing == Framing::length || head.framing == Framing::none;
    return !is_surrogate_key(field) && is_stored_field(field, control, of.rules.set_cookie);
  });
  // RFC 9110 section 6.6.1: a recipient with a clock adds what is missing.
  if (!head.headers.has(FieldId::date)) stored.append("Date", http_date(seconds_of(of.times.came)));
  return stored;
}

bool may_have_length(std::uint16_t status) { return status >= 200 && status != 204 && status != 304; }

}  // namespace

bool is_surrogate_key(const Field& field) {
  return field.id == FieldId::other &&
         (equals_ignoring_case(field.name, "Surrogate-Key") || equals_ignoring_case(field.name, "Cache-Tag"));
}

std::shared_ptr<Entry> make_entry(const ResponseHead& head, const Life& life, const MakingOf& of) {
  StoredHead stored = head_of(head, of);
  stored.finish();
  auto entry = std::make_shared<Entry>(of.key, std::move(stored));
  fill_in(*entry, head, life, of);
  return entry;
}

std::shared_ptr<const Entry> with_content(const Entry& entry, std::shared_ptr<const Content> content) {
  StoredHead head(entry.head.status(), entry.head.reason());
  for (const Field& field : entry.head.fields()) head.append(field);
  const std::uint64_t size = content->size();
  if (!entry.head.has(FieldId::content_length) && may_have_length(entry.head.status())) {
    head.append("Content-Length", std::to_string(size));
  }
  head.finish();
  auto made = std::make_shared<Entry>(Key{entry.url, entry.extra, entry.hash}, std::move(head));
  made->content = std::move(content);
  made->size = size;
  made->vary = entry.vary;
  made->tags = entry.tags;
  made->life = entry.life;
  made->age_at_arrival = entry.age_at_arrival;
  made->date = entry.date;
  made->arrived = entry.arrived;
  return made;
}

bool is_about(const Headers& answer, const Entry& entry) {
  const Validators stored = entry.validators();
  if (const auto etag = answer.get(FieldId::etag)) return matches_weakly(*etag, stored.etag);
  if (const auto changed = answer.get(FieldId::last_modified)) return *changed == stored.last_modified;
  return true;
}

Freshened freshen(const Entry& stored, const ResponseHead& answer, const MakingOf& of) {
  Arena& arena = of.request.arena();
  ResponseHead& merged = *stored.head.copy_to(arena);
  const auto takes = [](const Field& field) { return field.id != FieldId::age && !describes_content(field); };
  for (const Field& field : answer.headers) {
    if (takes(field)) merged.headers.remove(FieldName(field.name, field.id));
  }
  for (const Field& field : answer.headers) {
    if (takes(field)) merged.headers.add(FieldName(field.name, field.id), field.value);
  }
  // Its own age, not that of what is stored.
  if (!answer.headers.has(FieldId::date)) merged.headers.set("Date", arena.copy(http_date(seconds_of(of.times.came))));
  if (const auto age = answer.headers.get(FieldId::age)) merged.headers.set("Age", *age);
  merged.framing = Framing::length;
  merged.content_length = stored.size;
  const Verdict verdict = judge(merged, of.asked, of.rules, of.times);
  const auto made = make_entry(merged, verdict.life, of);
  if (made->tags.empty()) made->tags = stored.tags;
  return {with_content(*made, stored.content), verdict.refusal};
}

}  // namespace outrigger::cache
