#include "adapters/runtime.h"

#include <catch2/catch.hpp>
#include <condition_variable>

#include "support/adapter_harness.h"

namespace outrigger::adapters {
namespace {

using namespace std::chrono_literals;

// An adapter that tells the test what happens to it.
struct Diary {
  std::mutex mutex;
  std::condition_variable changed;
  std::vector<std::string> lines;

  void write(std::string line) {
    const std::lock_guard lock(mutex);
    lines.push_back(std::move(line));
    changed.notify_all();
  }
  bool wait_for(const std::vector<std::string>& expected) {
    std::unique_lock lock(mutex);
    return changed.wait_for(lock, 10s, [&] { return lines == expected; });
  }
};

Diary* diary = nullptr;

struct FakeOptions {
  std::string fake;
};

class Fake final : public Adapter {
 public:
  explicit Fake(std::string name) : name_(std::move(name)) { diary->write("make " + name_); }
  ~Fake() override { diary->write("end " + name_); }
  void start() override { diary->write("start " + name_); }
  void finish() override { diary->write("finish " + name_); }

 private:
  std::string name_;
};

const AdapterType kFake = {{"metrics", {"fake"}, "A fake.", nullptr},
                           [](const void* options, AdapterContext&) -> std::unique_ptr<Adapter> {
                             return std::make_unique<Fake>(static_cast<const FakeOptions*>(options)->fake);
                           }};

std::shared_ptr<const AdapterSet> set_of(std::initializer_list<const char*> names, std::string dns_servers = {}) {
  auto set = std::make_shared<AdapterSet>();
  for (const char* name : names) {
    auto options = std::make_shared<FakeOptions>(name);
    set->items.push_back({{&kFake, options, name, "adapters.metrics[0]", {}}, nullptr});
  }
  set->dns_servers = std::move(dns_servers);
  return set;
}

}  // namespace

TEST_CASE("adapters: a reload keeps those that did not change, and ends the others before new ones start",
          "[adapter]") {
  Diary notes;
  diary = &notes;
  server::ProcessStore store;
  AdapterRuntime runtime(store);
  runtime.adopt(set_of({"a", "b"}));
  CHECK(notes.wait_for({"make a", "make b", "start a", "start b"}));
  notes.lines.clear();
  runtime.adopt(set_of({"c", "b"}));
  CHECK(notes.wait_for({"make c", "end a", "start c"}));
  notes.lines.clear();
  runtime.stop();
  CHECK(notes.wait_for({"finish c", "finish b", "end c", "end b"}));
}

TEST_CASE("adapters: other name servers make all of them anew", "[adapter]") {
  Diary notes;
  diary = &notes;
  server::ProcessStore store;
  AdapterRuntime runtime(store);
  runtime.adopt(set_of({"a"}));
  runtime.adopt(set_of({"a"}, "127.0.0.1:5353"));
  CHECK(notes.wait_for({"make a", "start a", "make a", "end a", "start a"}));
}

TEST_CASE("adapters: without one there is no thread, and the end is at once", "[adapter]") {
  server::ProcessStore store;
  AdapterRuntime runtime(store);
  runtime.adopt(std::make_shared<AdapterSet>());
  runtime.stop();
  CHECK(runtime.metrics().collect().size() == stats::collect().size());
}

}  // namespace outrigger::adapters
