#include "base/regex.h"

#include <re2/re2.h>

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
