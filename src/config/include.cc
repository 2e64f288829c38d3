#include <glob.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "config/reader.h"

namespace outrigger::config {
namespace {

constexpr std::size_t kMaxFiles = 1000;
constexpr std::size_t kReadAtOnce = 64 * 1024;

// Names matching `pattern`, sorted; a pattern without wildcards is itself.
std::vector<std::string> matching(const std::string& pattern) {
  if (pattern.find_first_of("*?[") == std::string::npos) return {pattern};
  glob_t found{};
  std::vector<std::string> names;
  if (glob(pattern.c_str(), 0, nullptr, &found) == 0) names.assign(found.gl_pathv, found.gl_pathv + found.gl_pathc);
  globfree(&found);
  return names;
}

class Includer {
 public:
  Includer(Node& root, Report& report, std::vector<std::string>& files, std::vector<std::string>& sources)
      : root_(root), report_(report), files_(files), sources_(sources) {}

  // Takes `include` out of `node`, which was read from `name`, and merges the files it names into the root.
  void follow(const Node& node, const std::string& name) {
    const NodeEntry* include = node.find("include");
    if (include == nullptr) return;
    if (include->value.is == Node::Is::scalar) return pattern(include->value, name, "include");
    if (include->value.is != Node::Is::list) {
      return report_.error(include->value.mark, "include", "expected a list of file patterns");
    }
    for (std::size_t i = 0; i < include->value.items.size(); ++i) {
      pattern(include->value.items[i], name, "include[" + std::to_string(i) + "]");
    }
  }

 private:
  void pattern(const Node& node, const std::string& name, const std::string& path) {
    if (node.is != Node::Is::scalar) return report_.error(node.mark, path, "expected a file pattern");
    const std::filesystem::path base = std::filesystem::path(name).parent_path();
    const std::string full = (base / node.text).string();
    sources_.push_back(full);
    for (const std::string& file : matching(full)) read(file, node.mark, path);
  }

  void read(const std::string& file, const Mark& mark, const std::string& path) {
    if (std::ranges::find(files_, file) != files_.end()) return;  // read once, however often it is named
    if (files_.size() >= kMaxFiles) return report_.error(mark, path, "more than 1000 files");
    sources_.push_back(file);
    std::string problem;
    const auto text = read_regular_text(file, problem);
    if (!text) return report_.error(mark, path, problem);
    files_.push_back(file);
    auto node = read_yaml(*text, file, report_);
    if (!node) return;
    if (node->is != Node::Is::map) return report_.error(node->mark, "", "expected a mapping at the top of the file");
    substitute(*node, "", report_);
    merge(*node);
    follow(*node, file);
  }

  void merge(const Node& from) {
    for (const NodeEntry& entry : from.entries) {
      NodeEntry* into = root_.find(entry.key);
      if (entry.key == "include" || (entry.key == "version" && into != nullptr)) continue;
      if (into == nullptr) {
        root_.entries.push_back(entry);
      } else if (into->value.is == Node::Is::list && entry.value.is == Node::Is::list) {
        into->value.items.insert(into->value.items.end(), entry.value.items.begin(), entry.value.items.end());
      } else if (into->value.is == Node::Is::map && entry.value.is == Node::Is::map) {
        unite(into->value, entry.value, entry.key);
      } else {
        again(entry, *into, entry.key);
      }
    }
  }

  void unite(Node& into, const Node& from, const std::string& path) {
    for (const NodeEntry& entry : from.entries) {
      if (const NodeEntry* first = into.find(entry.key))
        again(entry, *first, path + "." + entry.key);
      else
        into.entries.push_back(entry);
    }
  }

  void again(const NodeEntry& entry, const NodeEntry& first, const std::string& path) {
    report_.error(entry.mark, path, "already set at " + *first.mark.file + ":" + std::to_string(first.mark.line));
  }

  Node& root_;
  Report& report_;
  std::vector<std::string>& files_;
  std::vector<std::string>& sources_;
};

}  // namespace

std::optional<std::string> read_text(const std::string& path, std::size_t most, std::string& error) {
  std::error_code ignored;
  errno = 0;
  std::ifstream in;
  if (std::filesystem::is_directory(path, ignored))
    errno = EISDIR;
  else
    in.open(path, std::ios::binary);
  if (!in.is_open()) {
    error = "cannot read " + path + ": " + std::strerror(errno);
    return std::nullopt;
  }
  std::string text;  // grows with the file: zeroing room for the largest took longer than everything else of a start
  while (in && text.size() < most) {
    const std::size_t before = text.size();
    text.resize(std::min(most, before + kReadAtOnce));
    in.read(text.data() + before, static_cast<std::streamsize>(text.size() - before));
    text.resize(before + static_cast<std::size_t>(in.gcount()));
  }
  return text;
}

std::optional<std::string> read_regular_text(const std::string& path, std::string& error) {
  std::error_code ignored;
  if (std::filesystem::exists(path, ignored) && !std::filesystem::is_regular_file(path, ignored)) {
    error = "cannot read " + path + ": not a regular file";
    return std::nullopt;
  }
  return read_text(path, kMaxFileBytes + 1, error);
}

void include_files(Node& root, const std::string& name, Report& report, std::vector<std::string>& files,
                   std::vector<std::string>& sources) {
  const Node asked = root;  // merging changes the root
  Includer(root, report, files, sources).follow(asked, name);
}

}  // namespace outrigger::config
