#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <vector>

// JSON from strangers. The only folder of base/ with nlohmann-json.
namespace outrigger::base {

struct JsonMember;

struct Json {
  enum class Kind : std::uint8_t { null, boolean, number, text, list, object };

  Kind kind = Kind::null;
  std::string text;                 // of a text; of a number or boolean as JSON has it
  double number = 0;                // of a number
  std::vector<Json> items;          // of a list
  std::vector<JsonMember> members;  // of an object, in order, each name once

  bool is_text() const { return kind == Kind::text; }
  bool is_object() const { return kind == Kind::object; }
  bool is_list() const { return kind == Kind::list; }
  bool is_number() const { return kind == Kind::number; }
  // The member of that name; null if there is none or this is no object.
  const Json* find(std::string_view name) const;
  // The text of the member of that name; empty if there is none or it is no text.
  std::string_view text_of(std::string_view name) const;
};

struct JsonMember {
  std::string name;
  Json value;
};

// One document, RFC 8259. Refused: a name twice in one object (RFC 7515 section 5.2 step 4: readers that choose
// differently could be played against each other), more than 32 levels, more than 10,000 values, bad UTF-8.
// The error is a few words.
std::expected<Json, std::string> parse_json(std::string_view text);

}  // namespace outrigger::base
