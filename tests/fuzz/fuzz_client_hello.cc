#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "net/tls/client_hello.h"

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

}  // namespace

// It is not waited for without end, what follows it does not count, and a name is one that can be printed.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace outrigger::net::tls;
  using Status = ClientHello::Status;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const ClientHello hello = parse_client_hello(text);
  if (hello.status == Status::need_more) require(size < kMostClientHello);
  if (hello.status == Status::failed) require(!hello.reason.empty());
  require(hello.server_name.size() <= 255);
  for (const char c : hello.server_name) require(c > ' ' && c < 0x7f && !(c >= 'A' && c <= 'Z'));
  if (hello.status != Status::need_more && size > 0) {
    const ClientHello less = parse_client_hello(text.substr(0, size - 1));
    require(less.status == Status::need_more || less.status == hello.status);
  }
  return 0;
}
