#include "proxy/records/recorder.h"

#include <algorithm>
#include <string>

namespace outrigger::proxy {

Recorder::Recorder(const config::KeptRequests& settings) {
  for (std::size_t i = 0; i < rings_.size(); ++i) {
    rings_[i].kept = stats::counter("outrigger_requests_kept_total", "Requests that were kept for `why`.",
                                    {{"kind", kKeptKinds[i].first}});
  }
  apply(settings);
}

void Recorder::apply(const config::KeptRequests& settings) {
  slower_than_ = settings.slower_than;
  share_ = settings.sample.value;
  most_ = settings.keep;
  most_bytes_ = settings.memory.bytes;
  for (Ring& ring : rings_) shrink(ring);
}

// By the head of the answer: a long download is not slow, and a tunnel stays open.
bool Recorder::is_slow(const Exchange& exchange, const Outcome& outcome) const {
  if (slower_than_ == Duration(0)) return false;
  const Journal* journal = exchange.journal();
  const bool has_answer = journal != nullptr && journal->answered != Instant{};
  return (has_answer ? journal->answered - exchange.started() : outcome.duration) >= slower_than_;
}

void Recorder::record(const Exchange& exchange, const Outcome& outcome, KeptBecause because) {
  std::erase_if(taps_, [](const auto& tap) { return tap->is_closed(); });
  const auto wants = [&](const auto& tap) { return tap->wants(exchange, outcome, because); };
  Ring* const ring = ring_of(because);
  const bool is_kept = ring != nullptr && ring->admit(exchange.now());
  if (!is_kept && std::ranges::none_of(taps_, wants)) return;
  auto made = std::make_shared<Record>(make_record(exchange, outcome, exchange.wall_now()));
  made->because = because;
  made->serial = ++count_;
  made->number = std::to_string(stats::worker_index()) + "-" + std::to_string(made->serial);
  for (const auto& tap : taps_) {
    if (wants(tap)) tap->offer(made);
  }
  if (is_kept) keep(*ring, std::move(made));
}

// Null: it is not kept.
Recorder::Ring* Recorder::ring_of(const KeptBecause& because) {
  if (most_ == 0) return nullptr;
  for (std::size_t i = 0; i < rings_.size(); ++i) {
    if (because.*kKeptKinds[i].second) return &rings_[i];
  }
  return nullptr;
}

bool Recorder::Ring::admit(Instant now) {
  constexpr std::uint32_t kMostASecond = 1000;
  if (now - second >= std::chrono::seconds(1)) {
    second = now;
    admitted = 0;
  }
  return ++admitted <= kMostASecond;
}

void Recorder::keep(Ring& ring, std::shared_ptr<const Record> record) {
  ring.bytes += record->memory();
  ring.records.push_back(std::move(record));
  ring.kept.add();
  shrink(ring);
}

void Recorder::shrink(Ring& ring) const {
  while (!ring.records.empty() && (ring.records.size() > most_ || ring.bytes > most_bytes_)) {
    ring.bytes -= ring.records.front()->memory();
    ring.records.pop_front();
  }
}

Recorder::Records Recorder::find(std::string_view id) const {
  Records found;
  for (const Ring& ring : rings_) {
    for (const auto& record : ring.records) {
      if (record->request_id == id || record->number == id) found.push_back(record);
    }
  }
  std::ranges::sort(found, is_later);
  return found;
}

Recorder::Records Recorder::list(const RecordFilter& filter, std::size_t most) const {
  Records found;
  for (const Ring& ring : rings_) {
    for (const auto& record : ring.records) {
      if (filter.matches(*record)) found.push_back(record);
    }
  }
  std::ranges::sort(found, is_later);
  if (found.size() > most) found.resize(most);
  return found;
}

}  // namespace outrigger::proxy
