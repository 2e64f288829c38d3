#pragma once

#include "outrigger/message.h"

namespace outrigger::proxy {

// The invitation to send content that the service leaves to us. RFC 9110 section 10.1.1.
inline const ResponseHead* continue_head(Arena& arena) {
  auto* head = arena.make<ResponseHead>(arena);
  head->status = 100;
  head->reason = reason_phrase(100);
  return head;
}

}  // namespace outrigger::proxy
