#include "outrigger/grammar.h"

#include "http/h1/fields.h"
#include "http/h1/scan.h"
#include "http/h1/target.h"

namespace outrigger {

bool is_token(std::string_view text) { return http::h1::is_token(text); }

bool is_field_value(std::string_view text) {
  const char* end = text.data() + text.size();
  return http::h1::find_control(text.data(), end) == end;
}

bool is_authority(std::string_view text) { return http::h1::is_authority(text); }

bool is_target(std::string_view text) { return text.starts_with('/') && http::h1::check_target(text).empty(); }

bool is_ambiguous_path(std::string_view path) { return !http::h1::ambiguity_of_path(path).empty(); }

}  // namespace outrigger
