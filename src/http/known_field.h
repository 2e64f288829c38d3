#pragma once

#include <array>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "outrigger/headers.h"

// Finds the id of a field name without comparing character by character.
namespace outrigger::http {

namespace detail {

inline constexpr std::string_view kFieldNames[] = {
    "",
#define OUTRIGGER_FIELD(id, name) name,
#include "outrigger/field_id.def"
#undef OUTRIGGER_FIELD
};
inline constexpr std::size_t kLongestName = 24;  // three words

// A name in lower case: its first eight bytes, those from the ninth on, its last eight. Shorter names are the same with
// four, or two.
struct Words {
  std::uint64_t first = 0, middle = 0, last = 0;
  bool operator==(const Words&) const = default;
};

constexpr std::uint64_t kLowerBits = 0x2020202020202020;

// In constant expressions and out of them the same: little-endian words, bit 5 set in every byte. What it confuses are
// bytes below 0x20 with "-" and digits, and "@[\]^_" with "`{|}~" and DEL: no two characters of a token that any known
// name holds.
constexpr std::uint64_t word_at(const char* text, std::size_t size) {
  if consteval {
    std::uint64_t word = 0;
    for (std::size_t i = size; i-- > 0;) word = word << 8 | static_cast<unsigned char>(text[i]);
    return word | kLowerBits;
  }
  std::uint64_t word = 0;
  std::memcpy(&word, text, size);
  return word | kLowerBits;
}

constexpr Words words_of(std::string_view name) {
  const char* const begin = name.data();
  const char* const end = begin + name.size();
  if (name.size() >= 8) return {word_at(begin, 8), name.size() > 16 ? word_at(begin + 8, 8) : 0, word_at(end - 8, 8)};
  if (name.size() >= 4) return {word_at(begin, 4), 0, word_at(end - 4, 4)};
  return {word_at(begin, 2), 0, word_at(end - 2, 2)};
}

// Three words tell all known names apart; `factor` spreads them over the table without a collision.
constexpr std::size_t slot_of(const Words& words, std::uint64_t factor) {
  return ((words.first ^ words.last * 31) * factor) >> 55;
}

struct FieldTable {
  struct Entry {
    Words words;
    std::uint8_t size = 0;
    FieldId id = FieldId::other;
  };
  std::array<Entry, 512> entries{};
  // By length: a bit for each first letter (its lower five bits).
  std::array<std::uint32_t, kLongestName + 1> first_letters{};
  std::uint64_t factor = 0;

  constexpr bool fill() {
    entries = {};
    for (std::size_t i = 1; i < std::size(kFieldNames); ++i) {
      const Words words = words_of(kFieldNames[i]);
      Entry& entry = entries[slot_of(words, factor)];
      if (entry.size != 0) return false;
      entry = {words, static_cast<std::uint8_t>(kFieldNames[i].size()), static_cast<FieldId>(i)};
    }
    return true;
  }
  constexpr FieldTable() {
    for (std::uint64_t seed = 1;; ++seed) {
      factor = seed * 0x9e3779b97f4a7c15ULL | 1U;
      if (fill()) break;
    }
    for (const std::string_view name : kFieldNames) {
      if (!name.empty()) first_letters[name.size()] |= 1U << (name[0] & 31);
    }
  }
};
inline constexpr FieldTable kFields;
static_assert([] {
  for (const auto name : kFieldNames) {
    if (name.size() > kLongestName || name.size() == 1) return false;
  }
  return true;
}());

}  // namespace detail

// May `name` be a known field, or be one but for an odd character? Most others are told apart here.
inline bool may_be_known(std::string_view name) {
  return name.size() <= detail::kLongestName &&
         (detail::kFields.first_letters[name.size()] >> (name[0] & 31) & 1U) != 0;
}

// The id of a name that may be known and is a token.
inline FieldId likely_field(std::string_view name) {
  const detail::Words words = detail::words_of(name);
  const auto& entry = detail::kFields.entries[detail::slot_of(words, detail::kFields.factor)];
  return entry.size == name.size() && entry.words == words ? entry.id : FieldId::other;
}

}  // namespace outrigger::http
