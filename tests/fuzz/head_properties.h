#pragma once

#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

#include "http/h1/head_result.h"
#include "http/h1/head_writer.h"
#include "outrigger/message.h"

// What must hold for any head; a broken property ends the process, which the fuzzer reports with the input.
namespace outrigger::fuzz {

inline void require(bool holds, const char* property) {
  if (holds) return;
  std::fprintf(stderr, "broken property: %s\n", property);
  std::abort();
}

inline bool is_inside(std::string_view part, std::string_view whole) {
  return part.data() >= whole.data() && part.data() + part.size() <= whole.data() + whole.size();
}

// Names are tokens, values hold no control characters and no outer blanks, lines are where they came from.
inline void check_fields(const Headers& headers, std::string_view input) {
  for (const Field& field : headers) {
    require(!field.name.empty(), "a name is never empty");
    require(field.name.find_first_of(" \t:\r\n") == std::string_view::npos, "a name is a token");
    require(field.value.find_first_of(std::string_view("\r\n\0", 3)) == std::string_view::npos, "a value is one line");
    require(!field.value.starts_with(' ') && !field.value.ends_with('\t'), "a value is trimmed");
    require(field.id == field_id(field.name), "the id fits the name");
    require(field.line.empty() || is_inside(field.line, input), "a line is part of the input");
  }
}

inline std::string written(const Headers& headers, std::string_view first_line) {
  std::string text(first_line.size() + 100 * 1024, '\0');
  http::h1::HeadWriter writer(text.data(), text.data() + text.size());
  writer.append(first_line);
  writer.append("\r\n");
  writer.fields(headers);
  writer.append("\r\n");
  require(!writer.overflowed(), "the written head is not much longer than the read one");
  text.resize(writer.size());
  return text;
}

inline bool is_same(const Headers& a, const Headers& b) {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (a.begin()[i].name != b.begin()[i].name || a.begin()[i].value != b.begin()[i].value) return false;
  }
  return true;
}

inline bool is_same(const http::h1::HeadResult& a, const http::h1::HeadResult& b) {
  return a.status == b.status && a.consumed == b.consumed && a.failure == b.failure;
}

// Calls `parse(input so far, scanned, is_final)` on a growing input; the seed decides the steps.
template <typename Parse>
http::h1::HeadResult in_steps(std::string_view input, unsigned seed, Parse parse) {
  std::size_t scanned = 0;
  http::h1::HeadResult result;
  for (std::size_t size = 0; size < input.size() && result.status == http::h1::HeadResult::Status::need_more;) {
    seed = seed * 1664525 + 1013904223;
    size = std::min(input.size(), size + 1 + (seed >> 28) % 7);
    result = parse(input.substr(0, size), scanned);
  }
  return result;
}

}  // namespace outrigger::fuzz
