#include "adapters/logs/parse/json_parser.h"

#include <utility>

#include "base/json/json.h"

namespace outrigger::adapters::logs {
namespace {

using base::Json;

void append(const Json& json, std::string& out) {
  switch (json.kind) {
    case Json::Kind::null:
      out += "null";
      break;
    case Json::Kind::boolean:
    case Json::Kind::number:
      out += json.text;
      break;
    case Json::Kind::text:
      append_json_text(json.text, out);
      break;
    case Json::Kind::list:
      out += '[';
      for (const Json& item : json.items) {
        if (&item != &json.items.front()) out += ',';
        append(item, out);
      }
      out += ']';
      break;
    case Json::Kind::object:
      out += '{';
      for (const base::JsonMember& member : json.members) {
        if (&member != &json.members.front()) out += ',';
        append_json_text(member.name, out);
        out += ':';
        append(member.value, out);
      }
      out += '}';
      break;
  }
}

}  // namespace

bool JsonParser::parse(std::string_view text, Record& record) const {
  // What begins otherwise is no object: not worth a reader.
  const auto begin = text.find_first_not_of(" \t");
  if (begin == std::string_view::npos || text[begin] != '{') return false;
  auto json = base::parse_json(text);
  if (!json) return false;
  for (base::JsonMember& member : json->members) {
    Field& field = record.fields.emplace_back();
    field.name = std::move(member.name);
    if (member.value.is_text()) {
      field.value = std::move(member.value.text);
    } else {
      field.kind = Field::Kind::json;
      append(member.value, field.value);
    }
  }
  return true;
}

}  // namespace outrigger::adapters::logs
