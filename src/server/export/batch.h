#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/line_lane.h"
#include "outrigger/export.h"
#include "upstream/fetch/fetch.h"

namespace outrigger::server {

// Records as they stand one behind the other inside a request of their form.
struct Batch {
  std::string records;
  std::size_t count = 0;
};

inline constexpr std::size_t kMaxBatchRecords = 512;
inline constexpr std::size_t kMaxBatchBytes = 512 * 1024;

// Takes records out of the lanes until the batch is full or the lanes are empty. Thread: the lanes' writer.
Batch take_batch(ExportForm form, const std::vector<std::shared_ptr<base::LineLane>>& lanes);

// The request that brings a batch to the collector. Reads files of secrets; the error is a sentence.
std::expected<upstream::FetchRequest, std::string> request_for(const ExportTarget& target, std::string_view records);

// How many records of an accepted request (2xx) the collector says that it did not take.
std::uint64_t rejected_records(ExportForm form, std::string_view content);

}  // namespace outrigger::server
