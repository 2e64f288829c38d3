#pragma once

#include <chrono>
#include <cstdint>
#include <expected>
#include <memory>
#include <string>
#include <string_view>

namespace outrigger::adapters::logs {

// How local times become UTC: by a fixed offset or by the rules of a place. Cheap to copy; any thread.
class Zone {
 public:
  Zone() = default;  // UTC
  static Zone fixed(std::chrono::seconds east);
  // "UTC", "local" (this machine's, /etc/localtime), "+02:00", or a name of the system's time zone files,
  // "Europe/Berlin". The error is a sentence. Reads a file; not per line.
  static std::expected<Zone, std::string> find(const std::string& name);
  // The content of a time zone file, RFC 8536 (version 2 or later, so that times beyond 2037 have rules too).
  static std::expected<Zone, std::string> parse(std::string_view content);

  // Seconds east of UTC when it is `utc` there.
  std::chrono::seconds offset_at(std::chrono::sys_seconds utc) const;
  // The instant that clocks there show as `local`. Shown twice (clocks were put back): the first; never shown: as the
  // clock would have gone on.
  std::chrono::sys_seconds to_utc(std::chrono::local_seconds local) const;

 private:
  struct Rules;
  std::chrono::seconds east_{};
  std::shared_ptr<const Rules> rules_;
};

}  // namespace outrigger::adapters::logs
