#pragma once

#include <string_view>

#include "adapters/logs/record.h"
#include "adapters/logs/time/time_format.h"

namespace outrigger::adapters::logs {

// Puts what a syslog message says into the record: time, level and message; facility, host, app, pid and msgid as
// fields, structured data as "element.name". Gives the content, for a parser: a view into `text`.
std::string_view read_syslog(std::string_view text, const Zone& zone, Record& record);

}  // namespace outrigger::adapters::logs
