#include "server/export/batch.h"

#include <catch2/catch.hpp>
#include <cstring>
#include <nlohmann/json.hpp>

namespace outrigger::server {
namespace {

using namespace std::string_literals;
using Lanes = std::vector<std::shared_ptr<base::LineLane>>;

void put(base::LineLane& lane, std::string_view record) {
  char* const room = lane.reserve();
  REQUIRE(room != nullptr);
  std::memcpy(room, record.data(), record.size());
  lane.commit(record.size());
}

std::string protobuf_record(std::size_t size) {
  return "\x12"s + static_cast<char>((size & 0x7f) | 0x80) + static_cast<char>(size >> 7) + std::string(size, 'x');
}

}  // namespace

TEST_CASE("export: a batch has the records of all lanes, each whole", "[export]") {
  Lanes lanes{std::make_shared<base::LineLane>(), std::make_shared<base::LineLane>()};
  put(*lanes[0], "{\"a\":1}\n");
  put(*lanes[0], "{\"a\":2}\n");
  put(*lanes[1], "{\"a\":3}\n");
  const Batch json = take_batch(ExportForm::otlp_json_spans, lanes);
  CHECK(json.records == "{\"a\":1},{\"a\":2},{\"a\":3}");
  CHECK(json.count == 3);
  CHECK(take_batch(ExportForm::otlp_json_spans, lanes).count == 0);
  put(*lanes[0], protobuf_record(5));
  put(*lanes[1], protobuf_record(300));
  const Batch binary = take_batch(ExportForm::otlp_spans, lanes);
  CHECK(binary.records == protobuf_record(5) + protobuf_record(300));
  CHECK(binary.count == 2);
}

TEST_CASE("export: a batch is limited in records and bytes", "[export]") {
  Lanes lanes{std::make_shared<base::LineLane>()};
  for (std::size_t i = 0; i < kMaxBatchRecords + 10; ++i) put(*lanes[0], "{}\n");
  CHECK(take_batch(ExportForm::zipkin_spans, lanes).count == kMaxBatchRecords);
  CHECK(take_batch(ExportForm::zipkin_spans, lanes).count == 10);
  for (int i = 0; i < 100; ++i) put(*lanes[0], protobuf_record(8000));
  const Batch large = take_batch(ExportForm::otlp_spans, lanes);
  CHECK(large.records.size() < kMaxBatchBytes + LineLog::kMaxLine);
  CHECK(large.count + take_batch(ExportForm::otlp_spans, lanes).count == 100);
}

TEST_CASE("export: a URL without a path gets that of its protocol", "[export]") {
  const std::tuple<ExportForm, const char*, const char*> cases[] = {
      {ExportForm::otlp_spans, "http://h:4318", "http://h:4318/v1/traces"},
      {ExportForm::otlp_json_spans, "http://h:4318/", "http://h:4318/v1/traces"},
      {ExportForm::otlp_logs, "http://h:4318", "http://h:4318/v1/logs"},
      {ExportForm::zipkin_spans, "http://h:9411", "http://h:9411/api/v2/spans"},
      {ExportForm::otlp_spans, "http://h/own?x=1", "http://h/own?x=1"},
  };
  for (const auto& [form, url, expected] : cases) {
    INFO(url);
    const auto request = request_for({.form = form, .url = url}, "");
    REQUIRE(request);
    CHECK(request->url == expected);
  }
}

TEST_CASE("export: a request in JSON says whose records it brings", "[export]") {
  const ExportTarget target{.form = ExportForm::otlp_json_logs,
                            .url = "http://h",
                            .headers = {{"X-Tenant", "a"}},
                            .service_name = "a \"shop\"",
                            .attributes = {{"host.name", "h"}}};
  const auto request = request_for(target, R"({"body":{"stringValue":"b"}})");
  REQUIRE(request);
  const auto content = nlohmann::json::parse(request->content);
  const auto& resource = content["resourceLogs"][0];
  CHECK(resource["resource"]["attributes"][0]["value"]["stringValue"] == "a \"shop\"");
  CHECK(resource["resource"]["attributes"][1]["key"] == "host.name");
  CHECK(resource["scopeLogs"][0]["logRecords"][0]["body"]["stringValue"] == "b");
  CHECK(request->fields == upstream::FetchFields{{"Content-Type", "application/json"}, {"X-Tenant", "a"}});
}

TEST_CASE("export: a secret that cannot be read is an error", "[export]") {
  const ExportTarget target{.url = "http://h", .headers = {{"Authorization", "file:/no/such/file"}}};
  CHECK_FALSE(request_for(target, ""));
}

TEST_CASE("export: the collector says what it did not take", "[export]") {
  const std::tuple<ExportForm, std::string, std::uint64_t> cases[] = {
      {ExportForm::otlp_spans, "", 0},
      {ExportForm::otlp_spans, "\x0a\x05\x08\x03\x12\x01x", 3},
      {ExportForm::otlp_spans, "\x0a\x03\x12\x01x", 0},  // a warning only
      {ExportForm::otlp_spans, "\x0a", 0},
      {ExportForm::otlp_spans, "\x0a\x02\x08\xff", 0x7f},
      {ExportForm::otlp_json_spans, R"({"partialSuccess":{"rejectedSpans":"7"}})", 7},
      {ExportForm::otlp_json_spans, R"({"partialSuccess":{"rejectedSpans":7}})", 7},
      {ExportForm::otlp_json_logs, R"({"partialSuccess":{"rejectedLogRecords":"2"}})", 2},
      {ExportForm::otlp_json_spans, "{}", 0},
      {ExportForm::otlp_json_spans, "<html>", 0},
      {ExportForm::otlp_json_spans, R"({"partialSuccess":[]})", 0},
      {ExportForm::zipkin_spans, "whatever", 0},
  };
  for (const auto& [form, content, expected] : cases) {
    INFO(content);
    CHECK(rejected_records(form, content) == expected);
  }
}

}  // namespace outrigger::server
