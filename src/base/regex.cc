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

namespace {

// RE2 with its pieces as views; more groups than fit the buffer cost an allocation.
bool match_at(const re2::RE2& re, std::string_view text, re2::RE2::Anchor anchor, std::span<std::string_view> groups) {
  std::array<re2::StringPiece, 10> few;
  std::vector<re2::StringPiece> many(groups.size() > few.size() ? groups.size() : 0);
  re2::StringPiece* pieces = many.empty() ? few.data() : many.data();
  const re2::StringPiece whole(text.data(), text.size());
  if (!re.Match(whole, 0, text.size(), anchor, pieces, static_cast<int>(groups.size()))) return false;
  for (std::size_t i = 0; i < groups.size(); ++i) groups[i] = {pieces[i].data(), pieces[i].size()};
  return true;
}

}  // namespace

bool Regex::match(std::string_view text, std::span<std::string_view> groups) const {
  return match_at(program_->re, text, re2::RE2::ANCHOR_BOTH, groups);
}

bool Regex::find(std::string_view text, std::span<std::string_view> groups) const {
  return match_at(program_->re, text, re2::RE2::UNANCHORED, groups);
}

std::vector<std::string> Regex::group_names() const {
  std::vector<std::string> names(group_count() + 1);
  for (const auto& [number, name] : program_->re.CapturingGroupNames()) names[static_cast<std::size_t>(number)] = name;
  return names;
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
