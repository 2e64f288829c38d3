#include "base/secret.h"

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>

namespace outrigger::base {
namespace {
constexpr std::size_t kLargest = 64 * 1024;

std::expected<std::string, std::string> read_secret(const std::string& path) {
  errno = 0;
  std::ifstream in(path, std::ios::binary);
  if (!in) return std::unexpected("cannot read " + path + ": " + std::strerror(errno));
  std::string text(kLargest + 1, '\0');
  in.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(in.gcount()));
  if (text.size() > kLargest) return std::unexpected("the secret in " + path + " is larger than 64 KiB");
  if (text.ends_with('\n')) text.pop_back();
  if (text.ends_with('\r')) text.pop_back();
  if (text.empty()) return std::unexpected("the secret in " + path + " is empty");
  return text;
}

}  // namespace

bool is_secret_reference(std::string_view text) {
  return (text.starts_with("file:") && text.size() > 5) || (text.starts_with("env:") && text.size() > 4);
}

std::expected<std::string, std::string> resolve_secret(std::string_view reference) {
  if (reference.starts_with("file:")) return read_secret(std::string(reference.substr(5)));
  if (!reference.starts_with("env:")) return std::unexpected("a secret is written as file:/path or env:NAME");
  const std::string name(reference.substr(4));
  const char* value = std::getenv(name.c_str());
  if (value == nullptr || *value == '\0') return std::unexpected("environment variable " + name + " is not set");
  return std::string(value);
}

}  // namespace outrigger::base
