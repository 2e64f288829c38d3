#include "config/leaves.h"

#include <map>
#include <unordered_map>
#include <utility>

#include "config/describe.h"
#include "config/load.h"
#include "config/scalar.h"

namespace outrigger::config {
namespace {

// Two paths to a value: as it is shown, and as origins know it.
struct Place {
  std::string shown, known;
  Place at(const std::string& key) const {
    return {shown.empty() ? key : shown + "." + key, known.empty() ? key : known + "." + key};
  }
};

class Walk {
 public:
  Walk(const Origins& origins, PartNames names) : origins_(origins), names_(names) {}

  void fields(const StructSchema& schema, const void* object, const Place& place) {
    for (const Field& field : schema.fields) {
      if (!field.input_only) value(*field.type, field.slot_of(object), place.at(field.name));
    }
  }
  std::vector<Leaf> take() { return std::move(leaves_); }

 private:
  void add(const Place& place, std::string value) {
    leaves_.push_back({place.shown, std::move(value), origin_of(place.known, origins_)});
  }

  void value(const ValueType& type, const void* at, const Place& place) {
    switch (type.kind) {
      case Kind::optional:
        return type.visit(at, [&](const std::string&, const void* inner) { value(*type.element, inner, place); });
      case Kind::structure:
        return fields(type.structure(), at, place);
      case Kind::list:
      case Kind::map:
        return container(type, at, place);
      case Kind::filter:
        if (const auto& spec = *static_cast<const FilterSpec*>(at); spec.type != nullptr) {
          options(spec.type->schema(), spec.config.get(), place);
        }
        return;
      case Kind::filters:
        return filters(*static_cast<const std::vector<FilterSpec>*>(at), place);
      case Kind::adapters:
        return adapters(*static_cast<const std::vector<AdapterSpec>*>(at), place);
      default:
        break;
    }
    const Scalar scalar = type.load(at);
    const auto* text = std::get_if<std::string>(&scalar);
    if (text != nullptr && text->empty() && !origins_.contains(place.known)) return;
    add(place, format_scalar(type, scalar));
  }

  void container(const ValueType& type, const void* at, const Place& place) {
    const ValueType& element = *type.element;
    std::size_t size = 0;
    type.visit(at, [&](const std::string&, const void*) { ++size; });
    if (size == 0 && !origins_.contains(place.known)) return;
    if (size == 0 || element.kind != Kind::structure) return add(place, format_flow(type, at));
    std::size_t index = 0;
    std::map<std::string, std::size_t> counts;
    type.visit(at, [&](const std::string& key, const void* item) {
      if (type.kind == Kind::map) return fields(element.structure(), item, place.at(key));
      const std::string number = std::to_string(index++);
      std::string name = names_ == PartNames::by_name ? name_of(element.structure(), item) : std::string();
      if (!name.empty()) name = counted(name, ++counts[name]);
      fields(element.structure(), item,
             {place.shown + "[" + (name.empty() ? number : name) + "]", place.known + "[" + number + "]"});
    });
  }

  static std::string name_of(const StructSchema& schema, const void* item) {
    const Field* const field = schema.find("name");
    if (field == nullptr || field->type->kind != Kind::text) return {};
    const Scalar name = field->type->load(field->slot_of(item));
    const auto* text = std::get_if<std::string>(&name);
    return text == nullptr ? std::string() : *text;
  }

  void filters(const std::vector<FilterSpec>& specs, const Place& place) {
    if (specs.empty() && !origins_.contains(place.known)) return;
    if (names_ == PartNames::by_name || specs.empty()) {
      std::string order;
      for (const FilterSpec& spec : specs) order.append(order.empty() ? "" : ", ").append(spec.type->name);
      add(place, "[" + order + "]");
    }
    std::map<std::string_view, std::size_t> counts;
    for (std::size_t i = 0; i < specs.size(); ++i) {
      const std::string_view name = specs[i].type->name;
      const std::string by_name = place.shown + "." + counted(name, ++counts[name]);
      const std::string by_place = place.shown + "[" + std::to_string(i) + "]." + std::string(name);
      options(specs[i].type->schema(), specs[i].config.get(),
              {names_ == PartNames::by_name ? by_name : by_place, specs[i].path});
    }
  }

  // By place nothing else says that there is a filter with none of its options set.
  void options(const StructSchema& schema, const void* object, const Place& place) {
    const std::size_t before = leaves_.size();
    fields(schema, object, place);
    if (names_ == PartNames::by_place && leaves_.size() == before) add(place, "{}");
  }

  // Those of one kind are counted, so that one in front of another makes no difference to it.
  void adapters(const std::vector<AdapterSpec>& specs, const Place& place) {
    std::map<std::string_view, std::size_t> counts;
    for (std::size_t i = 0; i < specs.size(); ++i) {
      const std::string_view name = specs[i].type->name();
      const std::string by_place = place.shown + "[" + std::to_string(i) + "]";
      fields(
          specs[i].type->schema(), specs[i].config.get(),
          {names_ == PartNames::by_name ? place.shown + "." + counted(name, ++counts[name]) : by_place, specs[i].path});
    }
  }

  // "retry", and the next of that name "retry#2".
  static std::string counted(std::string_view name, std::size_t count) {
    return std::string(name) + (count > 1 ? "#" + std::to_string(count) : "");
  }

  const Origins& origins_;
  const PartNames names_;
  std::vector<Leaf> leaves_;
};

}  // namespace

std::vector<Leaf> leaves(const Settings& settings, PartNames names) {
  static const Origins kNone;
  Walk walk(settings.origins ? *settings.origins : kNone, names);
  walk.fields(schema_of<Settings>(), &settings, {});
  return walk.take();
}

std::vector<Difference> differences(const Settings& before, const Settings& after) {
  const std::vector<Leaf> old = leaves(before, PartNames::by_name), now = leaves(after, PartNames::by_name);
  std::unordered_map<std::string_view, const Leaf*> known, seen;
  for (const Leaf& leaf : old) known.emplace(leaf.path, &leaf);
  std::vector<Difference> found;
  for (const Leaf& leaf : now) {
    seen.emplace(leaf.path, &leaf);
    const auto was = known.find(leaf.path);
    if (was == known.end()) {
      found.push_back({leaf.path, "", leaf.value, "", leaf.origin});
    } else if (was->second->value != leaf.value) {
      found.push_back({leaf.path, was->second->value, leaf.value, was->second->origin, leaf.origin});
    }
  }
  for (const Leaf& leaf : old) {
    if (!seen.contains(leaf.path)) found.push_back({leaf.path, leaf.value, "", leaf.origin, ""});
  }
  return found;
}

}  // namespace outrigger::config
