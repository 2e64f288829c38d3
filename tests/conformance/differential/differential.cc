// Compares how we read requests with how parsers read them that nobody here wrote: libhttp_parser, and Node's server.
//
// Usage: http_differential SCRIPT [COUNT [CORPUS_DIR]]: every file of the folder and COUNT requests from a fixed seed
// (default 200000). SCRIPT is read_with_node.mjs. Whatever we accept, head and body, the others must accept and read
// the same: method, target, version, fields, body framing, body, keep-alive, and where the next request begins. We may
// refuse more. Ends with 1 when readings differ in a way that differences.cc does not explain, and shows them.
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>

#include "differences.h"
#include "generator.h"

namespace outrigger::differential {

namespace {

std::string printable(std::string_view text) {
  std::string out;
  char escape[8];
  for (const char c : text) {
    if (c >= 0x20 && c < 0x7f && c != '\\') {
      out += c;
    } else {
      std::snprintf(escape, sizeof escape, "\\x%02x", static_cast<unsigned>(static_cast<unsigned char>(c)));
      out += escape;
    }
  }
  return out;
}

void show(const char* who, const Reading& reading) {
  std::printf(
      "  %s: %s%s method=%s target=%s version=1.%d chunked=%d length=%llu keep-alive=%d complete=%d body=%s next=%s\n",
      who, reading.is_accepted ? "accepted " : "refused ", reading.error.c_str(), reading.method.c_str(),
      printable(reading.target).c_str(), reading.minor, reading.is_chunked,
      static_cast<unsigned long long>(reading.length), reading.keep_alive, reading.is_complete,
      printable(reading.body).c_str(), printable(reading.next).c_str());
  for (const auto& [name, value] : reading.fields) {
    std::printf("    %s: %s\n", printable(name).c_str(), printable(value).c_str());
  }
}

// Our readings beside those of one other parser.
class Comparison {
 public:
  explicit Comparison(const char* parser) : parser_(parser) {}

  void compare(std::string_view input, const Reading& ours, const Reading& theirs) {
    ++compared_;
    const char* const what = difference(ours, theirs);
    if (what == nullptr) return;
    if (const KnownDifference* known = explanation(ours, theirs, input)) {
      ++known_[known->reason];
      return;
    }
    if (++differences_ > kShown) return;
    std::printf("DIFFERENCE from %s: %s\n  %s\n", parser_, what, printable(input).c_str());
    show("ours  ", ours);
    show("theirs", theirs);
  }

  bool report() const {
    std::printf("%s: %zu requests that we accept, %zu differences\n", parser_, compared_, differences_);
    for (const auto& [reason, count] : known_) std::printf("  %6zu x %s\n", count, reason.c_str());
    return differences_ == 0 && compared_ > 0;
  }

 private:
  static constexpr std::size_t kShown = 10;
  const char* parser_;
  std::size_t compared_ = 0;
  std::size_t differences_ = 0;
  std::map<std::string, std::size_t> known_;
};

std::vector<std::string> files_of(const char* folder) {
  std::vector<std::string> texts;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    std::ifstream file(entry.path(), std::ios::binary);
    texts.emplace_back(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
  }
  return texts;
}

// What we accept of `count` requests and the corpus.
std::vector<std::string> accepted(std::size_t count, const std::vector<std::string>& corpus) {
  Generator generator(20240501);
  std::vector<std::string> inputs;
  std::size_t stricter = 0;
  const auto consider = [&](std::string text) {
    const Reading ours = read_ours(text);
    stricter += !ours.is_accepted && ours.error != "need more" && read_with_http_parser(text).is_accepted ? 1 : 0;
    if (ours.is_accepted) inputs.push_back(std::move(text));
  };
  for (const std::string& text : corpus) {
    generator.add_seed(text);
    consider(text);
  }
  for (std::size_t i = 0; i < count; ++i) consider(generator.next());
  std::printf("of %zu requests we accept %zu; we refuse %zu that http_parser accepts\n", count + corpus.size(),
              inputs.size(), stricter);
  return inputs;
}

int run(const char* script, std::size_t count, const char* corpus) {
  const auto inputs = accepted(count, corpus == nullptr ? std::vector<std::string>{} : files_of(corpus));
  Comparison http_parser("http_parser");
  for (const std::string& input : inputs) {
    http_parser.compare(input, read_ours(input), read_with_http_parser(input));
  }
  bool is_good = http_parser.report();
  const auto node_readings = read_with_node(inputs, script);
  if (!node_readings) {
    std::printf("node: not installed, not compared\n");
    return is_good ? 0 : 1;
  }
  Comparison node("node");
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    node.compare(inputs[i], read_ours(inputs[i]), (*node_readings)[i]);
  }
  is_good = node.report() && is_good;
  return is_good ? 0 : 1;
}

}  // namespace

}  // namespace outrigger::differential

int main(int argc, char** argv) {
  if (argc < 2) {
    std::fprintf(stderr, "usage: %s SCRIPT [COUNT [CORPUS_DIR]]\n", argv[0]);
    return 2;
  }
  const std::size_t count = argc > 2 ? std::strtoul(argv[2], nullptr, 10) : 200000;
  return outrigger::differential::run(argv[1], count, argc > 3 ? argv[3] : nullptr);
}
