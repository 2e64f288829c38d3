#pragma once

#include <array>
#include <cstdint>
#include <expected>
#include <functional>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "outrigger/clock.h"
#include "outrigger/units.h"

// What `Schema<T>` (config.h) makes of a struct: its shape without its type, for the loader and the writers. Authors of
// filters need Mark, FilterSpec and FilterDescriptor of this.
namespace outrigger::config {

// Where a value stands in the files. Lines and columns count from 1; line 0: not from a file (a default).
struct Mark {
  std::shared_ptr<const std::string> file;  // as given on the command line or found by `include`
  int line = 0;
  int column = 0;
};

struct StructSchema;
template <class T>
class Schema;
// The description of T, made on first use; lives as long as the process. Any thread.
template <class T>
const StructSchema& schema_of();

// What the loader must know of a filter: the runtime's FilterType derives from this.
struct FilterDescriptor {
  std::string_view name;                      // the key in `filters:`, a contract with users
  std::string_view summary;                   // one sentence for the reference
  const StructSchema& (*schema)() = nullptr;  // &schema_of<RetryConfig>
  // Reads what the options name, files and secrets: once for all workers, when the configuration is loaded, and again
  // whenever a file of it changes. The error is a sentence and refuses the configuration. Null: nothing to read.
  // Thread: the main one; may block.
  std::expected<std::shared_ptr<const void>, std::string> (*load)(const void* options) = nullptr;
  // Do these options make it a gate of endpoints? Then it can only stand in an upstream's filters. Null: never.
  bool (*is_endpoint_gate)(const void* options) = nullptr;
  // What of these options needs HTTP, so that the filter cannot serve a listener with protocol tcp: the key, empty for
  // none. Null: all of it does.
  std::string (*needs_http)(const void* options) = nullptr;
  // The time that an answer must take for these options to notice, and its key in them: the loader warns when answers
  // are given up before. Nothing: there is none. Null: never.
  struct Noticed {
    std::string_view key;
    Duration value;
  };
  std::optional<Noticed> (*notices_after)(const void* options) = nullptr;
};

// What the loader must know of an adapter: the runtime's AdapterType (src/adapters/adapter.h) derives from this.
struct AdapterDescriptor {
  std::string_view list;  // of `adapters:` it stands in: "logs", "metrics", "health"
  // An entry whose first telling key is one of these is such an adapter; the first one names it. Unused ones are empty.
  std::array<std::string_view, 3> tells;
  std::string_view summary;                   // one sentence for the reference
  const StructSchema& (*schema)() = nullptr;  // its telling keys are fields like the others

  std::string_view name() const { return tells.front(); }
};
using AdapterCatalog = std::span<const AdapterDescriptor* const>;

// One entry of a list below `adapters:`, its options already parsed and checked.
struct AdapterSpec {
  const AdapterDescriptor* type = nullptr;  // never null in loaded settings
  std::shared_ptr<const void> config;       // the adapter's own struct, the T of `type->schema`
  std::string fingerprint;                  // name and effective options in normal form: equal text, equal adapter
  std::string path;                         // where it stands: "adapters.metrics[0]"
  Mark mark;
};

// Every filter that may stand in a `filters:` list, and every adapter. The loader keeps pointers into both: they
// outlive all settings.
class FilterCatalog : public std::span<const FilterDescriptor* const> {
 public:
  using std::span<const FilterDescriptor* const>::span;
  AdapterCatalog adapters;
};

// One entry of a `filters:` list, its options already parsed and checked.
struct FilterSpec {
  const FilterDescriptor* type = nullptr;  // never null in loaded settings
  std::shared_ptr<const void> config;      // the filter's own struct, the T of `type->schema`
  std::shared_ptr<const void> files;       // what `type->load` read; null if it reads nothing
  std::string fingerprint;                 // name and effective options in normal form: equal text, equal filter
  std::string path;                        // where its options stand: "upstreams.app.filters[1].retry"
  Mark mark;
};

enum class Kind : std::uint8_t {
  boolean,
  integer,
  number,
  text,
  duration,
  bytes,
  share,
  rate,
  choice,  // leaves: one YAML scalar
  optional,
  list,
  map,        // hold `element`
  structure,  // has `structure`
  filter,     // FilterSpec: the options of the filter that has the key's name
  filters,    // std::vector<FilterSpec>
  adapters    // std::vector<AdapterSpec>: those of the list that has the key's name
};

// The value of a leaf; a choice is its number (int64).
using Scalar = std::variant<std::monostate, bool, std::int64_t, double, std::string, Duration, ByteSize, Share, Rate>;

// One value's shape in the file and access to its place in memory. `void*` always points to the described C++ type.
struct ValueType {
  using Visitor = std::function<void(const std::string& key, const void* value)>;

  Kind kind = Kind::text;
  std::shared_ptr<ValueType> element;                             // optional, list, map: the type inside
  const StructSchema& (*structure)() = nullptr;                   // structure
  std::vector<std::pair<std::string, std::int64_t>> choices;      // choice
  std::int64_t least = std::numeric_limits<std::int64_t>::min();  // integer: what the C++ type can hold
  std::int64_t most = std::numeric_limits<std::int64_t>::max();
  std::function<void(void*, const Scalar&)> store;             // leaves
  std::function<Scalar(const void*)> load;                     // leaves
  std::function<void(void*)> clear;                            // optional, list, map
  std::function<void*(void*, const std::string& key)> insert;  // optional, list, map: adds one element, valid until
                                                               // the next insert; `key` is for maps
  std::function<void(const void*, const Visitor&)> visit;      // optional, list, map: every element in order
};

// One key of a struct.
struct Field {
  std::string name;
  std::string summary;
  std::shared_ptr<ValueType> type;
  std::function<void*(void*)> slot;  // from the struct to the member
  Scalar least, most;                // inclusive; monostate: no limit
  std::string example;
  std::function<std::string(const std::string&)> check_text;  // for every text inside; returns an error or ""
  bool required = false;
  bool secret = false;       // only as `file:/path` or `env:NAME`
  bool file = false;         // a path: must be readable, is watched for changes
  bool upstream = false;     // the name of an upstream
  bool one_or_many = false;  // a list that may be written as its only element
  bool list_too = false;     // a keyed list that may be written as a plain list
  bool input_only = false;   // merged or expanded away: not part of `dump`

  const void* slot_of(const void* object) const { return slot(const_cast<void*>(object)); }
};

// One struct: a YAML mapping.
struct StructSchema {
  std::string name_of_type;
  std::string summary;
  std::vector<Field> fields;                                    // in order of description
  std::string shorthand;                                        // the field a plain scalar stands for; "" none
  std::function<std::shared_ptr<void>()> make;                  // default-constructed
  std::vector<std::function<std::string(const void*)>> checks;  // run when all fields are good; error text or ""
  std::function<Mark*(void*)> mark;                             // may be empty

  const Field* find(std::string_view key) const {
    for (const Field& field : fields) {
      if (field.name == key) return &field;
    }
    return nullptr;
  }
};

namespace detail {

template <class T>
constexpr bool is_leaf =
    std::is_arithmetic_v<T> || std::is_enum_v<T> || std::is_same_v<T, std::string> || std::is_same_v<T, Duration> ||
    std::is_same_v<T, ByteSize> || std::is_same_v<T, Share> || std::is_same_v<T, Rate>;

template <class T>
struct Type;
template <class T>
std::shared_ptr<ValueType> type_of() {
  return std::make_shared<ValueType>(Type<T>::make());
}

template <class T>
consteval Kind leaf_kind() {
  if constexpr (std::is_same_v<T, bool>)
    return Kind::boolean;
  else if constexpr (std::is_integral_v<T>)
    return Kind::integer;
  else if constexpr (std::is_floating_point_v<T>)
    return Kind::number;
  else if constexpr (std::is_enum_v<T>)
    return Kind::choice;
  else if constexpr (std::is_same_v<T, std::string>)
    return Kind::text;
  else if constexpr (std::is_same_v<T, Duration>)
    return Kind::duration;
  else if constexpr (std::is_same_v<T, ByteSize>)
    return Kind::bytes;
  else if constexpr (std::is_same_v<T, Share>)
    return Kind::share;
  else
    return Kind::rate;
}

// The type a leaf has inside a Scalar.
template <class T>
using Stored = std::conditional_t<std::is_same_v<T, bool>, bool,
                                  std::conditional_t<std::is_integral_v<T> || std::is_enum_v<T>, std::int64_t,
                                                     std::conditional_t<std::is_floating_point_v<T>, double, T>>>;

template <class T>
Scalar scalar_of(const T& value) {
  if constexpr (std::is_convertible_v<const T&, std::string> && !std::is_same_v<T, std::string>) {
    return Scalar{std::string(value)};
  } else if constexpr (std::is_convertible_v<const T&, Duration> && !std::is_arithmetic_v<T>) {
    return Scalar{Duration(value)};  // seconds(1) and the like
  } else {
    return Scalar{static_cast<Stored<T>>(value)};
  }
}

template <class T>
struct Type {
  static ValueType make() {
    ValueType type;
    if constexpr (is_leaf<T>) {
      type.kind = leaf_kind<T>();
      if constexpr (std::is_integral_v<T> && sizeof(T) < sizeof(std::int64_t)) {
        type.least = static_cast<std::int64_t>(std::numeric_limits<T>::min());
        type.most = static_cast<std::int64_t>(std::numeric_limits<T>::max());
      } else if constexpr (std::is_unsigned_v<T>) {
        type.least = 0;
      }
      type.store = [](void* at, const Scalar& value) {
        *static_cast<T*>(at) = static_cast<T>(std::get<Stored<T>>(value));
      };
      type.load = [](const void* at) { return scalar_of(*static_cast<const T*>(at)); };
    } else {
      type.kind = Kind::structure;
      type.structure = &schema_of<T>;
    }
    return type;
  }
};

template <class T>
struct Type<std::optional<T>> {
  static ValueType make() {
    ValueType type;
    type.kind = Kind::optional;
    type.element = type_of<T>();
    type.clear = [](void* at) { static_cast<std::optional<T>*>(at)->reset(); };
    type.insert = [](void* at, const std::string&) -> void* { return &static_cast<std::optional<T>*>(at)->emplace(); };
    type.visit = [](const void* at, const ValueType::Visitor& visitor) {
      if (const auto& value = *static_cast<const std::optional<T>*>(at)) visitor({}, &*value);
    };
    return type;
  }
};

template <class T>
struct Type<std::vector<T>> {
  static_assert(!std::is_same_v<T, bool>, "std::vector<bool> has no addressable elements");
  static ValueType make() {
    ValueType type;
    type.kind = Kind::list;
    type.element = type_of<T>();
    type.clear = [](void* at) { static_cast<std::vector<T>*>(at)->clear(); };
    type.insert = [](void* at, const std::string&) -> void* {
      return &static_cast<std::vector<T>*>(at)->emplace_back();
    };
    type.visit = [](const void* at, const ValueType::Visitor& visitor) {
      for (const T& value : *static_cast<const std::vector<T>*>(at)) visitor({}, &value);
    };
    return type;
  }
};

template <>
struct Type<FilterSpec> {
  static ValueType make() {
    ValueType type;
    type.kind = Kind::filter;
    return type;
  }
};

template <>
struct Type<std::vector<FilterSpec>> {
  static ValueType make() {
    ValueType type;
    type.kind = Kind::filters;
    return type;
  }
};

template <>
struct Type<std::vector<AdapterSpec>> {
  static ValueType make() {
    ValueType type;
    type.kind = Kind::adapters;
    return type;
  }
};

template <class T>
struct Type<std::map<std::string, T>> {
  static ValueType make() {
    ValueType type;
    type.kind = Kind::map;
    type.element = type_of<T>();
    type.clear = [](void* at) { static_cast<std::map<std::string, T>*>(at)->clear(); };
    type.insert = [](void* at, const std::string& key) -> void* {
      return &(*static_cast<std::map<std::string, T>*>(at))[key];
    };
    type.visit = [](const void* at, const ValueType::Visitor& visitor) {
      for (const auto& [key, value] : *static_cast<const std::map<std::string, T>*>(at)) visitor(key, &value);
    };
    return type;
  }
};

// The member's type without the containers around it: what `values` and `range` speak about.
template <class T>
struct Leaf {
  using type = T;
};
template <class T>
struct Leaf<std::optional<T>> : Leaf<T> {};
template <class T>
struct Leaf<std::vector<T>> : Leaf<T> {};
template <class T>
struct Leaf<std::map<std::string, T>> : Leaf<T> {};

}  // namespace detail

}  // namespace outrigger::config
