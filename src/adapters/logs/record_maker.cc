#include "adapters/logs/record_maker.h"

#include <utility>

#include "adapters/logs/lines/text.h"
#include "adapters/logs/syslog/syslog_record.h"
#include "adapters/logs/transform/trace_context.h"
#include "base/base64.h"

namespace outrigger::adapters::logs {

RecordMaker::RecordMaker(RecordRules rules, LogStats& stats)
    : rules_(std::move(rules)), normalizer_(rules_.normalize), stats_(stats) {}

const Record* RecordMaker::make(const Origin& origin, const Event& event, Instant now, WallTime read_at) {
  stats_.lines.add();
  const Admission admission = rules_.lines.admit(event.text, now);
  if (admission != Admission::taken) {
    (admission == Admission::filtered ? stats_.filtered : stats_.over_rate).add();
    return nullptr;
  }
  record_.clear();
  record_.read_at = read_at;
  record_.source = origin.name;
  record_.line = event.text;
  if (auto repaired = repaired_utf8(event.text)) {
    repaired_ = std::move(*repaired);
    record_.line = repaired_;
  }
  read(record_.line);
  if (rules_.finds_trace) attach_trace_context(record_);
  rules_.fields.apply(record_);
  flag(event);
  return &record_;
}

void RecordMaker::read(std::string_view text) {
  if (rules_.is_syslog) text = read_syslog(text, rules_.normalize.zone, record_);
  if (!rules_.parser) {
    if (!rules_.is_syslog) record_.message = text;
    return;
  }
  std::string unparsed = std::exchange(record_.message, {});
  if (rules_.parser->parse(text, record_)) {
    normalizer_.apply(record_);
    return;
  }
  record_.message = rules_.is_syslog ? std::move(unparsed) : std::string(text);
  record_.add("unparsed", std::string(rules_.parser->name()));
  stats_.unparsed.add();
}

// Behind the rules for fields: what is odd is always said.
void RecordMaker::flag(const Event& event) {
  if (event.cut > 0) {
    record_.add("cut_bytes", std::to_string(event.cut), Field::Kind::json);
    stats_.cut.add();
  }
  if (record_.line.data() != event.text.data()) {
    record_.flag("invalid_utf8");
    record_.add("raw_base64", base::encode_base64(event.text));
    stats_.invalid.add();
  }
  if (is_binary(event.text)) {
    record_.flag("binary");
    stats_.binary.add();
  }
}

}  // namespace outrigger::adapters::logs
