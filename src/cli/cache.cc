#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>
#include <nlohmann/json.hpp>

#include "cli/admin_client.h"
#include "cli/commands.h"
#include "cli/terminal.h"

// What the caches of the running process hold, and purging.
namespace outrigger::cli {

namespace {

using nlohmann::json;

struct CacheTarget {
  AdminTarget admin;
  bool as_json = false;
  std::string url, prefix, host, tag;
  bool all = false, soft = false;
};

int show(const CacheTarget& target) {
  const auto answer = call_admin(target.admin, "GET", "/api/caches");
  if (!answer) return complain(answer.error());
  if (answer->status != 200) return complain("the process refused: " + answer->body);
  if (target.as_json) {
    std::printf("%s", answer->body.c_str());
    return 0;
  }
  for (const json& cache : json::parse(answer->body, nullptr, false)) {
    std::printf("%s (route %s)\n  %llu answers, %llu of %llu bytes, %llu evicted, %llu on their way\n ",
                cache.value("place", "").c_str(), cache.value("route", "").c_str(), cache.value("entries", 0ULL),
                cache.value("bytes", 0ULL), cache.value("max_bytes", 0ULL), cache.value("evictions", 0ULL),
                cache.value("fetches", 0ULL));
    for (const auto& [result, count] : cache.at("requests").items()) {
      std::printf(" %s %llu", result.c_str(), count.get<unsigned long long>());
    }
    std::printf("\n");
  }
  return 0;
}

std::string query_of(const CacheTarget& target) {
  std::string query;
  const std::pair<const char*, const std::string*> texts[] = {
      {"url", &target.url}, {"prefix", &target.prefix}, {"host", &target.host}, {"tag", &target.tag}};
  for (const auto& [name, text] : texts) {
    if (!text->empty()) query.append(query.empty() ? "" : "&").append(name).append("=").append(percent_encoded(*text));
  }
  if (target.all) query.append(query.empty() ? "" : "&").append("all=1");
  return query + (target.soft ? "&soft=1" : "");
}

int purge(const CacheTarget& target) {
  const auto answer = call_admin(target.admin, "POST", "/api/caches/purge?" + query_of(target));
  if (!answer) return complain(answer.error());
  const json report = json::parse(answer->body, nullptr, false);
  if (answer->status != 200) return complain(report.is_object() ? report.value("error", answer->body) : answer->body);
  if (target.as_json) {
    std::printf("%s", answer->body.c_str());
  } else {
    std::printf("%s %llu answers\n", target.soft ? "made stale:" : "purged:", report.value("purged", 0ULL));
  }
  return 0;
}

}  // namespace

void add_cache(CLI::App& app, int& exit_code) {
  auto target = std::make_shared<CacheTarget>();
  CLI::App* cache = app.add_subcommand("cache", "Shows and purges what the running process has cached");
  cache->require_subcommand(1);
  cache->footer(
      "Examples:\n  outrigger cache show -c outrigger.yaml\n"
      "  outrigger cache purge -c outrigger.yaml --prefix https://example.com/reports/");

  CLI::App* list = cache->add_subcommand("show", "What every cache holds and did");
  target->admin.add_options(*list);
  list->add_flag("--json", target->as_json, "As JSON");
  list->footer("Example:\n  outrigger cache show -c outrigger.yaml");
  list->callback([target, &exit_code] { exit_code = show(*target); });

  CLI::App* drop = cache->add_subcommand("purge", "Removes answers from all caches");
  target->admin.add_options(*drop);
  drop->add_option("--url", target->url, "This URL: https://host/path?query");
  drop->add_option("--prefix", target->prefix, "URLs that begin so");
  drop->add_option("--host", target->host, "A host, without its port");
  drop->add_option("--tag", target->tag, "A name in Surrogate-Key or Cache-Tag");
  drop->add_flag("--all", target->all, "Everything");
  drop->add_flag("--soft", target->soft, "Stale from now on, not removed");
  drop->add_flag("--json", target->as_json, "As JSON");
  drop->footer("Example:\n  outrigger cache purge -c outrigger.yaml --tag product-17 --soft");
  drop->callback([target, &exit_code] { exit_code = purge(*target); });
}

}  // namespace outrigger::cli
