#include "http/request_rules.h"

#include <algorithm>

#include "http/h1/normal_path.h"
#include "http/h1/target.h"

namespace outrigger::http {

namespace {

constexpr FieldId kGuarded[] = {
    FieldId::content_length,   FieldId::transfer_encoding, FieldId::proxy_connection,
    FieldId::keep_alive,       FieldId::http2_settings,    FieldId::proxy_authorization,
    FieldId::content_type,     FieldId::x_forwarded_for,   FieldId::x_forwarded_proto,
    FieldId::x_forwarded_host, FieldId::x_forwarded_port,  FieldId::x_forwarded_client_cert,
    FieldId::x_real_ip,        FieldId::x_request_id,
};

bool imitates_guarded(std::string_view name) {
  char hyphenated[32];
  if (name.size() > sizeof hyphenated) return false;
  std::ranges::replace_copy(name, hyphenated, '_', '-');
  const FieldId id = field_id({hyphenated, name.size()});
  return std::ranges::any_of(kGuarded, [id](FieldId guarded) { return guarded == id; });
}

}  // namespace

Refusal apply_path_policy(PathPolicy policy, RequestHead& out) {
  if (policy == PathPolicy::keep) return {};
  if (policy == PathPolicy::reject) {
    const auto error = h1::ambiguity_of_path(out.path());
    return error.empty() ? Refusal{} : Refusal{Failure::bad_target, error};
  }
  const std::string_view path = out.path();
  if (path == "*") return {};
  Arena& arena = out.headers.arena();
  const auto normal = h1::normal_path(path, arena);
  if (!normal) return {Failure::bad_target, normal.error()};
  if (*normal != path) out.target = arena.concat(*normal, out.target.substr(path.size()));
  return {};
}

Refusal apply_underscore_policy(bool keeps, Headers& headers) {
  bool found = false;
  for (const Field& field : headers) {
    if (field.id != FieldId::other || !field.name.contains('_')) continue;
    if (imitates_guarded(field.name)) return {Failure::bad_header, "underscore in place of a hyphen"};
    found = true;
  }
  if (found && !keeps) headers.remove_if([](const Field& field) { return field.name.contains('_'); });
  return {};
}

}  // namespace outrigger::http
