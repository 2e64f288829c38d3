#include <set>

#include "config/describe.h"
#include "config/load.h"
#include "config/scalar.h"

namespace outrigger::config {
namespace {

class Reference {
 public:
  explicit Reference(FilterCatalog catalog) : catalog_(catalog) {}

  std::string write() {
    text_ =
        "# Reference\n\nGenerated from the descriptions in the code. Durations are written `250ms 10s 1m30s`, sizes "
        "`64KiB`, percentages `20%`, rates `50/s`.\n";
    block("The file", schema_of<Settings>(), "##");
    text_ += "\n## Filters\n";
    for (const FilterDescriptor* type : catalog_) {
      filter_summary_ = type->summary;
      block("`" + std::string(type->name) + "`", type->schema(), "###");
    }
    adapters();
    return std::move(text_);
  }

 private:
  void adapters() {
    if (catalog_.adapters.empty()) return;
    text_ += "\n## Adapters\n\nEach list below `adapters:` and what may stand in it.\n";
    for (const AdapterDescriptor* type : catalog_.adapters) {
      filter_summary_ = type->summary;
      block("`" + std::string(type->list) + "[]." + std::string(type->name()) + "`", type->schema(), "###");
    }
  }

  void block(const std::string& title, const StructSchema& schema, const std::string& level) {
    if (!done_.insert(&schema).second) return;
    std::string_view summary = schema.summary;
    if (summary.empty()) summary = filter_summary_;
    filter_summary_ = {};
    text_ += "\n" + level + " " + title + "\n\n" + std::string(summary) + "\n";
    if (schema.fields.empty()) return;
    text_ += "\n| key | type | default | what |\n| --- | --- | --- | --- |\n";
    const std::shared_ptr<void> defaults = schema.make();
    for (const Field& field : schema.fields) row(field, defaults.get());
    if (!schema.shorthand.empty()) text_ += "\nA plain value is short for `" + schema.shorthand + "`.\n";
    for (const Field& field : schema.fields) inner(title, field, level);
  }

  void row(const Field& field, const void* defaults) {
    std::string what = escape(field.summary);
    if (!field.example.empty()) what += " Example: `" + escape(field.example) + "`.";
    if (field.secret) what += " A secret: `file:/path` or `env:NAME`.";
    if (field.least.index() != 0) {
      const ValueType* type = field.type.get();
      while (type->element) type = type->element.get();
      what += " " + format_scalar(*type, field.least) + " to " + format_scalar(*type, field.most) + ".";
    }
    text_ += "| `" + field.name + "` | " + escape(type_name(*field.type)) + " | " + default_of(field, defaults) +
             " | " + what + " |\n";
  }

  // The structs inside a block follow it, titled by their path.
  void inner(const std::string& title, const Field& field, const std::string& level) {
    const ValueType* type = field.type.get();
    std::string key = field.name;
    while (type->element) {
      if (type->kind == Kind::list) key += "[]";
      if (type->kind == Kind::map) key += ".NAME";
      type = type->element.get();
    }
    if (type->kind != Kind::structure) return;
    std::string prefix = title == "The file" ? "" : title.substr(1, title.size() - 2) + ".";
    block("`" + prefix + key + "`", type->structure(), level.size() < 4 ? level + "#" : level);
  }

  static std::string default_of(const Field& field, const void* defaults) {
    if (field.required) return "required";
    if (field.type->kind == Kind::structure) return "see below";
    const std::string text = format_flow(*field.type, field.slot_of(defaults));
    const bool nothing = text == "null" || text == "\"\"" || text == "[]" || text == "{}";
    return nothing ? std::string("none") : "`" + escape(text) + "`";
  }

  static std::string type_name(const ValueType& type) {
    switch (type.kind) {
      case Kind::optional:
        return type_name(*type.element);
      case Kind::list:
        return "list of " + type_name(*type.element);
      case Kind::map:
        return "name to " + type_name(*type.element);
      case Kind::structure:
        return "block";
      case Kind::filter:
        return "options of that filter";
      case Kind::filters:
        return "list of filters";
      case Kind::adapters:
        return "list of adapters";
      case Kind::integer:
        return "whole number";
      case Kind::boolean:
        return "`true`, `false`";
      case Kind::choice: {
        std::string words;
        for (const auto& [word, value] : type.choices) words += (words.empty() ? "`" : ", `") + word + "`";
        return words;
      }
      default:
        return describe_type(type).substr(2);  // without "a "
    }
  }

  static std::string escape(const std::string& text) {
    std::string out;
    for (const char c : text) {
      if (c == '|') out += '\\';
      out += c;
    }
    return out;
  }

  FilterCatalog catalog_;
  std::set<const StructSchema*> done_;
  std::string_view filter_summary_;
  std::string text_;
};

}  // namespace

std::string reference_markdown(FilterCatalog catalog) { return Reference(catalog).write(); }

}  // namespace outrigger::config
