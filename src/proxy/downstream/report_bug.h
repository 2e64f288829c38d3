#pragma once

#include <exception>

namespace outrigger::proxy {

// Errors are values, so an exception that ends an exchange is a bug: said once, later ones are only counted.
void report_bug(const std::exception_ptr& failure) noexcept;

}  // namespace outrigger::proxy
