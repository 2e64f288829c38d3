#include "outrigger/background.h"

#include <catch2/catch.hpp>
#include <future>

using namespace outrigger;

namespace {

class Flag final : public Job {
 public:
  explicit Flag(std::shared_future<void> gate) : gate_(std::move(gate)) {}
  bool has_run = false;

 private:
  void run() noexcept override {
    gate_.wait();
    has_run = true;
  }
  std::shared_future<void> gate_;
};

}  // namespace

TEST_CASE("background: a job runs once and wakes everybody who waits", "[base]") {
  std::promise<void> gate;
  const auto job = std::make_shared<Flag>(gate.get_future().share());
  const auto first = std::make_shared<std::promise<void>>();
  const auto second = std::make_shared<std::promise<void>>();
  REQUIRE(submit(job));
  REQUIRE(job->when_done([first] { first->set_value(); }));
  REQUIRE(job->when_done([second] { second->set_value(); }));
  CHECK_FALSE(job->is_done());
  gate.set_value();
  first->get_future().wait();
  second->get_future().wait();
  CHECK(job->is_done());
  CHECK(job->has_run);
  CHECK_FALSE(job->when_done([] {}));
}

TEST_CASE("background: the queue is bounded", "[base]") {
  std::promise<void> gate;
  const std::shared_future<void> opened = gate.get_future().share();
  std::vector<std::shared_ptr<Flag>> jobs;
  for (int i = 0; i < 1000; ++i) {
    jobs.push_back(std::make_shared<Flag>(opened));
    if (!submit(jobs.back())) break;
  }
  CHECK(jobs.size() > 256);
  CHECK(jobs.size() <= 256 + 2 + 1);
  jobs.pop_back();
  gate.set_value();
  for (const auto& job : jobs) {
    const auto done = std::make_shared<std::promise<void>>();
    if (job->when_done([done] { done->set_value(); })) done->get_future().wait();
    CHECK(job->has_run);
  }
}
