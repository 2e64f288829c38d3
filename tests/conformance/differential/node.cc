#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "reading.h"

namespace outrigger::differential {

namespace {

using nlohmann::json;

std::string from_hex(const std::string& text) {
  std::string bytes;
  for (std::size_t i = 0; i + 1 < text.size(); i += 2) {
    bytes += static_cast<char>(std::stoi(text.substr(i, 2), nullptr, 16));
  }
  return bytes;
}

std::string trimmed(std::string text) {
  while (text.ends_with(' ') || text.ends_with('\t')) text.pop_back();
  return text;
}

// The end of the input inside a request is no error of that request.
bool is_refusal(const std::string& error) { return !error.empty() && error != "HPE_INVALID_EOF_STATE"; }

Reading reading_of(const json& answer) {
  Reading reading;
  reading.error = answer.value("error", "");
  if (!answer.contains("method")) return reading;
  reading.is_accepted = answer["major"] == 1 && !is_refusal(reading.error);
  reading.method = from_hex(answer["method"]);
  reading.target = from_hex(answer["target"]);
  reading.minor = answer["minor"];
  const json& fields = answer["fields"];
  for (std::size_t i = 0; i + 1 < fields.size(); i += 2) {
    reading.fields.emplace_back(from_hex(fields[i]), trimmed(from_hex(fields[i + 1])));
  }
  reading.body = from_hex(answer["body"]);
  reading.is_complete = answer["complete"];
  reading.is_chunked = answer["chunked"];
  reading.length = std::strtoull(answer["length"].get<std::string>().c_str(), nullptr, 10);
  reading.keep_alive = answer["keep_alive"];
  reading.next = from_hex(answer["next"]);
  return reading;
}

class Folder {
 public:
  Folder() {
    std::string name = (std::filesystem::temp_directory_path() / "differential-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) std::abort();
    path_ = name;
  }
  ~Folder() { std::filesystem::remove_all(path_); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

void write_cases(const std::vector<std::string>& inputs, const std::filesystem::path& path) {
  std::ofstream out(path, std::ios::binary);
  for (const std::string& input : inputs) {
    const auto size = static_cast<std::uint32_t>(input.size());
    const char bytes[] = {static_cast<char>(size), static_cast<char>(size >> 8), static_cast<char>(size >> 16),
                          static_cast<char>(size >> 24)};
    out.write(bytes, sizeof bytes) << input;
  }
}

}  // namespace

std::optional<std::vector<Reading>> read_with_node(const std::vector<std::string>& inputs, const std::string& script) {
  if (std::system("command -v node >/dev/null") != 0) return std::nullopt;
  const Folder folder;
  write_cases(inputs, folder.path() / "cases");
  const std::string command =
      "cd '" + folder.path().string() + "' && timeout 60 node '" + script + "' <cases >readings";
  const int status = std::system(command.c_str());
  std::vector<Reading> readings;
  std::ifstream in(folder.path() / "readings");
  for (std::string line; std::getline(in, line);) readings.push_back(reading_of(json::parse(line)));
  if (status == 0 && readings.size() == inputs.size()) return readings;
  std::fprintf(stderr, "node read %zu of %zu requests and ended with %d\n", readings.size(), inputs.size(), status);
  std::exit(1);
}

}  // namespace outrigger::differential
