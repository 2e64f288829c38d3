#include "config/describe.h"
#include "config/load.h"
#include "config/scalar.h"

namespace outrigger::config {
namespace {

constexpr std::size_t kCommentColumn = 56;

// Writes values as block YAML, one leaf a line, each with where it was set.
class Dumper {
 public:
  explicit Dumper(const Origins& origins) : origins_(origins) {}

  // `lead` stands before the first key: "- " inside a list.
  void fields(const StructSchema& schema, const void* object, const std::string& path, std::string lead, int depth) {
    bool any = false;
    for (const Field& field : schema.fields) {
      if (field.input_only) continue;
      const std::string inner = path.empty() ? field.name : path + "." + field.name;
      any |= value(*field.type, field.slot_of(object), inner, any ? pad(depth) : lead, field.name, depth);
    }
    if (!any) text_ += lead + "{}\n";
  }

  std::string take() { return std::move(text_); }

 private:
  static std::string pad(int depth) { return std::string(static_cast<std::size_t>(depth) * 2, ' '); }

  // One `key: value`; false when there is nothing to write (an optional that is not set).
  bool value(const ValueType& type, const void* at, const std::string& path, const std::string& lead,
             const std::string& key, int depth) {
    switch (type.kind) {
      case Kind::optional: {
        bool any = false;
        type.visit(at, [&](const std::string&, const void* inner) {
          any = value(*type.element, inner, path, lead, key, depth);
        });
        return any;
      }
      case Kind::structure:
        return block(type.structure(), at, path, lead, key, depth);
      case Kind::list:
      case Kind::map:
        return container(type, at, path, lead, key, depth);
      case Kind::filter: {
        const auto& spec = *static_cast<const FilterSpec*>(at);
        return spec.type != nullptr && block(spec.type->schema(), spec.config.get(), path, lead, key, depth);
      }
      case Kind::filters:
        return filters(*static_cast<const std::vector<FilterSpec>*>(at), path, lead, key, depth);
      case Kind::adapters:
        return adapters(*static_cast<const std::vector<AdapterSpec>*>(at), path, lead, key, depth);
      default:
        break;
    }
    const Scalar scalar = type.load(at);
    const auto* text = std::get_if<std::string>(&scalar);
    if (text != nullptr && text->empty() && !origins_.contains(path)) return false;
    line(lead + key + ": " + format_scalar(type, scalar), path);
    return true;
  }

  // A struct with nothing to say (only unset optionals inside) is left out, unless the file has it.
  bool block(const StructSchema& schema, const void* at, const std::string& path, const std::string& lead,
             const std::string& key, int depth) {
    Dumper inner(origins_);
    inner.fields(schema, at, path, pad(depth + 1), depth + 1);
    const std::string body = inner.take();
    const bool empty = body == pad(depth + 1) + "{}\n";
    if (empty && !origins_.contains(path)) return false;
    if (empty) {
      line(lead + key + ": {}", path);
    } else {
      text_ += lead + key + ":\n" + body;
    }
    return true;
  }

  bool container(const ValueType& type, const void* at, const std::string& path, const std::string& lead,
                 const std::string& key, int depth) {
    const bool list = type.kind == Kind::list;
    const ValueType& element = *type.element;
    std::size_t size = 0;
    type.visit(at, [&](const std::string&, const void*) { ++size; });
    if (size == 0 && !origins_.contains(path)) return false;
    if (size == 0 || element.kind != Kind::structure) {
      line(lead + key + ": " + format_flow(type, at), path);
      return true;
    }
    text_ += lead + key + ":\n";
    std::size_t index = 0;
    type.visit(at, [&](const std::string& name, const void* item) {
      if (list) {
        const std::string inner = path + "[" + std::to_string(index++) + "]";
        fields(element.structure(), item, inner, pad(depth + 1) + "- ", depth + 2);
      } else {
        text_ += pad(depth + 1) + yaml_text(name) + ":\n";
        fields(element.structure(), item, path + "." + name, pad(depth + 2), depth + 2);
      }
    });
    return true;
  }

  bool filters(const std::vector<FilterSpec>& specs, const std::string& path, const std::string& lead,
               const std::string& key, int depth) {
    if (specs.empty() && !origins_.contains(path)) return false;
    if (specs.empty()) {
      line(lead + key + ": []", path);
      return true;
    }
    text_ += lead + key + ":\n";
    for (const FilterSpec& spec : specs) filter(spec, pad(depth + 1) + "- ", depth);
    return true;
  }

  bool adapters(const std::vector<AdapterSpec>& specs, const std::string& path, const std::string& lead,
                const std::string& key, int depth) {
    if (specs.empty() && !origins_.contains(path)) return false;
    if (specs.empty()) {
      line(lead + key + ": []", path);
      return true;
    }
    text_ += lead + key + ":\n";
    for (const AdapterSpec& spec : specs) {
      fields(spec.type->schema(), spec.config.get(), spec.path, pad(depth + 1) + "- ", depth + 2);
    }
    return true;
  }

 public:
  void filter(const FilterSpec& spec, const std::string& lead, int depth) {
    line(lead + std::string(spec.type->name) + ":", spec.path);
    fields(spec.type->schema(), spec.config.get(), spec.path, pad(depth + 3), depth + 3);
  }

 private:
  void line(std::string text, const std::string& path) {
    if (text.size() < kCommentColumn) text.resize(kCommentColumn, ' ');
    text_ += text + "  # " + origin_of(path, origins_) + "\n";
  }

  const Origins& origins_;
  std::string text_;
};

}  // namespace

std::string dump(const Settings& settings, FilterCatalog) {
  static const Origins kNone;
  Dumper dumper(settings.origins ? *settings.origins : kNone);
  dumper.fields(schema_of<Settings>(), &settings, "", "", 0);
  return dumper.take();
}

std::string normal_form(const Outlier& outlier) { return format_flow(schema_of<Outlier>(), &outlier); }

std::string normal_form(const HealthCheck& check) { return format_flow(schema_of<HealthCheck>(), &check); }

std::string normal_form(const Upstream& upstream) {
  Upstream plain = upstream;
  plain.filters.reset();
  return yaml_text(plain.name) + ": " + format_flow(schema_of<Upstream>(), &plain);
}

std::string dump_filter(const FilterSpec& filter, const Origins& origins) {
  Dumper dumper(origins);
  dumper.filter(filter, "", -2);
  return dumper.take();
}

std::string origin_of(std::string_view path, const Origins& origins) {
  const auto origin = origins.find(path);
  if (origin == origins.end() || !origin->second.file) return "default";
  return *origin->second.file + ":" + std::to_string(origin->second.line);
}

}  // namespace outrigger::config
