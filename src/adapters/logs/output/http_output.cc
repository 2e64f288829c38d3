#include "adapters/logs/output/http_output.h"

#include <algorithm>
#include <utility>

#include "adapters/logs/output/otlp_record.h"

namespace outrigger::adapters::logs {
namespace {

constexpr const char* kTypes[] = {"application/x-ndjson", "application/json", "application/x-protobuf"};

}  // namespace

HttpOutput::HttpOutput(EventLoop& loop, net::dns::Resolver& resolver, HttpTarget target)
    : loop_(loop), resolver_(resolver), target_(std::move(target)) {}

void HttpOutput::encode(const Record& record, std::string& out) {
  if (target_.form == HttpForm::otlp) {
    append_otlp_record(record, out);
  } else {
    append_json(record, out);
  }
}

std::string HttpOutput::content_of(const std::string& bytes) const {
  if (target_.form == HttpForm::otlp) return otlp_request(bytes, target_.resource);
  if (target_.form == HttpForm::lines) return bytes;
  std::string array = "[" + bytes;  // JSON text has no line ends but those between records
  std::ranges::replace(array, '\n', ',');
  array.back() = ']';
  return array;
}

void HttpOutput::deliver(const std::string& bytes, std::function<void(Delivery)> done) {
  upstream::FetchRequest request;
  request.method = "POST";
  request.url = target_.url;
  request.fields = target_.fields;
  request.fields.emplace_back("Content-Type", kTypes[static_cast<std::size_t>(target_.form)]);
  request.content = content_of(bytes);
  request.timeout = target_.timeout;
  fetch_ = std::make_unique<upstream::Fetch>(loop_, resolver_, std::move(request),
                                             [this, done = std::move(done)](const upstream::Fetch::Result& answer) {
                                               // `done` may go on with the next batch, which replaces the Fetch this
                                               // runs in.
                                               const auto settle = done;
                                               settle(read(answer));
                                             });
}

Delivery HttpOutput::read(const upstream::Fetch::Result& answer) const {
  if (!answer) return {Delivery::Result::later, target_.url + ": " + answer.error(), {}};
  if (answer->status / 100 == 2) return {};
  const bool may_recover = answer->status == 408 || answer->status == 429 || answer->status / 100 == 5;
  return {may_recover ? Delivery::Result::later : Delivery::Result::refused,
          target_.url + " answered " + std::to_string(answer->status), answer->retry_after()};
}

}  // namespace outrigger::adapters::logs
