#include "server/reloader.h"

#include "outrigger/process_log.h"

namespace outrigger::server {

namespace {

stats::Counter reloads(const char* result) {
  return stats::counter("outrigger_reloads_total", "Attempts to load the configuration, the first included.",
                        {{"result", result}});
}

std::string first_line(const std::string& text) { return text.substr(0, text.find('\n')); }

}  // namespace

std::string LoadReport::headline() const {
  for (const config::Diagnostic& diagnostic : diagnostics) {
    if (diagnostic.severity == config::Severity::error) return first_line(config::render(diagnostic, false));
  }
  return errors.empty() ? std::string() : errors.front();
}

Reloader::Reloader(EventLoop& loop, Source source, config::FilterCatalog catalog, std::size_t workers,
                   std::function<void(std::shared_ptr<const Snapshot>)> adopt)
    : source_(std::move(source)),
      catalog_(catalog),
      builder_(workers),
      adopt_(std::move(adopt)),
      watch_(loop, [this] { reload(); }),
      good_(reloads("success")),
      bad_(reloads("failure")) {
  watch_.watch(source_.text.empty() ? std::vector{source_.file} : std::vector<std::string>{});
}

// The watch takes the content as known before it is read. What is read may name further files, so again until it
// names no new ones.
config::LoadResult Reloader::load() {
  for (int attempt = 0;; ++attempt) {
    watch_.renew();
    config::LoadResult result = source_.text.empty() ? config::load_file(source_.file, catalog_)
                                                     : config::load_text(source_.text, source_.file, catalog_);
    if (attempt == 3 || result.sources == watch_.sources()) return result;
    watch_.watch(result.sources);
  }
}

const LoadReport& Reloader::reload() {
  config::LoadResult result = load();
  report_.diagnostics = std::move(result.diagnostics);
  report_.errors.clear();
  std::shared_ptr<const Snapshot> next;
  if (result.settings) next = builder_.build(std::move(*result.settings), report_.errors);
  report_.ok = next != nullptr;
  report_.at = std::chrono::system_clock::now();
  (report_.ok ? good_ : bad_).add();
  if (report_.ok) adopt_(std::move(next));
  if (report_.generation > 0) tell();
  if (report_.ok) ++report_.generation;
  return report_;
}

void Reloader::tell() const {
  for (const config::Diagnostic& diagnostic : report_.diagnostics) {
    const bool is_error = diagnostic.severity == config::Severity::error;
    log(is_error ? LogLevel::error : LogLevel::warn, first_line(config::render(diagnostic, false)));
  }
  for (const std::string& error : report_.errors) log(LogLevel::error, error);
  if (report_.ok) {
    log(LogLevel::info, "reloaded", {{"file", source_.file}});
  } else {
    log(LogLevel::error, "reload refused: the running configuration stays", {{"file", source_.file}});
  }
}

}  // namespace outrigger::server
