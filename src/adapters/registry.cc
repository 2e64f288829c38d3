#include "adapters/registry.h"

#include <array>

namespace outrigger::adapters {

#define OUTRIGGER_ADAPTER(folder, type) extern const AdapterType type;
#include "adapters/adapters.def"
#undef OUTRIGGER_ADAPTER

config::AdapterCatalog catalog() {
  static const std::array kAll = {
#define OUTRIGGER_ADAPTER(folder, type) static_cast<const config::AdapterDescriptor*>(&type),
#include "adapters/adapters.def"
#undef OUTRIGGER_ADAPTER
  };
  return kAll;
}

}  // namespace outrigger::adapters
