#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "base/base64.h"
#include "base/query.h"
#include "filters/api_key/key_file.h"
#include "filters/basic_auth/credentials.h"
#include "filters/basic_auth/user_file.h"
#include "filters/cookies.h"
#include "filters/path_forms.h"

namespace {

using namespace outrigger;

void require(bool holds) {
  if (!holds) std::abort();
}

void read_basic(std::string_view text) {
  Arena arena;
  Headers headers(arena);
  headers.add("Authorization", text);
  const auto found = filters::basic_credentials(headers);
  if (!found) return;
  require(!found->user.contains(':'));
  require(text.ends_with(base::encode_base64(found->user + ":" + found->password)));
}

void read_cookies(std::string_view text) {
  Arena arena;
  Headers headers(arena);
  headers.add("Cookie", text);
  (void)filters::cookie_of(headers, "k");
  filters::remove_cookie(headers, "k");
  require(!filters::cookie_of(headers, "k"));
  const std::string_view target = arena.concat("/?", text);
  const std::string_view rest = base::without_parameter(target, "k", arena);
  const auto mark = rest.find('?');
  require(mark == std::string_view::npos || !base::parameter_of(rest.substr(mark + 1), "k"));
}

// What a lenient service makes of a path has no dot segment, no parameter and no doubled slash.
void read_path(std::string_view text) {
  Arena arena;
  const std::string_view path = arena.concat("/", text);
  const auto forms = filters::PathForms::of(path, arena);
  require(forms.sent == path);
  require(forms.lenient.starts_with('/'));
  require(!forms.lenient.contains("//") && !forms.lenient.contains(';') && !forms.lenient.contains('\\'));
  require(!forms.lenient.contains("/../") && !forms.lenient.ends_with("/.."));
  require(!forms.lenient.contains("/./") && !forms.lenient.ends_with("/."));
}

}  // namespace

// The first byte chooses the reader.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  switch (*data) {
    case 'u':
      if (const auto users = filters::UserFile::parse(text)) require(users->size() > 0);
      break;
    case 'k':
      if (const auto keys = filters::KeyFile::parse(text)) require(keys->size() > 0);
      break;
    case 'b':
      read_basic(text);
      break;
    case 'c':
      read_cookies(text);
      break;
    default:
      read_path(text);
  }
  return 0;
}
