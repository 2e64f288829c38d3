#include <catch2/catch.hpp>
#include <thread>

#include "base/memory_budget.h"
#include "cache/fill.h"
#include "cache/memory_store.h"

namespace outrigger::cache {

namespace {

std::shared_ptr<const Entry> entry(const std::string& url, std::size_t size, std::uint64_t hash) {
  StoredHead head(200, "OK");
  head.append("X-A", "1");
  head.finish();
  auto made = std::make_shared<Entry>(Key{url, "", hash}, std::move(head));
  auto content = std::make_shared<Content>();
  for (std::size_t left = size; left > 0;) {
    const Content::Room room = content->room(left);
    content->commit(std::min(room.size, left));
    left -= std::min(room.size, left);
  }
  made->content = std::move(content);
  made->size = size;
  return made;
}

struct Shelf {
  explicit Shelf(std::uint64_t most) : store(most) {}
  void put(int number, std::size_t size = 1000) {
    store.put(entry(std::to_string(number), size, hash(number)), none, arena);
  }
  bool has(int number) {
    const std::string url = std::to_string(number);
    return store.find({url, "", hash(number)}, none, arena).entry != nullptr;
  }
  static std::uint64_t hash(int number) { return static_cast<std::uint64_t>(number) * 0x9e3779b97f4a7c15; }
  Arena arena;
  Headers none{arena};
  MemoryStore store;
};

// A worker that runs what is posted when the test says so.
class FakeLoop final : public Poster {
 public:
  void post(std::function<void()> call) override { calls.push_back(std::move(call)); }
  void run() {
    for (auto& call : std::exchange(calls, {})) call();
  }
  std::vector<std::function<void()>> calls;
};

class Waiter final : public Wakeable {
 public:
  void wake() override { ++wakes; }
  int wakes = 0;
};

}  // namespace

TEST_CASE("cache: the store never holds more than it may, overhead included", "[cache]") {
  Shelf shelf(100'000);
  for (int i = 0; i < 1000; ++i) {
    shelf.put(i, static_cast<std::size_t>(i % 7) * 500);
    REQUIRE(shelf.store.counts().bytes <= 100'000);
  }
  CHECK(shelf.store.counts().entries > 10);
  CHECK(shelf.store.counts().evictions > 800);
  shelf.put(5000, 200'000);
  CHECK_FALSE(shelf.has(5000));
}

TEST_CASE("cache: an answer whose content is not as long as it says is not stored", "[cache]") {
  for (const auto& [announced, size, is_stored] :
       {std::tuple{"5", 5, true}, {"5", 0, false}, {"5", 4, false}, {"4", 5, false}, {"", 5, true}, {"x", 0, false}}) {
    CAPTURE(announced, size);
    Shelf shelf(100'000);
    const auto plain = entry("1", static_cast<std::size_t>(size), Shelf::hash(1));
    StoredHead head(200, "OK");
    if (*announced != '\0') head.append("Content-Length", announced);
    head.finish();
    auto made = std::make_shared<Entry>(Key{plain->url, "", plain->hash}, std::move(head));
    made->content = plain->content;
    made->size = plain->size;
    shelf.store.put(made, shelf.none, shelf.arena);
    CHECK(shelf.has(1) == is_stored);
    CHECK(shelf.store.counts().refused == (is_stored ? 0 : 1));
  }
}

TEST_CASE("cache: a URL has so many variants and no more", "[cache][security]") {
  Shelf shelf(10'000'000);
  const auto ask = [&shelf](int language, auto use) {
    Headers request(shelf.arena);
    request.add("Accept-Language", shelf.arena.copy(std::to_string(language)));
    return use(request);
  };
  for (const char* extra : {"", "X-Tenant: a"}) {
    for (int i = 0; i < 100; ++i) {
      ask(i, [&](const Headers& request) {
        StoredHead head(200, "OK");
        head.finish();
        auto made = std::make_shared<Entry>(Key{"1", extra, 1}, std::move(head));
        made->content = std::make_shared<Content>();
        made->vary.push_back({"Accept-Language", std::to_string(i)});
        shelf.store.put(made, request, shelf.arena);
        return true;
      });
    }
  }
  const auto has = [&](int language, const char* extra) {
    return ask(language, [&](const Headers& request) {
      return shelf.store.find({"1", extra, 1}, request, shelf.arena).entry != nullptr;
    });
  };
  CHECK(shelf.store.counts().entries == 128);
  CHECK(shelf.store.counts().evictions == 72);
  CHECK_FALSE(has(35, ""));
  for (const char* extra : {"", "X-Tenant: a"}) CHECK((has(36, extra) && has(99, extra)));
  CHECK_FALSE(has(99, "X-Tenant: b"));
  CHECK(shelf.store.remove_url("1", 1) == 128);
  CHECK(shelf.store.counts().bytes == 0);
}

TEST_CASE("cache: what is used again outlives a scan", "[cache]") {
  Shelf shelf(200'000);
  for (int i = 0; i < 20; ++i) shelf.put(i);
  for (int round = 0; round < 2; ++round) {
    for (int i = 0; i < 20; ++i) CHECK(shelf.has(i));
  }
  for (int i = 1000; i < 3000; ++i) shelf.put(i);
  int kept = 0;
  for (int i = 0; i < 20; ++i) kept += shelf.has(i) ? 1 : 0;
  CHECK(kept == 20);
}

TEST_CASE("cache: entries go by URL, by a question, softly or for good", "[cache]") {
  Shelf shelf(200'000);
  for (int i = 0; i < 5; ++i) shelf.put(i);
  CHECK(shelf.store.remove_url("1", Shelf::hash(1)) == 1);
  CHECK(shelf.store.remove_url("1", Shelf::hash(1)) == 0);
  CHECK(shelf.store.purge([](const Entry& e) { return e.url == "2"; }, true) == 1);
  CHECK(shelf.has(2));
  CHECK(shelf.store.purge([](const Entry&) { return true; }, false) == 4);
  CHECK(shelf.store.counts().entries == 0);
  CHECK(shelf.store.counts().bytes == 0);
}

TEST_CASE("cache: workers look up, put and purge at the same time", "[cache]") {
  MemoryStore store(60'000);
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&store, t] {
      Arena arena;
      const Headers none(arena);
      for (int i = 0; i < 2000; ++i) {
        const int number = (i * 7 + t) % 90;
        const std::string url = std::to_string(number);
        if (!store.find({url, "", Shelf::hash(number)}, none, arena).entry) {
          store.put(entry(url, 900, Shelf::hash(number)), none, arena);
        }
        if (i % 500 == 0) store.purge([](const Entry& e) { return e.url.ends_with("3"); }, i % 1000 == 0);
        if (i % 64 == 0) arena.reset();
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(store.counts().bytes <= 60'000);
}

TEST_CASE("cache: many read what one brings, each at its own pace", "[cache]") {
  FakeLoop loop;
  auto flow = std::make_shared<Flow>(true);
  Arena arena;
  Flow::Reader fast(flow, &loop, arena), slow(flow, &loop, arena);
  std::string_view bytes;
  Waiter waiter;
  CHECK(fast.pull(bytes) == Body::State::pending);
  fast.park(&waiter);
  flow->write("hello", 0);
  loop.run();
  CHECK(waiter.wakes == 1);
  CHECK(fast.pull(bytes) == Body::State::data);
  CHECK(bytes == "hello");
  flow->write(" world", 0);
  flow->end();
  CHECK(fast.pull(bytes) == Body::State::data);
  CHECK(fast.pull(bytes) == Body::State::end);
  CHECK(slow.pull(bytes) == Body::State::data);
  CHECK(bytes == "hello world");
  CHECK(flow->take_content()->size() == 11);
}

TEST_CASE("cache: what is not kept waits for the slowest reader, and for none that left", "[cache]") {
  FakeLoop loop;
  auto flow = std::make_shared<Flow>(true);
  Arena arena;
  auto slow = std::make_unique<Flow::Reader>(flow, &loop, arena);
  flow->stop_keeping();
  const std::string block(64 * 1024, 'x');
  int written = 0;
  while (!flow->room() && written < 100) {
    flow->write(block, 0);
    ++written;
  }
  CHECK(written == 4);
  const std::shared_ptr<Job> room = flow->room();
  REQUIRE(room);
  std::string_view bytes;
  while (slow->pull(bytes) == Body::State::data) {
  }
  CHECK(room->is_done());
  while (!flow->room()) flow->write(block, 0);
  const std::shared_ptr<Job> again = flow->room();
  slow.reset();
  CHECK(again->is_done());
  CHECK_FALSE(flow->has_readers());
  Flow::Reader late(flow, &loop, arena);
  CHECK(late.is_too_late());
  CHECK(late.pull(bytes) == Body::State::failed);
}

TEST_CASE("cache: what comes behind the content is for those who read all of it", "[cache]") {
  FakeLoop loop;
  Arena arena;
  auto flow = std::make_shared<Flow>(true);
  Flow::Reader whole(flow, &loop, arena), part(flow, &loop, arena);
  const Part first{{}, 0, 1};
  part.set_parts({&first, 1});
  flow->write("hello", 0);
  Headers trailers(arena);
  trailers.add("X-Sum", "17");
  flow->end(&trailers);
  std::string_view bytes;
  for (Flow::Reader* reader : {&whole, &part}) {
    CHECK(reader->trailers() == nullptr);
    CHECK(reader->pull(bytes) == Body::State::data);
    CHECK(reader->pull(bytes) == Body::State::end);
  }
  REQUIRE(whole.trailers() != nullptr);
  CHECK(whole.trailers()->get("X-Sum") == "17");
  CHECK(part.trailers() == nullptr);
}

TEST_CASE("cache: a reader that leaves while it waits is not woken", "[cache]") {
  FakeLoop loop;
  auto flow = std::make_shared<Flow>(true);
  Waiter waiter;
  {
    Arena arena;
    Flow::Reader reader(flow, &loop, arena);
    std::string_view bytes;
    CHECK(reader.pull(bytes) == Body::State::pending);
    reader.park(&waiter);
    flow->fail(Failure::response_truncated);
  }
  loop.run();
  CHECK(waiter.wakes == 0);
}

TEST_CASE("cache: one flight a key and variant, and none joins what is doomed", "[cache]") {
  Flights flights;
  const Key key{"u", "", 7};
  const auto first = flights.join(key, "", 0, false);
  CHECK(first.leads);
  CHECK(flights.join(key, "", 0, false).fill == first.fill);
  CHECK(flights.join(key, "v", 0, false).leads);
  CHECK(flights.join(key, "", 0, true).leads);
  flights.doom("u", 7);
  CHECK(first.fill->is_doomed());
  CHECK(flights.size() == 0);
  CHECK(flights.join(key, "", 0, false).leads);
}

TEST_CASE("cache: marks of keys end with their time", "[cache]") {
  PassMarks marks;
  const Instant now{std::chrono::seconds(1000)};
  const std::uint64_t hash = 0x123456789abcdef0;
  marks.set(hash, now + std::chrono::seconds(5));
  CHECK(marks.is_set(hash, now));
  CHECK_FALSE(marks.is_set(hash ^ 0xffff000000000000, now));
  CHECK_FALSE(marks.is_set(hash, now + std::chrono::seconds(6)));
  marks.clear(hash);
  CHECK_FALSE(marks.is_set(hash, now));
}

}  // namespace outrigger::cache
