#pragma once

#include <memory>
#include <optional>

#include "cache/entry.h"

// How answers become entries. Without a clock or a thread: what they need is handed in.
namespace outrigger::cache {

// What an entry is made of besides the answer.
struct MakingOf {
  Key key;
  const Headers& request;
  Asked asked;
  const Rules& rules;
  Times times;
  Instant arrived;
};

// Fields whose values name groups of answers, for purging; they are for us and go no further.
bool is_surrogate_key(const Field& field);

// An entry without content for an answer that may be stored: all but its content, whose size is still to come. The
// head has Content-Length only if it is known by now.
std::shared_ptr<Entry> make_entry(const ResponseHead& head, const Life& life, const MakingOf& of);

// The same with its content. `Content-Length` is there for sure.
std::shared_ptr<const Entry> with_content(const Entry& entry, std::shared_ptr<const Content> content);

// Does a 304, or the answer to HEAD, speak of this entry? By the strongest validator that it has. RFC 9111 section
// 4.3.4.
bool is_about(const Headers& answer, const Entry& entry);

// The stored answer with the fields of a 304 (or of the answer to HEAD) in place of its own, and a life that begins
// anew. RFC 9111 section 3.2: not what describes the content that we hold. `verdict` says whether it may be stored
// further.
struct Freshened {
  std::shared_ptr<const Entry> entry;
  std::string_view refusal;
};
Freshened freshen(const Entry& stored, const ResponseHead& answer, const MakingOf& of);

}  // namespace outrigger::cache
