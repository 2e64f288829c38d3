#include "server/admin/record_json.h"

#include <cmath>
#include <nlohmann/json.hpp>

#include "server/admin/times.h"

namespace outrigger::server {

namespace {

using nlohmann::json;

// Microseconds are all that is known.
double milliseconds(Duration duration) {
  return std::round(std::chrono::duration<double, std::micro>(duration).count()) / 1000;
}

json failure_or_null(Failure failure) {
  return failure == Failure::none ? json() : json(std::string(describe(failure).token));
}

json because(const proxy::KeptBecause& because) {
  json kinds = json::array();
  for (const auto& [name, is_so] : proxy::kKeptKinds) {
    if (because.*is_so) kinds.push_back(name);
  }
  return kinds;
}

json filters(const proxy::Record& record) {
  json list = json::array();
  for (const auto& step : record.steps) {
    list.push_back({{"name", step.name},
                    {"where", step.where},
                    {"verdict", step.verdict},
                    {"at_ms", milliseconds(step.at)},
                    {"took_ms", milliseconds(step.took)}});
  }
  return list;
}

json tries(const proxy::Record& record) {
  json list = json::array();
  for (const auto& made : record.tries) {
    list.push_back({{"endpoint", made.endpoint},
                    {"status", made.status == 0 ? json() : json(made.status)},
                    {"failure", failure_or_null(made.failure)},
                    {"at_ms", milliseconds(made.at)},
                    {"took_ms", milliseconds(made.took)}});
  }
  return list;
}

json decisions(const proxy::Record& record) {
  json list = json::array();
  for (const auto& said : record.decisions) {
    list.push_back({{"at_ms", milliseconds(said.at)}, {"by", said.by}, {"what", said.what}});
  }
  return list;
}

}  // namespace

json as_json(const proxy::Record& record) {
  return {{"number", record.number},
          {"request_id", record.request_id},
          {"kept_because", because(record.because)},
          {"time", utc_with_milliseconds(record.began)},
          {"duration_ms", milliseconds(record.duration)},
          {"answered_ms", record.answered == Duration(0) ? json() : json(milliseconds(record.answered))},
          {"method", record.method},
          {"scheme", record.scheme},
          {"host", record.host},
          {"target", record.target},
          {"client", record.client},
          {"user", record.user},
          {"listener", record.listener},
          {"route", record.route},
          {"upstream", record.upstream},
          {"endpoint", record.endpoint},
          {"status", record.status},
          {"failure", failure_or_null(record.failure)},
          {"why", record.why},
          {"local", record.is_local},
          {"cut", record.is_cut},
          {"request_bytes", record.request_bytes},
          {"response_bytes", record.response_bytes},
          {"filters", filters(record)},
          {"filters_left_out", record.steps_left_out},
          {"tries", tries(record)},
          {"tries_left_out", record.tries_left_out},
          {"decisions", decisions(record)}};
}

}  // namespace outrigger::server
