#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "adapters/logs/output/output.h"
#include "event/event_loop.h"
#include "net/dns/resolver.h"
#include "upstream/fetch/fetch.h"

namespace outrigger::adapters::logs {

enum class HttpForm : std::uint8_t {
  lines,  // application/x-ndjson
  array,  // application/json
  otlp    // application/x-protobuf, OTLP/HTTP logs
};

struct HttpTarget {
  std::string url;
  HttpForm form = HttpForm::lines;
  upstream::FetchFields fields;                 // values are resolved secrets
  std::map<std::string, std::string> resource;  // otlp: attributes of the resource
  Duration timeout = std::chrono::seconds(10);
};

// A batch is the content of a POST. 2xx: taken. 408, 429, 5xx and no answer: later, after Retry-After where it is
// given in seconds. Anything else: refused.
class HttpOutput final : public Output {
 public:
  HttpOutput(EventLoop& loop, net::dns::Resolver& resolver, HttpTarget target);

  std::string_view form() const override { return target_.form == HttpForm::otlp ? "otlp" : "json"; }
  void encode(const Record& record, std::string& out) override;
  void deliver(const std::string& bytes, std::function<void(Delivery)> done) override;

 private:
  std::string content_of(const std::string& bytes) const;
  Delivery read(const upstream::Fetch::Result& answer) const;

  EventLoop& loop_;
  net::dns::Resolver& resolver_;
  HttpTarget target_;
  std::unique_ptr<upstream::Fetch> fetch_;
};

}  // namespace outrigger::adapters::logs
