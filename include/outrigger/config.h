#pragma once

#include <cstdint>
#include <functional>
#include <initializer_list>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "outrigger/config_types.h"

// How a struct becomes keys of the YAML file. One description feeds the parser, its error texts, the JSON Schema, the
// reference pages and `dump`. Write the struct, its defaults as member initialisers, and beside it (found by ADL):
//
//   struct RetryConfig {
//     int num_retries = 2;
//     Duration base = std::chrono::milliseconds(25);
//     Reset reset = Reset::timed;
//   };
//   inline void describe(config::Schema<RetryConfig>& schema) {
//     schema.summary("Repeats a failed request.");
//     schema.field("num_retries", &RetryConfig::num_retries, "Tries after the first.").range(0, 10);
//     schema.field("base", &RetryConfig::base, "First pause.").example("25ms");
//     schema.field("reset", &RetryConfig::reset, "How it closes.").values({{"timed", Reset::timed}});
//   }
//
// Members may be: bool, integers, double, std::string, Duration, ByteSize, Share, Rate, enums (with `values`), other
// described structs, std::vector<FilterSpec>, and std::optional, std::vector, std::map<std::string, ...> of these.
namespace outrigger::config {

// What `Schema::field` returns: says more about the field just described. Use within the same statement.
template <class Member>
class FieldBuilder {
  using Leaf = typename detail::Leaf<Member>::type;

 public:
  explicit FieldBuilder(Field& field) : field_(field) {}

  // The key must be present.
  FieldBuilder& required() {
    field_.required = true;
    return *this;
  }
  // Inclusive limits, also of every element of a list. `range(seconds(1), minutes(5))` for a Duration.
  template <class Low, class High>
  FieldBuilder& range(Low low, High high) {
    field_.least = limit(low);
    field_.most = limit(high);
    return *this;
  }
  // Shown in the reference and the JSON Schema, as it would stand in the file.
  FieldBuilder& example(std::string text) {
    field_.example = std::move(text);
    return *this;
  }
  // A secret: only `file:/path` or `env:NAME` is accepted, the reference itself is stored (base/secret.h resolves it).
  FieldBuilder& secret() {
    field_.secret = true;
    return *this;
  }
  // A file: relative paths are relative to the working directory; must be readable; a change of it is a reload.
  // Takes `/path` and `file:/path`; http(s) URLs and the empty text are left alone.
  FieldBuilder& file() {
    field_.file = true;
    return *this;
  }
  // The name of an upstream of the same file: checked, and that upstream counts as used.
  FieldBuilder& upstream() {
    field_.upstream = true;
    return *this;
  }
  // `method: GET` for `method: [GET]`.
  FieldBuilder& one_or_many() {
    field_.one_or_many = true;
    return *this;
  }
  // Not shown by `dump`: its meaning was merged into other fields.
  FieldBuilder& input_only() {
    field_.input_only = true;
    return *this;
  }
  // Runs for every text in the value; returns the error, "" when good. Reported at the text's own place.
  FieldBuilder& check_text(std::function<std::string(const std::string&)> check) {
    field_.check_text = std::move(check);
    return *this;
  }
  // The words for an enum, in the order of the reference.
  FieldBuilder& values(std::initializer_list<std::pair<const char*, Leaf>> words)
    requires std::is_enum_v<Leaf>
  {
    ValueType* type = field_.type.get();
    while (type->element) type = type->element.get();
    for (const auto& [word, value] : words) type->choices.emplace_back(word, static_cast<std::int64_t>(value));
    return *this;
  }
  // A vector of structs that is a mapping in the file, the key in `key`: `upstreams: {app: {...}}`. In file order.
  // `list_too`: a plain list whose elements have that key as a field is accepted as well.
  template <class Element>
  FieldBuilder& keyed_by(std::string Element::* key, bool list_too = false) {
    static_assert(std::is_same_v<Member, std::vector<Element>>, "keyed_by is for vectors of that struct");
    field_.list_too = list_too;
    field_.type->kind = Kind::map;
    field_.type->insert = [key](void* at, const std::string& name) -> void* {
      Element& element = static_cast<std::vector<Element>*>(at)->emplace_back();
      element.*key = name;
      return &element;
    };
    field_.type->visit = [key](const void* at, const ValueType::Visitor& visitor) {
      for (const Element& element : *static_cast<const std::vector<Element>*>(at)) visitor(element.*key, &element);
    };
    return *this;
  }

 private:
  template <class Limit>
  static Scalar limit(Limit value) {
    if constexpr (std::is_arithmetic_v<Leaf> && std::is_arithmetic_v<Limit>) {
      return detail::scalar_of(static_cast<Leaf>(value));
    } else {
      return detail::scalar_of(value);
    }
  }

  Field& field_;
};

// Collects the description of T. See the example at the top.
template <class T>
class Schema {
 public:
  explicit Schema(StructSchema& out) : out_(out) {
    out_.make = [] { return std::static_pointer_cast<void>(std::make_shared<T>()); };
  }

  // One sentence on what the block does.
  Schema& summary(std::string text) {
    out_.summary = std::move(text);
    return *this;
  }

  template <class Member>
  FieldBuilder<Member> field(std::string name, Member T::* member, std::string summary) {
    Field& field = out_.fields.emplace_back();
    field.name = std::move(name);
    field.summary = std::move(summary);
    field.type = detail::type_of<Member>();
    field.slot = [member](void* object) -> void* { return &(static_cast<T*>(object)->*member); };
    return FieldBuilder<Member>(field);
  }

  // A plain scalar (or, if that field is a list, a list) in place of the mapping is the value of this field.
  Schema& shorthand(std::string field_name) {
    out_.shorthand = std::move(field_name);
    return *this;
  }

  // A check across fields. Runs when every field by itself is good; returns the error, "" when good.
  Schema& check(std::function<std::string(const T&)> check) {
    out_.checks.push_back(
        [check = std::move(check)](const void* object) { return check(*static_cast<const T*>(object)); });
    return *this;
  }

  // The member that receives the place of the mapping in the file.
  Schema& mark(Mark T::* member) {
    out_.mark = [member](void* object) { return &(static_cast<T*>(object)->*member); };
    return *this;
  }

 private:
  StructSchema& out_;
};

template <class T>
const StructSchema& schema_of() {
  static const StructSchema kSchema = [] {
    StructSchema out;
    Schema<T> schema(out);
    describe(schema);  // found by ADL beside T
    return out;
  }();
  return kSchema;
}

}  // namespace outrigger::config
