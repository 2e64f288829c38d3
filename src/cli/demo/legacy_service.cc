#include "cli/demo/legacy_service.h"

#include "base/random.h"
#include "outrigger/filter.h"

namespace outrigger::cli {

namespace {

using namespace std::chrono_literals;

constexpr std::string_view kText = "text/plain; charset=utf-8";

class Flaky final : public Filter {
 public:
  Task<Response> handle(Exchange& exchange, Next) override {
    const std::uint64_t dice = random_below(100);
    if (dice < 10) co_return exchange.respond(500, "java.lang.NullPointerException\n", kText);
    if (dice < 15) co_return exchange.respond(503, "try again\n", kText);
    if (dice < 20) co_return exchange.fail(Failure::client_gone);  // closes without an answer
    if (dice < 25) {
      co_await exchange.sleep(500ms + std::chrono::milliseconds(random_below(400)));
    }
    co_return exchange.respond(200, "Hello from a service that nobody wants to change.\n", kText);
  }
};

}  // namespace

LegacyService::LegacyService(std::shared_ptr<server::ListenSockets> sockets)
    : thread_([this, sockets = std::move(sockets)] { run(sockets); }) {}

LegacyService::~LegacyService() {
  loop_.stop();
  thread_.join();
}

void LegacyService::run(std::shared_ptr<server::ListenSockets> sockets) {
  server::LocalService service(loop_, "legacy", std::make_unique<Flaky>());
  service.listen(std::move(sockets));
  loop_.run();
}

}  // namespace outrigger::cli
