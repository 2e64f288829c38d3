#include "server/admin/dashboard.h"

#include <algorithm>

#include "server/admin/answers.h"
#include "server/admin/dashboard_files.h"

namespace outrigger::server {

namespace {

// Only what this address serves is loaded, and nobody puts the page into a frame. Content Security Policy Level 3.
constexpr std::string_view kPolicy =
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; "
    "frame-ancestors 'none'; base-uri 'none'; form-action 'none'";

constexpr std::string_view kPage = "index.html";

std::string_view type_of(std::string_view name) {
  if (name.ends_with(".html")) return "text/html; charset=utf-8";
  return name.ends_with(".css") ? "text/css; charset=utf-8" : "text/javascript; charset=utf-8";
}

}  // namespace

const DashboardFile* dashboard_file(std::string_view path) {
  constexpr std::string_view kFolder = "/dashboard/";
  if (path != "/" && !path.starts_with(kFolder)) return nullptr;
  const std::string_view name = path == "/" ? kPage : path.substr(kFolder.size());
  if (path != "/" && name == kPage) return nullptr;  // what it names is relative to "/"
  const auto* const found = std::ranges::find(kDashboardFiles, name, &DashboardFile::name);
  return found == std::end(kDashboardFiles) ? nullptr : found;
}

bool is_visit(const RequestHead& request) {
  return request.path() == "/" && request.headers.get("Sec-Fetch-Mode") == "navigate" &&
         request.headers.get("Sec-Fetch-Dest") == "document";
}

Response answer_file(Exchange& exchange, const DashboardFile& file) {
  const Method method = exchange.request().method;
  if (method != Method::get && method != Method::head) return refuse_method(exchange, "GET, HEAD");
  Response made = exchange.respond(200, file.content, type_of(file.name));
  made.headers().set("Content-Security-Policy", kPolicy);
  made.headers().set("X-Content-Type-Options", "nosniff");
  made.headers().set("Referrer-Policy", "no-referrer");
  made.headers().set("Cache-Control", "no-store");
  return made;
}

}  // namespace outrigger::server
