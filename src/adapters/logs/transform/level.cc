#include "adapters/logs/transform/level.h"

#include <algorithm>
#include <array>
#include <iterator>

namespace outrigger::adapters::logs {
namespace {

struct Word {
  std::string_view word;
  std::string_view level;
};
constexpr Word kWords[] = {
    {"trace", "trace"},      {"finest", "trace"},
    {"finer", "trace"},      {"t", "trace"},
    {"10", "trace"},         {"debug", "debug"},
    {"dbg", "debug"},        {"fine", "debug"},
    {"verbose", "debug"},    {"d", "debug"},
    {"20", "debug"},         {"info", "info"},
    {"information", "info"}, {"informational", "info"},
    {"inf", "info"},         {"notice", "info"},
    {"i", "info"},           {"n", "info"},
    {"config", "info"},      {"30", "info"},
    {"warn", "warn"},        {"warning", "warn"},
    {"wrn", "warn"},         {"w", "warn"},
    {"40", "warn"},          {"error", "error"},
    {"err", "error"},        {"severe", "error"},
    {"e", "error"},          {"50", "error"},
    {"fatal", "fatal"},      {"crit", "fatal"},
    {"critical", "fatal"},   {"alert", "fatal"},
    {"emerg", "fatal"},      {"emergency", "fatal"},
    {"panic", "fatal"},      {"c", "fatal"},
    {"f", "fatal"},          {"60", "fatal"},
};
constexpr std::size_t kLongestWord = 13;

std::size_t place_of(std::string_view level) {
  return static_cast<std::size_t>(std::ranges::find(kLevels, level) - std::begin(kLevels));
}

}  // namespace

std::string_view level_of(std::string_view word) {
  std::array<char, kLongestWord> lower;
  if (word.empty() || word.size() > lower.size()) return {};
  for (std::size_t i = 0; i < word.size(); ++i) {
    lower[i] = word[i] >= 'A' && word[i] <= 'Z' ? static_cast<char>(word[i] | 0x20) : word[i];
  }
  const auto* const found = std::ranges::find(kWords, std::string_view(lower.data(), word.size()), &Word::word);
  return found == std::end(kWords) ? std::string_view() : found->level;
}

std::string_view level_of_severity(unsigned severity) {
  constexpr std::string_view kOfSeverity[] = {"fatal", "fatal", "fatal", "error", "warn", "info", "info", "debug"};
  return kOfSeverity[severity % 8];
}

unsigned severity_of(std::string_view level) {
  constexpr unsigned kSeverities[] = {7, 7, 6, 4, 3, 2, 6};
  return kSeverities[place_of(level)];
}

int severity_number(std::string_view level) {
  constexpr int kNumbers[] = {1, 5, 9, 13, 17, 21, 0};
  return kNumbers[place_of(level)];
}

}  // namespace outrigger::adapters::logs
