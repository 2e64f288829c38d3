#include "server/admin/answers.h"

#include <nlohmann/json.hpp>
#include <string>

namespace outrigger::server {

using nlohmann::json;

Response answer(Exchange& exchange, const json& content, std::uint16_t status) {
  const std::string text = content.dump(2, ' ', false, json::error_handler_t::replace) + "\n";
  Response made = exchange.respond(status, exchange.arena().copy(text), "application/json");
  made.headers().set("Cache-Control", "no-store");
  made.headers().set("X-Content-Type-Options", "nosniff");
  return made;
}

Response refuse(Exchange& exchange, std::uint16_t status, std::string_view why) {
  return answer(exchange, {{"error", std::string(why)}}, status);
}

Response refuse_method(Exchange& exchange, std::string_view allowed) {
  Response refused = refuse(exchange, 405, "the method is not allowed here; what changes state needs POST");
  refused.headers().set("Allow", allowed);
  return refused;
}

std::string_view behind(const Exchange& exchange, std::string_view path) {
  return exchange.request().path().substr(path.size());
}

}  // namespace outrigger::server
