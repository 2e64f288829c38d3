#include "cli/top/page.h"

#include <algorithm>
#include <array>
#include <cstdarg>
#include <cstdio>

#include "cli/answer_text.h"

namespace outrigger::cli {

namespace {

using nlohmann::json;

constexpr const char* kRequests = "outrigger_requests_total";
constexpr const char* kDuration = "outrigger_request_duration_seconds";

[[gnu::format(printf, 1, 2)]] std::string format(const char* pattern, ...) {
  std::array<char, 256> text{};
  va_list arguments;
  va_start(arguments, pattern);
  std::vsnprintf(text.data(), text.size(), pattern, arguments);
  va_end(arguments);
  return text.data();
}

std::string bytes_text(double bytes) {
  if (bytes >= 1024.0 * 1024 * 1024) return format("%.1f GiB", bytes / 1024 / 1024 / 1024);
  return bytes >= 1024.0 * 1024 ? format("%.1f MiB", bytes / 1024 / 1024) : format("%.0f KiB", bytes / 1024);
}

std::string uptime_text(long seconds) {
  if (seconds >= 86400) return format("%ldd%02ldh", seconds / 86400, seconds / 3600 % 24);
  if (seconds >= 3600) return format("%ldh%02ldm", seconds / 3600, seconds / 60 % 60);
  return format("%ldm%02lds", seconds / 60, seconds % 60);
}

// Makes the lines; what does not fit is left out.
class Page {
 public:
  Page(const Sample& before, const Sample& now, std::size_t columns, std::size_t rows, const Paint& paint)
      : before_(before),
        now_(now),
        seconds_(std::max(0.001, std::chrono::duration<double>(now.at - before.at).count())),
        columns_(columns),
        rows_(rows),
        paint_(paint) {}

  std::vector<std::string> made() {
    add_process();
    add_requests();
    add_latency();
    add_caches();
    add_upstreams();
    return std::move(lines_);
  }

 private:
  double rate(const char* name, std::string_view label = {}, std::string_view value = {}) const {
    return std::max(0.0, (now_.metrics.sum(name, label, value) - before_.metrics.sum(name, label, value)) / seconds_);
  }
  void add(const std::string& line, const char* code = nullptr) {
    if (lines_.size() >= rows_) return;
    const std::string cut = line.substr(0, columns_);
    lines_.push_back(code == nullptr ? cut : paint_(code, cut));
  }

  void add_process() {
    const json& info = now_.info;
    add(format("outrigger %s  pid %ld  up %s  %s  %ld workers", text_of(info, "version").c_str(), info.value("pid", 0L),
               uptime_text(info.value("uptime_seconds", 0L)).c_str(), text_of(info, "phase").c_str(),
               info.value("workers", 0L)),
        "1");
    const double cpu = rate("process_cpu_seconds_total") * 100;
    add(format("memory %s  cpu %.0f %%  connections %ld  in flight %.0f",
               bytes_text(now_.metrics.sum("process_resident_memory_bytes")).c_str(), cpu,
               info.value("open_connections", 0L), now_.metrics.sum("outrigger_requests_in_flight")));
    const json reload = info.value("reload", json::object());
    if (!reload.value("ok", true)) add("the latest reload was REFUSED: the older configuration is in use", "31");
    add("");
  }

  void add_requests() {
    std::string line = format("requests/s  %.1f ", rate(kRequests));
    for (const char* kind : {"2xx", "3xx", "4xx", "5xx"})
      line += format("  %s %.1f", kind, rate(kRequests, "status", kind));
    add(line + format("  none %.1f", rate(kRequests, "status", "none")));
    std::string failures = format("failures/s  %.1f ", rate("outrigger_failures_total"));
    for (const auto& [name, amount] : most_frequent_failures()) failures += format("  %s %.1f", name.c_str(), amount);
    add(failures);
  }
  std::vector<std::pair<std::string, double>> most_frequent_failures() const {
    std::vector<std::pair<std::string, double>> found;
    for (const std::string& name : now_.metrics.values_of("outrigger_failures_total", "failure")) {
      const double amount = rate("outrigger_failures_total", "failure", name);
      if (amount > 0) found.emplace_back(name, amount);
    }
    std::ranges::sort(found, [](const auto& a, const auto& b) { return a.second > b.second; });
    if (found.size() > 3) found.resize(3);
    return found;
  }

  void add_latency() {
    const auto before = before_.metrics.buckets(kDuration), now = now_.metrics.buckets(kDuration);
    std::string line = "latency";
    for (const auto& [name, share] : {std::pair{"p50", 0.5}, std::pair{"p90", 0.9}, std::pair{"p99", 0.99}}) {
      line += format("  %s %s", name, time_text(1000 * quantile(before, now, share)).c_str());
    }
    add(line);
  }

  void add_caches() {
    if (now_.caches.empty()) return add("");
    const char* const name = "outrigger_cache_requests_total";
    const double all = rate(name);
    const double hits =
        rate(name, "result", "hit") + rate(name, "result", "stale") + rate(name, "result", "revalidated");
    add(format("cache    %5.1f %% hits of %.1f/s  %.0f answers in %s of %s", all > 0 ? 100 * hits / all : 0, all,
               now_.metrics.sum("outrigger_cache_entries"),
               bytes_text(now_.metrics.sum("outrigger_cache_bytes")).c_str(),
               bytes_text(now_.metrics.sum("outrigger_cache_max_bytes")).c_str()));
    add("");
  }

  std::string breaker_of(const std::string& upstream, const std::string& endpoint) const {
    for (const json& breaker : now_.breakers) {
      if (text_of(breaker, "upstream") == upstream && text_of(breaker, "endpoint") == endpoint)
        return text_of(breaker, "state");
    }
    return "-";
  }
  static std::string health_of(const json& endpoint) {
    if (endpoint.value("draining", false)) return "draining";
    if (!text_of(endpoint, "ejected_until").empty()) return "ejected";
    const json health = endpoint.value("health", json());
    return health.is_object() ? text_of(health, "state") : "-";
  }
  void add_upstreams() {
    add(format("%-18s %-24s %-9s %8s %6s %6s", "UPSTREAM", "ENDPOINT", "HEALTH", "BREAKER", "ACTIVE", "IDLE"), "7");
    for (const json& upstream : now_.upstreams) {
      const std::string name = text_of(upstream, "name"), breaker = breaker_of(name, "");
      const std::string load =
          format("%ld in flight, %ld queued", upstream.value("in_flight", 0L), upstream.value("queued", 0L));
      add(format("%-18.18s %-24.24s %-9s %8s", name.c_str(), load.c_str(), "", breaker.c_str()),
          colour_of("", breaker));
      for (const json& endpoint : upstream.value("endpoints", json::array())) add_endpoint(name, endpoint);
    }
  }
  void add_endpoint(const std::string& upstream, const json& endpoint) {
    const std::string name = text_of(endpoint, "name"), health = health_of(endpoint),
                      breaker = breaker_of(upstream, name);
    add(format("%-18s %-24.24s %-9s %8s %6ld %6ld", "", name.c_str(), health.c_str(), breaker.c_str(),
               endpoint.value("active_requests", 0L), endpoint.value("idle_connections", 0L)),
        colour_of(health, breaker));
  }
  static const char* colour_of(const std::string& health, const std::string& breaker) {
    if (health == "unhealthy" || health == "ejected" || breaker == "open") return "31";
    return breaker == "half_open" ? "33" : nullptr;
  }

  const Sample& before_;
  const Sample& now_;
  const double seconds_;
  const std::size_t columns_, rows_;
  const Paint& paint_;
  std::vector<std::string> lines_;
};

}  // namespace

std::vector<std::string> page_of(const Sample& before, const Sample& now, std::size_t columns, std::size_t rows,
                                 const Paint& paint) {
  return Page(before, now, columns, rows, paint).made();
}

}  // namespace outrigger::cli
