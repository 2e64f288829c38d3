#pragma once

#include <string_view>

#include "reading.h"

namespace outrigger::differential {

// What differs between our reading of an accepted request and another parser's; null when they mean the same.
const char* difference(const Reading& ours, const Reading& theirs);

// A difference that is legitimate. Who reads it otherwise cannot be misled by what we forward: either both see the same
// messages, or the other one refuses.
struct KnownDifference {
  const char* parsers;  // whose reading
  const char* reason;
  bool (*applies)(const Reading& ours, const Reading& theirs, std::string_view input);
};

// The row that explains the difference, null if none does.
const KnownDifference* explanation(const Reading& ours, const Reading& theirs, std::string_view input);

}  // namespace outrigger::differential
