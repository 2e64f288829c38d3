#include "proxy/forwarding/client_certificate_element.h"

#include <string>
#include <vector>

namespace outrigger::proxy {
namespace {

// A quoted string of RFC 9110 section 5.6.4.
std::string quoted(std::string_view text) {
  std::string made = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') made += '\\';
    made += c;
  }
  return made += '"';
}

void add(std::string& element, std::string_view key, const std::vector<std::string>& names) {
  for (const std::string& name : names) {
    const bool is_plain = name.find_first_of(",;=\"\\") == std::string::npos;
    ((element += ';') += key) += '=';
    element += is_plain ? name : quoted(name);
  }
}

}  // namespace

std::string_view client_certificate_element(const ClientCertificate& certificate, Arena& arena) {
  std::string element = "Hash=" + certificate.fingerprint + ";Subject=" + quoted(certificate.subject);
  add(element, "URI", certificate.uri);
  add(element, "DNS", certificate.dns);
  return arena.copy(element);
}

}  // namespace outrigger::proxy
