#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "cache/entry.h"
#include "cache/fill.h"
#include "cache/parts_body.h"
#include "outrigger/exchange.h"

// Answers made of stored ones: whole, a part, or only that nothing changed. RFC 9110 sections 13 to 15.
namespace outrigger::filters {

// What an answer is made of: a head of this exchange's own, content, and how long that is where it is known.
struct Servable {
  ResponseHead* head;
  cache::PartsBody* body;  // in the arena; null: none
  std::optional<std::uint64_t> size;
  cache::Validators validators;
};

// A stored answer, which is kept until the exchange ends.
Servable servable(Exchange& exchange, const std::shared_ptr<const cache::Entry>& entry);
// An answer that arrives just now, its head known; `body` reads its flow.
Servable servable(Exchange& exchange, const std::shared_ptr<cache::Fill>& fill, cache::PartsBody* body);

// What the request wants of it, by its preconditions and its Range. The body is the response's.
Response serve(Exchange& exchange, Servable stored);

// Age, in place of what the head says. RFC 9111 section 5.1.
void set_age(Exchange& exchange, ResponseHead& head, cache::Seconds age);

}  // namespace outrigger::filters
