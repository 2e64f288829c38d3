#include "upstream/health/shared_probe.h"

#include <utility>

namespace outrigger::upstream {

SharedProbe::SharedProbe(SharedConnection& connection, Arena& arena)
    : SharedRequest(connection), arena_(arena), trailers_(arena) {
  connection.begin();
}

SharedProbe::~SharedProbe() { connection().retire(); }

bool SharedProbe::send(std::span<const http::h2::OutField> fields, std::string_view content) {
  if (!connection().open(*this, fields, content.empty())) {
    end("the connection takes no request");
    return false;
  }
  if (!content.empty()) connection().session().offer(*this, content, true);
  return true;
}

ResponseHead* SharedProbe::response_head() { return head_ = arena_.make<ResponseHead>(arena_); }

void SharedProbe::on_head(const http::h2::HeadCheck& check) {
  if (!check.is_ok()) return end(std::string(check.reason));
  if (has_received_end()) end({});
}

void SharedProbe::on_data(std::string_view bytes) {
  content_ += bytes;
  connection().session().consume_connection(bytes.size());
  connection().session().consume_stream(*this, bytes.size());
  if (content_.size() >= kMostContent) end({});
}

void SharedProbe::on_closed(http::h2::ErrorCode code) {
  end("the stream was reset: " + std::string(http::h2::error_name(code)));
}

void SharedProbe::on_lost(Failure, std::string_view why) { end(std::string(why)); }

void SharedProbe::end(std::string error) {
  if (std::exchange(is_over_, true)) return;
  error_ = std::move(error);
  if (waiting_) std::exchange(waiting_, nullptr).resume();
}

}  // namespace outrigger::upstream
