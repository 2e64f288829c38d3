#pragma once

#include <expected>
#include <memory>
#include <optional>
#include <string>

#include "adapters/logs/config.h"
#include "adapters/logs/output/delivery_queue.h"
#include "adapters/logs/output/output.h"
#include "adapters/logs/record_maker.h"
#include "adapters/logs/tail/tail_source.h"
#include "event/event_loop.h"
#include "net/dns/resolver.h"

// The parts of an adapter, made as its settings say. What can be refused was refused when they were loaded.
namespace outrigger::adapters::logs {

RecordRules make_rules(const LogsConfig& config);
JoinRule make_join_rule(const LogsConfig& config);
// Everything but the state file.
TailOptions make_tail_options(const LogsConfig& config);
QueueOptions make_queue_options(const LogsConfig& config);
std::unique_ptr<Output> make_output(const LogsConfig& config, const std::string& authorization, EventLoop& loop,
                                    net::dns::Resolver& resolver);

// The directory for positions: `state`, else systemd's, else none ("").
std::string state_directory(const LogsConfig& config);
// The name of the adapter's file in it: by its name and by what is followed, whatever else changes.
std::string state_name(const LogsConfig& config);

}  // namespace outrigger::adapters::logs
