#include "filters/registry.h"

#include <array>

namespace outrigger::filters {

// The types stand in their own folders; a filter's only line elsewhere is the one in filters.def.
#define OUTRIGGER_FILTER(folder, type) extern const FilterType type;
#include "filters/filters.def"
#undef OUTRIGGER_FILTER

config::FilterCatalog catalog() {
  static const std::array kAll = {
#define OUTRIGGER_FILTER(folder, type) static_cast<const config::FilterDescriptor*>(&type),
#include "filters/filters.def"
#undef OUTRIGGER_FILTER
  };
  return kAll;
}

}  // namespace outrigger::filters
