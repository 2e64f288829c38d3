#define CATCH_CONFIG_MAIN
#include <catch2/catch.hpp>

#include "base/log_writer.h"

namespace {

// The process log says nothing during unit tests.
class Quiet final : public outrigger::LogWriter {
 public:
  Quiet() { outrigger::set_log_writer(this); }
  void write(outrigger::LogLevel, std::string_view, std::span<const outrigger::LogField>) override {}
  bool is_logged(outrigger::LogLevel) const override { return false; }
} quiet;

}  // namespace
