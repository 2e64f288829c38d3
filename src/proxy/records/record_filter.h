#pragma once

#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "base/status_range.h"
#include "proxy/records/record.h"

namespace outrigger::proxy {

// Which requests somebody wants to see. All that is set must be so.
class RecordFilter {
 public:
  // One condition by its name: `status` (5xx,404), `path` (a prefix of whole segments), `host`, `failure` (a token, or
  // "any"), `slower_than` (500ms), `route`, `upstream`, `kind` (why it is kept, or would be). The error is a sentence;
  // a name that is none of these is one.
  std::expected<void, std::string> set(std::string_view name, std::string_view value);

  bool matches(const Exchange& exchange, const Outcome& outcome, KeptBecause because) const;
  bool matches(const Record& record) const;

 private:
  struct Subject {
    KeptBecause because;
    std::uint16_t status;
    Failure failure;
    Duration duration;
    std::string_view target, authority, route, upstream;
  };
  bool matches(const Subject& subject) const;
  bool has_path(std::string_view target) const;

  std::vector<base::StatusRange> statuses_;
  std::string path_, host_, failure_, route_, upstream_;
  bool KeptBecause::* kind_ = nullptr;
  Duration slower_than_{};
};

}  // namespace outrigger::proxy
