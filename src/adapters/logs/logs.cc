#include "adapters/logs/logs.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cstring>
#include <utility>

#include "adapters/logs/claims.h"
#include "adapters/logs/config.h"
#include "adapters/logs/hand_over.h"
#include "adapters/logs/log_line.h"
#include "adapters/logs/make.h"
#include "adapters/logs/stdin_source.h"
#include "adapters/logs/syslog/syslog_source.h"
#include "base/secret.h"
#include "base/small_file.h"
#include "outrigger/process_log.h"

namespace outrigger::adapters {
namespace logs {
namespace {

// What was opened while the configuration was loaded.
struct Opened {
  SyslogSockets sockets;
  std::optional<Spool> spool;
  std::string authorization;
  std::shared_ptr<HandOver> hand_over;
};

std::expected<SyslogSockets, std::string> open_sockets(const LogsConfig& config, KeyedStore& store) {
  const Transports wanted = transports_of(config, net::Address::parse(config.syslog).value());
  SyslogSockets sockets;
  if (wanted.datagram) {
    auto datagram = DatagramSocket::bind(config.syslog, store);
    if (!datagram) return std::unexpected(datagram.error());
    sockets.datagram = std::move(*datagram);
  }
  if (wanted.stream) {
    auto stream = StreamSocket::listen(config.syslog, store);
    if (!stream) return std::unexpected(stream.error());
    sockets.stream = std::move(*stream);
  }
  return sockets;
}

std::string check_state(const LogsConfig& config) {
  const std::string directory = state_directory(config);
  if (config.tail.empty()) return {};
  if (directory.empty()) {
    log(LogLevel::warn,
        "without `state` a restart begins at the end of each log file and what came meanwhile is missed",
        {{"adapter", config.label()}});
    return {};
  }
  if (::access(directory.c_str(), W_OK | X_OK) == 0) return {};
  return "state: cannot write to " + directory + ": " + std::strerror(errno);
}

std::vector<Claim> claims(const void* options, std::string_view) {
  return claims_of(*static_cast<const LogsConfig*>(options));
}

std::expected<std::shared_ptr<void>, std::string> open(const void* options, OpenContext& context) {
  const auto& config = *static_cast<const LogsConfig*>(options);
  auto opened = std::make_shared<Opened>();
  if (std::string problem = check_state(config); !problem.empty()) return std::unexpected(std::move(problem));
  if (!config.syslog.empty()) {
    auto sockets = open_sockets(config, context.store);
    if (!sockets) return std::unexpected("syslog: " + sockets.error());
    opened->sockets = std::move(*sockets);
  }
  if (config.output.authorization) {
    auto secret = base::resolve_secret(*config.output.authorization);
    if (!secret) return std::unexpected("output.authorization: " + secret.error());
    opened->authorization = std::move(*secret);
  }
  opened->hand_over = std::static_pointer_cast<HandOver>(
      context.store.find_or_make(identity(config), [] { return std::make_shared<HandOver>(); }));
  return opened;
}

// One entry of `adapters.logs`: source, records, queue, output.
class LogsAdapter final : public Adapter, private EventSink {
 public:
  LogsAdapter(const LogsConfig& config, AdapterContext& context)
      : config_(config),
        services_(context.services),
        opened_(std::static_pointer_cast<Opened>(context.opened)),
        stats_(config.label()),
        maker_(make_rules(config), stats_) {
    ++opened_->hand_over->readers;
  }

  // The one that goes on, if there is one, is made already.
  ~LogsAdapter() override {
    const bool is_last = --opened_->hand_over->readers == 0;
    if (!source_) return;
    if (is_finishing_ || is_last) {
      end(is_finishing_ ? "shutdown" : "removed");
    } else {
      hand_over();
    }
    source_.reset();
  }

  void start() override;
  void finish() override {
    is_finishing_ = true;
    if (!source_) return;
    source_->flush();
    queue_->hurry();
  }
  bool has_finished() const override { return !queue_ || queue_->is_empty(); }

 private:
  bool is_full() const override { return queue_->is_full() || is_finishing_; }
  void take(const Origin& origin, const Event& event) override;
  EventSink& sink() { return *this; }
  void make_queue();
  std::unique_ptr<Source> make_source();
  std::unique_ptr<Source> make_tail();
  void hand_over();
  void end(const char* reason);
  void progress();

  const LogsConfig config_;
  AdapterServices services_;
  std::shared_ptr<Opened> opened_;
  LogStats stats_;
  RecordMaker maker_;
  LogLine line_;
  std::unique_ptr<Output> output_;
  std::unique_ptr<DeliveryQueue> queue_;
  std::unique_ptr<Source> source_;
  bool is_finishing_ = false;
};

void LogsAdapter::start() {
  make_queue();
  source_ = make_source();
  queue_->put_rest(std::exchange(opened_->hand_over->rest, {}), opened_->hand_over->form);
  source_->start();
}

void LogsAdapter::make_queue() {
  output_ = make_output(config_, opened_->authorization, services_.loop, services_.resolver);
  std::optional<Spool> spool;
  if (config_.output.spool) {
    auto opened = Spool::open(config_.output.spool->path, output_->form());
    if (opened) {
      spool = std::move(*opened);
    } else {
      stats_.spool_failures.add();
      log(LogLevel::error, "a log output has no spool", {{"adapter", config_.label()}, {"error", opened.error()}});
    }
  }
  queue_ = std::make_unique<DeliveryQueue>(services_.loop, *output_, make_queue_options(config_), std::move(spool),
                                           stats_, [this] { progress(); });
}

std::unique_ptr<Source> LogsAdapter::make_source() {
  if (!config_.tail.empty()) return make_tail();
  if (config_.standard_input) {
    StreamOptions options;
    if (config_.multiline) options.flush_after = config_.multiline->flush_after;
    options.longest_line = config_.max_line.bytes;
    options.join = make_join_rule(config_);
    HalfRead before = std::exchange(opened_->hand_over->standard_input, {});
    return std::make_unique<StdinSource>(services_.loop, std::move(options), std::move(before), sink());
  }
  const SyslogOptions options{config_.max_line.bytes, config_.max_connections, config_.idle};
  auto before = std::exchange(opened_->hand_over->streams, {});
  return std::make_unique<SyslogSource>(services_.loop, opened_->sockets, options, std::move(before), sink(), stats_);
}

std::unique_ptr<Source> LogsAdapter::make_tail() {
  TailOptions options = make_tail_options(config_);
  std::vector<FilePosition> known;
  const std::string directory = state_directory(config_);
  if (!directory.empty()) {
    options.state.emplace(directory, state_name(config_));
    auto loaded = options.state->load();
    if (loaded) {
      known = std::move(*loaded);
    } else {
      log(LogLevel::error, "the positions of log files are lost: files are read from their beginning",
          {{"adapter", config_.label()}, {"error", loaded.error()}});
    }
    // A file that came while nobody looked is new.
    if (options.state->existed()) options.from_end = false;
  }
  if (auto before = std::exchange(opened_->hand_over->positions, {})) {
    known = std::move(*before);
    options.from_end = false;
  }
  return std::make_unique<TailSource>(services_.loop, std::move(options), std::move(known), sink(), stats_);
}

void LogsAdapter::take(const Origin& origin, const Event& event) {
  const Record* record = maker_.make(origin, event, services_.loop.now(), services_.loop.wall_now());
  if (record == nullptr) return queue_->skip(origin, event);
  if (services_.lines.has_subscribers()) services_.lines.publish(line_.of(*record));
  queue_->append(*record, origin, event);
}

void LogsAdapter::progress() {
  if (!source_) return;
  source_->delivered();
  if (!is_full()) source_->resume();
}

void LogsAdapter::hand_over() {
  HandOver& to = *opened_->hand_over;
  to.rest = queue_->take_rest(OfFiles::read_again);
  to.form = output_->form();
  source_->leave(to);
}

// Nobody goes on. Files do where their positions are kept, or where the next one begins at their beginning.
void LogsAdapter::end(const char* reason) {
  finish();
  const bool is_read_again = !state_directory(config_).empty() || config_.from == StartAt::beginning;
  queue_->save_rest(is_read_again ? OfFiles::read_again : OfFiles::kept, reason);
}

std::unique_ptr<Adapter> make(const void* options, AdapterContext& context) {
  return std::make_unique<LogsAdapter>(*static_cast<const LogsConfig*>(options), context);
}

}  // namespace
}  // namespace logs

const AdapterType kLogsType{{"logs",
                             {"tail", "syslog", "stdin"},
                             "Log lines from files, syslog or standard input, given fields and passed on.",
                             &config::schema_of<logs::LogsConfig>},
                            &logs::make,
                            &logs::open,
                            &logs::claims};

}  // namespace outrigger::adapters
