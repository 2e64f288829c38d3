#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "net/proxy_header.h"

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

}  // namespace

// What is read is bounded, does not depend on what follows it, is asked for byte by byte, and can be written again.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace outrigger::net;
  using Status = ProxyHeader::Status;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const ProxyHeader header = parse_proxy_header(text);
  if (header.status == Status::need_more) require(size < kMostProxyHeader);
  if (header.status == Status::failed) require(!header.reason.empty());
  if (header.status != Status::complete) return 0;
  require(header.size > 0 && header.size <= size && header.size <= kMostProxyHeader);
  require(parse_proxy_header(text.substr(0, header.size)).size == header.size);
  require(parse_proxy_header(text.substr(0, header.size - 1)).status == Status::need_more);
  if (!header.ends) return 0;
  for (const auto& written : {proxy_header_v1(&*header.ends), proxy_header_v2(&*header.ends)}) {
    const ProxyHeader again = parse_proxy_header(written);
    require(again.status == Status::complete && again.size == written.size() && again.ends.has_value());
    require(again.ends->source.ip() == header.ends->source.ip());
    require(again.ends->destination.port() == header.ends->destination.port());
  }
  return 0;
}
