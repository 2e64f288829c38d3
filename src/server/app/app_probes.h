#pragma once

#include <memory>
#include <string>
#include <vector>

#include "server/app/app.h"
#include "server/worker.h"

namespace outrigger::server {

// Asks until `is_up` may be called: with an address until it takes a connection, with "upstream:NAME" until active
// checks found an endpoint of that upstream healthy. Thread: the loop's.
std::unique_ptr<AppProbe> make_app_probe(EventLoop& loop, const std::string& target,
                                         const std::vector<std::unique_ptr<Worker>>& workers,
                                         std::function<void()> is_up);
// What is wrong with `target`, as a sentence; empty: nothing.
std::string check_app_probe(const std::string& target, const config::Settings& settings);

}  // namespace outrigger::server
