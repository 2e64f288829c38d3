#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "adapters/logs/lines/text.h"
#include "adapters/logs/syslog/framing.h"
#include "adapters/logs/syslog/syslog_record.h"
#include "base/json/json.h"

namespace {

using namespace outrigger;
using namespace outrigger::adapters::logs;

void require(bool holds) {
  if (!holds) std::abort();
}

// Whatever comes is a message, its content a part of it, and its record a line of JSON.
void read_message(std::string_view text) {
  const auto repaired = repaired_utf8(text);
  if (repaired) text = *repaired;
  Record record;
  record.source = "fuzz";
  const std::string_view content = read_syslog(text, Zone(), record);
  require(content.empty() ||
          (content.data() >= text.data() && content.data() + content.size() <= text.data() + text.size()));
  std::string line;
  append_json(record, line);
  require(line.ends_with('\n') && line.find('\n') == line.size() - 1);
  require(base::parse_json(line).has_value());
}

std::vector<std::string> frames(std::string_view bytes, std::size_t part) {
  std::vector<std::string> found;
  SyslogFraming framing(64);
  const auto take = [&](std::string_view message, std::uint64_t cut) {
    require(!message.empty() && message.size() <= 64);
    found.push_back(std::string(message) + '|' + std::to_string(cut));
  };
  while (!bytes.empty()) {
    if (!framing.feed(bytes.substr(0, part), take)) return found;
    bytes.remove_prefix(std::min(part, bytes.size()));
  }
  framing.finish(take);
  return found;
}

}  // namespace

// The first byte chooses: a message, or a stream in parts of that size, which has the same frames as in one part.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  if (*data < 128) {
    read_message(text);
  } else {
    require(frames(text, *data - 127U) == frames(text, size));
  }
  return 0;
}
