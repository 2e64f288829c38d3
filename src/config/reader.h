#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/node.h"
#include "config/report.h"

namespace outrigger::config {

constexpr std::size_t kMaxFileBytes = 4 << 20;
constexpr std::size_t kMaxDepth = 64;
constexpr std::size_t kMaxNodes = 100'000;  // of one file, aliases expanded

// One YAML document as a tree. Nothing and one diagnostic when it is no YAML or beyond a limit. An empty document is
// an empty mapping.
std::optional<Node> read_yaml(std::string_view text, const std::string& name, Report& report);

// Replaces ${NAME} and ${NAME:-default} in every scalar, keys excluded. Only names of [A-Z_][A-Z0-9_]*: `${client_ip}`
// belongs to filters and stays. `$${NAME}` is a literal `${NAME}`. An unset name without default is an error.
void substitute(Node& node, const std::string& path, Report& report);
// Would substitute() replace what stands at the front of `text`?
bool begins_with_substitution(std::string_view text);

// Reads what `include:` names and merges it into `root`: lists are appended, mappings united. The same key twice is an
// error that names both places. Appends the files read to `files`, and these, the unreadable ones and the patterns to
// `sources`.
void include_files(Node& root, const std::string& name, Report& report, std::vector<std::string>& files,
                   std::vector<std::string>& sources);

// A file's bytes; the error is a sentence: "cannot read FILE: No such file or directory".
std::optional<std::string> read_text(const std::string& path, std::size_t most, std::string& error);
// The same for what must be a regular file (a FIFO would block) of the size that read_yaml() takes.
std::optional<std::string> read_regular_text(const std::string& path, std::string& error);

}  // namespace outrigger::config
