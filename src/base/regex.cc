#include "base/regex.h"

#include <re2/re2.h>

#include <algorithm>
#include <array>
#include <utility>

namespace outrigger::base {

struct Regex::Program {
  Program(const std::string& pattern, const re2::RE2::Options& options) : re(pattern, options) {}
  re2::RE2 re;
};

Regex::Regex(std::shared_ptr<const Program> program) : program_(std::move(program)) {}

std::expected<Regex, std::string> Regex::compile(const std::string& pattern) {
  re2::RE2::Options options;
  options.set_log_errors(false);
  options.set_encoding(re2::RE2::Options::EncodingLatin1);  // bytes off the wire need not be UTF-8
  options.set_max_mem(1 << 20);
  auto program = std::make_shared<const Program>(pattern, options);
  if (!program->re.ok()) return std::unexpected(program->re.error());
  return Regex(std::move(program));
}

bool Regex::matches(std::string_view text) const {
  return re2::RE2::FullMatch(re2::StringPiece(text.data(), text.size()), program_->re);
}

bool Regex::match(std::string_view text, std::span<std::string_view> groups) const {
  std::array<re2::StringPiece, 10> pieces;
  const auto count = std::min(groups.size(), pieces.size());
  const re2::StringPiece whole(text.data(), text.size());
  if (!program_->re.Match(whole, 0, text.size(), re2::RE2::ANCHOR_BOTH, pieces.data(), static_cast<int>(count))) {
    return false;
  }
  for (std::size_t i = 0; i < count; ++i) groups[i] = {pieces[i].data(), pieces[i].size()};
  return true;
}

std::size_t Regex::group_count() const { return static_cast<std::size_t>(program_->re.NumberOfCapturingGroups()); }

bool Regex::found_in(std::string_view text) const {
  return re2::RE2::PartialMatch(re2::StringPiece(text.data(), text.size()), program_->re);
}

std::string Regex::replace(std::string_view text, std::string_view rewrite) const {
  std::string copy(text);
  re2::RE2::GlobalReplace(&copy, program_->re, re2::StringPiece(rewrite.data(), rewrite.size()));
  return copy;
}

const std::string& Regex::pattern() const { return program_->re.pattern(); }

}  // namespace outrigger::base
