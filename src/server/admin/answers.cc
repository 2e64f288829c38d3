#include "server/admin/answers.h"

#include <nlohmann/json.hpp>
#include <string>

namespace outrigger::server {

using nlohmann::json;

Response answer(Exchange& exchange, const json& content, std::uint16_t status) {
  const std::string text = content.dump(2, ' ', false, json::error_handler_t::replace) + "\n";
  Response made = exchange.respond(status, exchange.arena().copy(text), "application/json");
  made.headers().set("Cache-Control", "no-store");
  return made;
}

Response refuse(Exchange& exchange, std::uint16_t status, std::string_view why) {
  return answer(exchange, {{"error", std::string(why)}}, status);
}

std::string_view behind(const Exchange& exchange, std::string_view path) {
  return exchange.request().path().substr(path.size());
}

}  // namespace outrigger::server
