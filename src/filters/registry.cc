#include "filters/registry.h"

namespace outrigger::filters {

config::FilterCatalog catalog() { return {}; }

}  // namespace outrigger::filters
