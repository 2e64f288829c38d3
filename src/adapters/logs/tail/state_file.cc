#include "adapters/logs/tail/state_file.h"

#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <charconv>

#include "base/hash.h"
#include "base/small_file.h"

namespace outrigger::adapters::logs {
namespace {

constexpr std::string_view kTitle = "outrigger log positions 1\n";
constexpr std::size_t kLargest = 16 * 1024 * 1024;

// Line ends in names would end a line of ours.
std::string escaped(std::string_view path) {
  std::string out;
  for (const char c : path) {
    if (c == '\n' || c == '%') {
      out += c == '%' ? "%25" : "%0A";
    } else {
      out += c;
    }
  }
  return out;
}

std::string unescaped(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text.substr(i).starts_with("%25") || text.substr(i).starts_with("%0A")) {
      out += text[i + 1] == '2' ? '%' : '\n';
      i += 2;
    } else {
      out += text[i];
    }
  }
  return out;
}

std::string checksum(std::string_view text) { return fmt::format("end {:016x}\n", stable_hash(text)); }

// Nine numbers with a blank behind each, then the path.
bool parse_line(std::string_view line, FilePosition& position) {
  std::array<std::uint64_t, 9> numbers{};
  for (std::uint64_t& number : numbers) {
    const auto [end, error] = std::from_chars(line.data(), line.data() + line.size(), number);
    if (error != std::errc{} || end == line.data() + line.size() || *end != ' ') return false;
    line.remove_prefix(static_cast<std::size_t>(end - line.data()) + 1);
  }
  position.id = {numbers[0], numbers[1]};
  position.offset = numbers[2];
  position.first = {numbers[3], static_cast<std::uint32_t>(numbers[4]), numbers[5]};
  position.last = {numbers[6], static_cast<std::uint32_t>(numbers[7]), numbers[8]};
  position.path = unescaped(line);
  return numbers[4] <= Trace::kMost && numbers[7] <= Trace::kMost && !line.empty();
}

}  // namespace

std::string format_state(const std::vector<std::shared_ptr<FilePosition>>& positions) {
  std::string text(kTitle);
  for (const auto& position : positions) {
    const FilePosition& at = *position;
    text += fmt::format("{} {} {} {} {} {} {} {} {} {}\n", at.id.device, at.id.inode, at.offset, at.first.end,
                        at.first.size, at.first.hash, at.last.end, at.last.size, at.last.hash, escaped(at.path));
  }
  return text + checksum(text);
}

std::expected<std::vector<FilePosition>, std::string> parse_state(std::string_view text) {
  if (!text.starts_with(kTitle)) return std::unexpected("it is no file of log positions");
  const auto end = text.rfind("end ");
  if (end == std::string_view::npos || text.substr(end) != checksum(text.substr(0, end))) {
    return std::unexpected("it is damaged");
  }
  std::vector<FilePosition> positions;
  for (text = text.substr(kTitle.size(), end - kTitle.size()); !text.empty();) {
    const auto length = text.find('\n');
    if (length == std::string_view::npos || !parse_line(text.substr(0, length), positions.emplace_back())) {
      return std::unexpected("it is damaged");
    }
    text.remove_prefix(length + 1);
  }
  return positions;
}

std::expected<std::vector<FilePosition>, std::string> StateFile::load() {
  existed_ = ::access(path().c_str(), F_OK) == 0;
  if (!existed_) return {};
  const auto text = base::read_small_file(path(), kLargest);
  if (!text) return std::unexpected(text.error());
  auto positions = parse_state(*text);
  if (!positions) return std::unexpected(path() + ": " + positions.error());
  return positions;
}

std::expected<void, std::string> StateFile::save(const std::vector<std::shared_ptr<FilePosition>>& positions) {
  std::string text = format_state(positions);
  if (text == saved_) return {};
  if (auto written = base::replace_file(path(), text); !written) return written;
  saved_ = std::move(text);
  return {};
}

}  // namespace outrigger::adapters::logs
