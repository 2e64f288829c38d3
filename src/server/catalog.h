#pragma once

#include "adapters/registry.h"
#include "filters/registry.h"

namespace outrigger::server {

// What may stand in the file: every filter and every adapter.
inline config::FilterCatalog catalog() {
  config::FilterCatalog all = filters::catalog();
  all.adapters = adapters::catalog();
  return all;
}

}  // namespace outrigger::server
