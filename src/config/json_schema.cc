#include <map>

#include "config/describe.h"
#include "config/json_text.h"
#include "config/load.h"
#include "config/scalar.h"

namespace outrigger::config {
namespace {

// Writes each struct once under $defs and refers to it, so that structs may contain themselves.
class Writer {
 public:
  explicit Writer(FilterCatalog catalog) : catalog_(catalog) {}

  std::string write() {
    const std::string root = body(schema_of<Settings>());
    std::string text = "{\n\"$schema\": \"https://json-schema.org/draft/2020-12/schema\",\n\"title\": \"Outrigger\",\n";
    text += root.substr(1, root.size() - 2) + ",\n\"$defs\": {\n\"filters\": " + filter_list();
    while (!pending_.empty()) {
      const StructSchema* schema = pending_.back();
      pending_.pop_back();
      text += ",\n" + json_text(names_.at(schema)) + ": " + definition(*schema);
    }
    return text + "\n}\n}\n";
  }

 private:
  std::string reference(const StructSchema& schema) {
    const auto [found, fresh] = names_.try_emplace(&schema, "block" + std::to_string(names_.size() + 1));
    if (fresh) pending_.push_back(&schema);
    return "{\"$ref\": \"#/$defs/" + found->second + "\"}";
  }

  // A struct, or what it may be shortened to.
  std::string definition(const StructSchema& schema) {
    const Field* shorthand = schema.shorthand.empty() ? nullptr : schema.find(schema.shorthand);
    std::string whole = body(schema);
    bool null_is_good = true;
    for (const Field& field : schema.fields) null_is_good = null_is_good && !field.required;
    if (shorthand == nullptr && !null_is_good) return whole;
    std::string text = "{\"anyOf\": [" + whole;
    if (null_is_good) text += ", {\"type\": \"null\"}";
    if (shorthand != nullptr) text += ", " + property(*shorthand);
    return text + "]}";
  }

  std::string body(const StructSchema& schema) {
    const std::shared_ptr<void> defaults = schema.make();
    std::string text = "{\"type\": \"object\", \"additionalProperties\": false";
    if (!schema.summary.empty()) text += ", \"description\": " + json_text(schema.summary);
    std::string properties;
    std::string required;
    for (const Field& field : schema.fields) {
      properties += (properties.empty() ? "" : ",") + ("\n  " + json_text(field.name)) + ": " + property(field);
      if (field.required) required += (required.empty() ? "" : ", ") + json_text(field.name);
    }
    if (!required.empty()) text += ", \"required\": [" + required + "]";
    return text + ", \"properties\": {" + properties + "}}";
  }

  std::string property(const Field& field) {
    std::string inner = value(field, *field.type);
    std::string text = "{\"description\": " + json_text(field.summary);
    if (!field.example.empty()) text += ", \"examples\": [" + json_text(field.example) + "]";
    if (field.secret) inner = "{\"type\": \"string\", \"pattern\": \"^(file|env):.\"}";
    return text + ", " + inner.substr(1);
  }

  std::string value(const Field& field, const ValueType& type) {
    const auto pattern = [](const char* regex) {
      return "{\"type\": \"string\", \"pattern\": " + json_text(std::string(regex) + "|\\$\\{") + "}";
    };
    switch (type.kind) {
      case Kind::boolean:
        return R"({"type": "boolean"})";
      case Kind::integer:
        return number(field, "integer");
      case Kind::number:
        return number(field, "number");
      case Kind::text:
        return R"({"type": ["string", "number", "boolean"]})";  // `8080` is a text in YAML's eyes too
      case Kind::duration:
        return pattern("^([0-9.]+(ns|us|ms|s|m|h|d))+$");
      case Kind::bytes:
        return pattern("^[0-9.]+([KMG]i?)?B$");
      case Kind::share:
        return pattern("^[0-9.]+%$");
      case Kind::rate:
        return pattern("^[0-9.]+/[smh]$");
      case Kind::choice:
        return choice(type);
      case Kind::optional:
        return value(field, *type.element);
      case Kind::list:
        return list(field, type, field.one_or_many);
      case Kind::map: {
        const std::string map = R"({"type": "object", "additionalProperties": )" + value(field, *type.element) + "}";
        return field.list_too ? "{\"anyOf\": [" + map + ", " + list(field, type, false) + "]}" : map;
      }
      case Kind::structure:
        return reference(type.structure());
      case Kind::filter:
        for (const FilterDescriptor* known : catalog_) {
          if (known->name == field.name) return reference(known->schema());
        }
        return "{}";
      case Kind::filters:
        return R"({"$ref": "#/$defs/filters"})";
      case Kind::adapters:
        return adapter_list(field.name);
    }
    return "{}";
  }

  std::string list(const Field& field, const ValueType& type, bool or_one) {
    const std::string item = value(field, *type.element);
    const std::string many = R"({"type": "array", "items": )" + item + "}";
    return or_one ? "{\"anyOf\": [" + many + ", " + item + "]}" : many;
  }

  static std::string number(const Field& field, const char* name) {
    std::string text = "{\"type\": " + json_text(name);
    const auto limit = [&](const char* key, const Scalar& at) {
      if (const auto* whole = std::get_if<std::int64_t>(&at)) text += key + std::to_string(*whole);
      if (const auto* real = std::get_if<double>(&at)) text += key + std::to_string(*real);
    };
    limit(", \"minimum\": ", field.least);
    limit(", \"maximum\": ", field.most);
    return text + "}";
  }

  static std::string choice(const ValueType& type) {
    std::string text;
    for (const auto& [word, value] : type.choices) text += (text.empty() ? "" : ", ") + json_text(word);
    return "{\"enum\": [" + text + "]}";
  }

  std::string filter_list() {
    std::string kinds =
        R"({"type": "object", "properties": {"use": {"type": "string", )"
        R"("description": "A chain of this name."}}, "required": ["use"], "additionalProperties": false})";
    std::string names;
    for (const FilterDescriptor* type : catalog_) {
      const std::string name = json_text(type->name);
      names += (names.empty() ? "" : ", ") + name;
      std::string options = reference(type->schema());
      options = "{\"description\": " + json_text(type->summary) + ", " + options.substr(1);
      kinds += ",\n  {\"type\": \"object\", \"properties\": {" + name + ": " + options + "}, \"required\": [" + name +
               "], \"additionalProperties\": false}";
    }
    if (!names.empty()) kinds += ",\n  {\"enum\": [" + names + "]}";
    return "{\"type\": \"array\", \"items\": {\"anyOf\": [" + kinds + "]}}";
  }

  std::string adapter_list(const std::string& list) {
    std::string kinds;
    for (const AdapterDescriptor* type : catalog_.adapters) {
      if (type->list != list) continue;
      const std::string options = reference(type->schema());
      kinds +=
          (kinds.empty() ? "" : ",\n  ") + ("{\"description\": " + json_text(type->summary) + ", ") + options.substr(1);
    }
    return kinds.empty() ? R"({"type": "array", "maxItems": 0})"
                         : "{\"type\": \"array\", \"items\": {\"anyOf\": [" + kinds + "]}}";
  }

  FilterCatalog catalog_;
  std::map<const StructSchema*, std::string> names_;
  std::vector<const StructSchema*> pending_;
};

}  // namespace

std::string json_schema(FilterCatalog catalog) { return Writer(catalog).write(); }

}  // namespace outrigger::config
