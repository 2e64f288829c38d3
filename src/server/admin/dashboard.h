#pragma once

#include <string_view>

#include "outrigger/exchange.h"

namespace outrigger::server {

// A file of the dashboard as it is sent; it holds no data of the process. The texts are static.
struct DashboardFile {
  std::string_view name, content;
};
// "/" is index.html, the others are behind /dashboard/. Null: there is no such file. Thread: any.
const DashboardFile* dashboard_file(std::string_view path);

// Is it a person's visit of the page, by a link of whatever site? A script of another site, or a frame, is none.
// Fetch Metadata, sections 2.1 and 2.2.
bool is_visit(const RequestHead& request);

// Sends it with what keeps the page from loading or sending anything elsewhere; 405 for other methods than GET and
// HEAD.
Response answer_file(Exchange& exchange, const DashboardFile& file);

}  // namespace outrigger::server
