#include "adapters/process/proc_files.h"

#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>

#include "base/small_file.h"

namespace outrigger::adapters {
namespace {

constexpr std::size_t kLargest = 64 * 1024;

std::optional<int> number(std::string_view text) {
  int value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || value <= 0) return std::nullopt;
  return value;
}

std::string read(const std::string& path) {
  // Files of proc have no size, so they are read to their end.
  std::ifstream file(path, std::ios::binary);
  std::string content(kLargest, '\0');
  file.read(content.data(), static_cast<std::streamsize>(content.size()));
  content.resize(static_cast<std::size_t>(file.gcount()));
  return content;
}

std::string_view base_name(std::string_view path) { return path.substr(path.rfind('/') + 1); }

std::optional<double> count_entries(const std::string& folder) {
  std::error_code error;
  double count = 0;
  for (auto it = std::filesystem::directory_iterator(folder, error);
       !error && it != std::filesystem::directory_iterator(); it.increment(error)) {
    ++count;
  }
  return error ? std::nullopt : std::optional(count);
}

// The figure of stat is not summed over processors: 0 for a small process.
double resident_pages(const std::string& folder) {
  double size = 0, resident = 0;
  std::istringstream(read(folder + "/statm")) >> size >> resident;
  return resident;
}

}  // namespace

std::optional<ProcessUsage> usage_of(int pid, const std::string& proc) {
  const std::string folder = proc + '/' + std::to_string(pid);
  const std::string stat = read(folder + "/stat");
  // The second field is the name in brackets, which may hold anything: the fields count from its last ")".
  const auto name_end = stat.rfind(')');
  if (name_end == std::string::npos) return std::nullopt;
  std::istringstream rest(stat.substr(name_end + 1));
  const std::vector<std::string> fields{std::istream_iterator<std::string>(rest), {}};
  if (fields.size() < 22 || fields[0] == "Z" || fields[0] == "X") return std::nullopt;
  const auto field = [&](std::size_t number_in_proc5) {
    std::uint64_t value = 0;
    const std::string& text = fields[number_in_proc5 - 3];
    std::from_chars(text.data(), text.data() + text.size(), value);
    return value;
  };
  ProcessUsage usage;
  usage.cpu_seconds = static_cast<double>(field(14) + field(15)) / static_cast<double>(::sysconf(_SC_CLK_TCK));
  usage.threads = static_cast<double>(field(20));
  usage.started = field(22);
  usage.resident_bytes = resident_pages(folder) * static_cast<double>(::sysconf(_SC_PAGESIZE));
  usage.open_fds = count_entries(folder + "/fd");
  return usage;
}

std::vector<int> pids_named(std::string_view name, const std::string& proc) {
  std::vector<int> pids;
  std::error_code error;
  for (auto it = std::filesystem::directory_iterator(proc, error);
       !error && it != std::filesystem::directory_iterator(); it.increment(error)) {
    const auto pid = number(it->path().filename().string());
    if (!pid || *pid == ::getpid()) continue;
    const std::string command = read(it->path().string() + "/cmdline");
    std::string kernel_name = read(it->path().string() + "/comm");
    if (kernel_name.ends_with('\n')) kernel_name.pop_back();
    const bool is_it = kernel_name == name || base_name(command.substr(0, command.find('\0'))) == name;
    if (is_it) pids.push_back(*pid);
  }
  std::ranges::sort(pids);
  return pids;
}

std::optional<int> pid_in(const std::string& file) {
  const auto content = base::read_small_file(file, kLargest);
  if (!content) return std::nullopt;
  const auto begin = content->find_first_not_of(" \t\r\n");
  if (begin == std::string::npos) return std::nullopt;
  return number(std::string_view(*content).substr(begin, content->find_first_of(" \t\r\n", begin) - begin));
}

std::vector<int> find_processes(const ProcessChoice& choice) {
  if (!choice.name.empty()) return pids_named(choice.name);
  const auto pid = choice.pid ? choice.pid : pid_in(choice.pid_file);
  return pid ? std::vector{*pid} : std::vector<int>{};
}

std::string shown(const ProcessChoice& choice) {
  if (choice.pid) return "pid " + std::to_string(*choice.pid);
  return choice.name.empty() ? choice.pid_file : choice.name;
}

}  // namespace outrigger::adapters
