#include "filters/jwt/token.h"

#include "base/base64.h"

namespace outrigger::filters {
namespace {

constexpr std::size_t kLongest = 16 * 1024;

std::expected<base::Json, std::string> decode_object(std::string_view part, const char* what) {
  const auto text = base::decode_base64url(part);
  if (!text) return std::unexpected(std::string(what) + " is not base64url");
  auto json = base::parse_json(*text);
  if (!json) return std::unexpected(std::string(what) + ": " + json.error());
  if (!json->is_object()) return std::unexpected(std::string(what) + " is no object");
  return json;
}

std::string take_head(const base::Json& head, Token& token) {
  if (head.find("crit") != nullptr) return "the head has critical extensions (crit)";
  const std::string_view name = head.text_of("alg");
  const auto algorithm = base::crypto::algorithm_of(name);
  if (!algorithm) return "the algorithm (alg) \"" + std::string(name.substr(0, 20)) + "\" is not known";
  const base::Json* const key = head.find("kid");
  if (key != nullptr && !key->is_text()) return "the name of the key (kid) is no text";
  token.algorithm = *algorithm;
  token.key_id = head.text_of("kid");
  token.type = head.text_of("typ");
  return "";
}

}  // namespace

std::expected<Token, std::string> parse_token(std::string_view text) {
  if (text.size() > kLongest) return std::unexpected("it is longer than 16 KiB");
  const auto first = text.find('.');
  const auto second = first == std::string_view::npos ? first : text.find('.', first + 1);
  if (second == std::string_view::npos || text.find('.', second + 1) != std::string_view::npos) {
    return std::unexpected("it has not three parts");
  }
  const auto head = decode_object(text.substr(0, first), "the head");
  if (!head) return std::unexpected(head.error());
  Token token;
  if (std::string error = take_head(*head, token); !error.empty()) return std::unexpected(error);
  auto signature = base::decode_base64url(text.substr(second + 1));
  if (!signature || signature->empty()) return std::unexpected("the signature is empty or not base64url");
  token.signature = std::move(*signature);
  token.signed_part = text.substr(0, second);
  token.payload = text.substr(first + 1, second - first - 1);
  return token;
}

std::expected<base::Json, std::string> parse_claims(const Token& token) {
  return decode_object(token.payload, "the claims");
}

}  // namespace outrigger::filters
