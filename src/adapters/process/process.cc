#include "adapters/process/process.h"

#include "adapters/metric_name.h"

namespace outrigger::adapters {
namespace {

std::unique_ptr<Adapter> make(const void* options, AdapterContext& context) {
  return std::make_unique<Process>(*static_cast<const ProcessOptions*>(options), context);
}

ProcessChoice choice_of(const ProcessOptions& options) { return {options.process, options.pid, options.pid_file}; }

// Two of them would else write the same series in turn.
stats::Labels labels_of(const ProcessOptions& options) {
  stats::Labels labels(options.labels.begin(), options.labels.end());
  if (!options.labels.contains("process")) labels.emplace_back("process", shown(choice_of(options)));
  return labels;
}

}  // namespace

void describe(config::Schema<ProcessOptions>& schema) {
  schema.summary("Processor time, memory, descriptors and threads of the service's processes.");
  schema.field("process", &ProcessOptions::process, "The name of its command; all processes of that name are added up.")
      .example("httpd");
  schema.field("pid", &ProcessOptions::pid, "Its process id.").range(1, 4'194'304);
  schema.field("pid_file", &ProcessOptions::pid_file, "The file that holds its process id.").example("/run/app.pid");
  schema.field("prefix", &ProcessOptions::prefix, "In front of every name.").check_text([](const std::string& text) {
    return is_metric_name(text) ? "" : "\"" + text + "\" cannot begin the name of a metric";
  });
  schema.field("labels", &ProcessOptions::labels, "Labels that all have, beside `process`.");
  schema.field("every", &ProcessOptions::every, "How often it is looked at.")
      .range(std::chrono::seconds(1), std::chrono::hours(1));
  schema.check([](const ProcessOptions& options) -> std::string {
    const int set = (options.process.empty() ? 0 : 1) + (options.pid ? 1 : 0) + (options.pid_file.empty() ? 0 : 1);
    if (set != 1) return "needs one of process, pid and pid_file";
    for (const auto& [label, value] : options.labels) {
      if (!is_label_name(label)) return "\"" + label + "\" is no name of a label";
    }
    return "";
  });
}

Process::Process(const ProcessOptions& options, AdapterContext& context)
    : options_(options),
      choice_(choice_of(options)),
      services_(context.services),
      metrics_(
          services_.metrics.source({"process", shown(choice_), "process_", 100, std::string(context.fingerprint)})),
      labels_(labels_of(options)),
      seen_(std::static_pointer_cast<Seen>(services_.store.find_or_make("process " + std::string(context.fingerprint),
                                                                        [] { return std::make_shared<Seen>(); }))),
      next_(services_.loop, [this] { look(); }) {}

void Process::look() {
  double found = 0, memory = 0, threads = 0, used = 0;
  std::optional<double> descriptors = 0;
  Seen seen;
  for (const int pid : find_processes(choice_)) {
    const auto usage = usage_of(pid);
    if (!usage) continue;
    const std::pair key(pid, usage->started);
    const auto before = seen_->find(key);
    used += usage->cpu_seconds - (before == seen_->end() ? 0 : before->second);
    seen[key] = usage->cpu_seconds;
    ++found;
    memory += usage->resident_bytes;
    threads += usage->threads;
    descriptors = descriptors && usage->open_fds ? std::optional(*descriptors + *usage->open_fds) : std::nullopt;
  }
  *seen_ = std::move(seen);
  const Instant now = services_.loop.now();
  const std::string each = options_.prefix + "process_";
  const auto set = [&](const std::string& name, const char* help, double value) {
    metrics_->set({name, help, labels_}, value, now);
  };
  set(options_.prefix + "processes", "Processes of the service that run.", found);
  metrics_->add({each + "cpu_seconds_total", "Processor time of the service, user and system.", labels_}, used, now);
  if (found > 0) {
    set(each + "resident_memory_bytes", "Resident memory of the service.", memory);
    set(each + "threads", "Threads of the service.", threads);
    if (descriptors) set(each + "open_fds", "Open file descriptors of the service.", *descriptors);
  }
  metrics_->expire(now);
  next_.start(options_.every);
}

const AdapterType kProcessType = {{"metrics",
                                   {"process", "pid", "pid_file"},
                                   "What the service's processes use.",
                                   &config::schema_of<ProcessOptions>},
                                  make};

}  // namespace outrigger::adapters
