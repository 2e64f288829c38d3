#include "filters/access_log/access_log.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "base/random.h"
#include "base/suggest.h"
#include "outrigger/export.h"

namespace outrigger::filters {
namespace {

constexpr Template::Rules kRules{.known = Known::end};

std::string check_format(const std::string& format) {
  static const std::vector<std::string> kNamed = {"json", "text", "common", "combined"};
  if (std::ranges::count(kNamed, format) != 0) return "";
  if (format.find("${") == std::string::npos) {
    return "unknown format \"" + format + "\"" + base::did_you_mean(format, kNamed) +
           ": use json, text, common, combined, or a template with variables such as \"${method} ${path} ${status}\"";
  }
  return Template::check(format, kRules);
}

// Only what can be known before anything is written: the file is opened when the configuration is taken into use.
std::string check_path(const std::string& path) {
  if (path.empty()) return "is empty: leave it out for standard output";
  const bool exists = ::access(path.c_str(), F_OK) == 0;
  const auto slash = path.rfind('/');
  const std::string directory = slash == std::string::npos ? "." : path.substr(0, slash + 1);
  const std::string& target = exists ? path : directory;
  return ::access(target.c_str(), W_OK) == 0 ? "" : "cannot write " + path + ": " + std::strerror(errno);
}

std::string check_dropped(const std::string& name) {
  if (value_of(name)) return "";
  const std::vector<std::string> names = value_names(Known::end);
  const std::string hint = base::did_you_mean(name, names);
  return "unknown field \"" + name + "\"" + (hint.empty() ? ", known are " + base::quoted_list(names) : hint);
}

std::unique_ptr<LineLog> open_records(const config::Exporter& exporter, const config::Tracing* resource) {
  const bool is_json = exporter.encoding == config::ExportEncoding::json;
  return open_export({.form = is_json ? ExportForm::otlp_json_logs : ExportForm::otlp_logs,
                      .url = exporter.otlp,
                      .headers = exporter.headers,
                      .timeout = exporter.timeout,
                      .service_name = resource == nullptr ? config::Tracing().service_name : resource->service_name,
                      .attributes = resource == nullptr ? config::Tracing().attributes : resource->attributes});
}

std::unique_ptr<Filter> make(const void* options, FilterContext& context) {
  const auto& log = *static_cast<const AccessLogOptions*>(options);
  return std::make_unique<AccessLog>(log,
                                     log.exporter ? open_records(*log.exporter, context.tracing) : open_log(log.path));
}

std::unique_ptr<LogFormat> format_of(const AccessLogOptions& options) {
  if (options.exporter) return std::make_unique<RecordFormat>(options);
  return std::make_unique<LineFormat>(options);
}

std::string check_outputs(const AccessLogOptions& options) {
  const bool has_fields = !options.fields.add.empty() || !options.fields.drop.empty();
  if (has_fields && options.format != "json")
    return "fields are for `format: json`: a template says itself what it shows";
  if (!options.exporter) return "";
  if (!options.path.empty()) return "path and exporter exclude each other: write the filter twice";
  if (options.format != "json") return "an exporter has a format of its own: leave `format` out";
  return options.exporter->otlp.empty() ? "exporter: log records go to `otlp` only" : "";
}

}  // namespace

void describe(config::Schema<AccessLogFields>& schema) {
  schema.summary("The fields of a JSON line or a record.");
  schema.field("add", &AccessLogFields::add, "Name to value; values may have variables, ${header:NAME} among them.")
      .check_text([](const std::string& text) { return Template::check(text, kRules); })
      .example("{referer: \"${header:Referer}\"}");
  schema.field("drop", &AccessLogFields::drop, "Standard fields to leave out.")
      .one_or_many()
      .check_text(check_dropped)
      .example("[query, user_agent]");
}

void describe(config::Schema<AccessLogWhen>& schema) {
  schema.summary("Which requests are logged: those for which any of these holds. Absent: all.");
  schema
      .field("status", &AccessLogWhen::status,
             "The answer has one of these: 5xx, 404, 400-499. Requests without a whole answer always count.")
      .one_or_many()
      .check_text(StatusRanges::check)
      .example("[5xx, 429]");
  schema.field("slower_than", &AccessLogWhen::slower_than, "It took longer.").example("1s");
  schema.field("sample", &AccessLogWhen::sample, "A random share of all.").example("10%");
}

void describe(config::Schema<AccessLogOptions>& schema) {
  schema.summary("Writes a line for every request.");
  schema.field("format", &AccessLogOptions::format, "json, text, common, combined, or a template with variables.")
      .check_text(check_format)
      .example("${time} ${method} ${path} ${status}");
  schema.field("path", &AccessLogOptions::path, "The file; absent: standard output. Opened anew on SIGUSR1.")
      .check_text(check_path)
      .example("/var/log/outrigger/access.log");
  schema
      .field("exporter", &AccessLogOptions::exporter,
             "Sends log records to a collector of OTLP instead; the resource is that of the block `tracing:`.")
      .example("{otlp: \"http://127.0.0.1:4318\"}");
  schema.field("fields", &AccessLogOptions::fields, "Changes the fields of a JSON line or a record.");
  schema.field("when", &AccessLogOptions::when, "Which requests are logged.");
  schema.check(check_outputs);
}

// Lives in the exchange's arena.
class AccessLog::Entry final : public Finisher {
 public:
  explicit Entry(const AccessLog& log) : log_(log) { owner = &log; }
  void finish(Exchange& exchange, const Outcome& outcome) noexcept override {
    if (log_.wants(outcome)) log_.write(exchange, outcome);
  }

 private:
  const AccessLog& log_;
};

AccessLog::AccessLog(const AccessLogOptions& options, std::unique_ptr<LineLog> log)
    : format_(format_of(options)),
      status_(options.when.status),
      slower_than_(options.when.slower_than),
      sample_(options.when.sample ? std::optional(options.when.sample->value) : std::nullopt),
      log_(std::move(log)) {}

Task<Response> AccessLog::handle(Exchange& exchange, Next next) {
  refused(exchange);
  return next(exchange);
}

void AccessLog::refused(Exchange& exchange) {
  // Behind a filter that repeats this is called for every try, whether it comes to the service or not.
  if (!exchange.has_finisher(this)) exchange.add_finisher(*exchange.arena().make<Entry>(*this));
}

bool AccessLog::wants(const Outcome& outcome) const {
  if (status_.is_empty() && !slower_than_ && !sample_) return true;
  const bool is_whole = outcome.status != 0 && !outcome.cut;
  if (!status_.is_empty() && (!is_whole || status_.contains(outcome.status))) return true;
  if (slower_than_ && outcome.duration > *slower_than_) return true;
  return sample_ && random_share() < *sample_;
}

void AccessLog::write(const Exchange& exchange, const Outcome& outcome) const {
  char* const room = log_->reserve();
  if (room == nullptr) return;
  const std::size_t size = format_->write({.exchange = exchange, .outcome = &outcome}, room, LineLog::kMaxLine);
  if (size != 0) log_->commit(size);
}

const FilterType kAccessLogType = {{.name = "access_log",
                                    .summary = "One line a request, JSON, text or for a collector.",
                                    .schema = &config::schema_of<AccessLogOptions>,
                                    .needs_http = &needs_no_http},
                                   make};

}  // namespace outrigger::filters
