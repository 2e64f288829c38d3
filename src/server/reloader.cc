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
  return {};
}

Reloader::Reloader(EventLoop& loop, Source source, config::FilterCatalog catalog, SnapshotBuilder builder, Hooks hooks)
    : source_(std::move(source)),
      catalog_(catalog),
      builder_(std::move(builder)),
      hooks_(std::move(hooks)),
      watch_(loop, [this] { reload(); }),
      good_(reloads("success")),
      bad_(reloads("failure")) {
  if (source_.text.empty()) sources_.push_back(source_.file);
}

// The watch takes the content as known before it is read. What is read may name further files, so again until it
// names no new ones.
config::LoadResult Reloader::load(const config::Inspect& inspect) {
  for (int attempt = 0;; ++attempt) {
    watch_.watch(sources_);
    config::LoadResult result = source_.text.empty() ? config::load_file(source_.file, catalog_, inspect)
                                                     : config::load_text(source_.text, source_.file, catalog_, inspect);
    if (attempt == 3 || result.sources == sources_) return result;
    sources_ = result.sources;
  }
}

const LoadReport& Reloader::reload() {
  hooks_.begins();
  SnapshotBuilder::Prepared next;
  config::LoadResult result = load([&](const config::Settings& settings, const config::Findings& findings) {
    next = {};  // of an earlier reading: lets go of its ports
    next = builder_.open(settings, findings);
  });
  report_.diagnostics = std::move(result.diagnostics);
  report_.ok = result.settings && adopt(std::move(next), std::move(*result.settings));
  report_.at = std::chrono::system_clock::now();
  (report_.ok ? good_ : bad_).add();
  if (report_.generation > 0) tell();
  if (report_.ok) ++report_.generation;
  hooks_.ended();
  return report_;
}

bool Reloader::adopt(SnapshotBuilder::Prepared next, config::Settings settings) {
  auto snapshot = builder_.adopt(std::move(next), std::move(settings));
  if (snapshot) {
    hooks_.adopt(std::move(*snapshot));
  } else {
    report_.diagnostics.emplace_back().message = snapshot.error();
  }
  return snapshot.has_value();
}

void Reloader::tell() const {
  for (const config::Diagnostic& diagnostic : report_.diagnostics) {
    const bool is_error = diagnostic.severity == config::Severity::error;
    log(is_error ? LogLevel::error : LogLevel::warn, first_line(config::render(diagnostic, false)));
  }
  if (report_.ok) {
    log(LogLevel::info, "reloaded", {{"file", source_.file}});
  } else {
    log(LogLevel::error, "reload refused: the running configuration stays", {{"file", source_.file}});
  }
}

}  // namespace outrigger::server
