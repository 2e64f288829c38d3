#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>

#include "server/admin/admin_api.h"
#include "server/admin/answers.h"
#include "server/admin/query.h"
#include "server/admin/record_json.h"
#include "server/admin/tap_body.h"
#include "server/ask_workers.h"
#include "server/server.h"

// The calls that tell of requests: those that are kept, and those that end now.
namespace outrigger::server {

namespace {

using nlohmann::json;
using Records = proxy::Recorder::Records;

constexpr std::size_t kLimit = 50;
constexpr std::size_t kHighestLimit = 1000;
constexpr long kMostTaps = 8;

struct Wanted {
  proxy::RecordFilter filter;
  std::size_t limit = kLimit;
};

std::expected<Wanted, std::string> wanted_of(std::string_view query) {
  Wanted wanted;
  for (const auto& [name, value] : parameters_of(query)) {
    if (name != "limit") {
      if (auto set = wanted.filter.set(name, value); !set) return std::unexpected(set.error());
      continue;
    }
    const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), wanted.limit);
    if (error != std::errc{} || end != value.data() + value.size() || wanted.limit > kHighestLimit) {
      return std::unexpected("limit: a number up to 1000");
    }
  }
  return wanted;
}

// Of all workers, the latest first.
json list_of(const std::vector<Records>& parts, std::size_t most) {
  Records all;
  for (const Records& part : parts) all.insert(all.end(), part.begin(), part.end());
  std::ranges::sort(all, proxy::is_later);
  json list = json::array();
  for (std::size_t i = 0; i < std::min(all.size(), most); ++i) list.push_back(as_json(*all[i]));
  return list;
}

}  // namespace

Task<Response> AdminApi::requests(Exchange& exchange) {
  const auto wanted = wanted_of(exchange.request().query());
  if (!wanted) co_return refuse(exchange, 400, wanted.error());
  const auto ask = [wanted](Worker& worker) {
    return worker.recorder() == nullptr ? Records{} : worker.recorder()->list(wanted->filter, wanted->limit);
  };
  const auto parts = co_await AskWorkers<Records>(server_.loop(), server_.workers(), ask, kWorkerLimit);
  co_return answer(exchange, list_of(parts, wanted->limit));
}

Task<Response> AdminApi::request(Exchange& exchange) {
  const std::string id = percent_decoded(behind(exchange, "/api/requests/"));
  const auto ask = [id](Worker& worker) {
    return worker.recorder() == nullptr ? Records{} : worker.recorder()->find(id);
  };
  const auto parts = co_await AskWorkers<Records>(server_.loop(), server_.workers(), ask, kWorkerLimit);
  const json found = list_of(parts, 1);
  if (!found.empty()) co_return answer(exchange, found.front());
  co_return refuse(exchange, 404,
                   "no such request is kept: only the latest that failed, were refused, were slow or were sampled are "
                   "(admin.requests)");
}

Task<Response> AdminApi::tap(Exchange& exchange) {
  const auto wanted = wanted_of(exchange.request().query());
  if (!wanted) co_return refuse(exchange, 400, wanted.error());
  if (open_taps_.use_count() > kMostTaps) co_return refuse(exchange, 503, "8 taps are open already");
  auto tap = std::make_shared<proxy::Tap>(wanted->filter, server_.loop());
  for (const auto& worker : server_.workers()) {
    worker->post([tap, worker = worker.get()] {
      if (worker->recorder() != nullptr) worker->recorder()->add(tap);
    });
  }
  Response made = exchange.respond(200, {}, {});
  made.headers().remove("Content-Length");
  made.headers().set("Content-Type", "application/x-ndjson");
  made.headers().set("Cache-Control", "no-store");
  made.head().framing = Framing::chunked;
  made.set_body(BodyPointer(exchange.arena().make<TapBody>(server_.loop(), std::move(tap), open_taps_)));
  co_return made;
}

}  // namespace outrigger::server
