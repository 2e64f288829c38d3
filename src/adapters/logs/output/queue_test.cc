#include <catch2/catch.hpp>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "adapters/logs/output/delivery_queue.h"
#include "support/temporary_directory.h"

using namespace outrigger;
using namespace outrigger::adapters::logs;
using namespace std::chrono_literals;
using outrigger::test::TemporaryDirectory;

namespace {

using Strings = std::vector<std::string>;

// Takes a message a record, or does not.
class Sink final : public Output {
 public:
  explicit Sink(std::string_view form) : form_(form) {}
  std::string_view form() const override { return form_; }
  void encode(const Record& record, std::string& out) override { out += record.message + ";"; }
  void deliver(const std::string& bytes, std::function<void(Delivery)> done) override {
    offered.push_back(bytes);
    done({answer, "because", {}});
  }
  Delivery::Result answer = Delivery::Result::taken;
  Strings offered;

 private:
  std::string_view form_;
};

class Bench {
 public:
  explicit Bench(QueueOptions options, const std::string& spool = "", std::string_view form = "json") : sink(form) {
    options.every = 1h;
    options.first_pause = options.longest_pause = 10ms;
    std::optional<Spool> on_disk;
    if (!spool.empty()) on_disk = Spool::open(spool, form).value();
    queue = std::make_unique<DeliveryQueue>(loop, sink, options, std::move(on_disk), stats, [this] { ++progress; });
  }
  void add(const std::string& text, std::shared_ptr<FilePosition> position = nullptr, std::uint64_t end = 0) {
    Record record;
    record.message = text;
    Event event;
    event.end = end;
    queue->append(record, {"x", std::move(position)}, event);
  }
  void run(const std::function<bool()>& done) {
    const Instant end = std::chrono::steady_clock::now() + 20s;
    std::unique_ptr<Timer> poll;
    poll = std::make_unique<Timer>(loop, [&] {
      if (done() || std::chrono::steady_clock::now() > end) return loop.stop();
      poll->start(1ms);
    });
    poll->start(1ms);
    loop.run();
  }

  EventLoop loop;
  Sink sink;
  LogStats stats{"queue_test"};
  int progress = 0;
  std::unique_ptr<DeliveryQueue> queue;
};

QueueOptions small() {
  QueueOptions options;
  options.batch_bytes = 10;
  options.memory = 25;
  return options;
}

}  // namespace

TEST_CASE("logs: records go in batches and move the positions of files", "[adapters][logs]") {
  Bench bench(small());
  const auto file = std::make_shared<FilePosition>();
  bench.add("1234", file, 5);
  CHECK(bench.sink.offered.empty());
  CHECK(file->offset == 0);
  bench.add("5678", file, 10);
  CHECK(bench.sink.offered == Strings{"1234;5678;"});
  CHECK(file->offset == 10);
  bench.add("9", file, 12);
  bench.queue->seal();
  CHECK(file->offset == 12);
  CHECK(bench.queue->is_empty());
  CHECK(bench.progress == 2);
}

TEST_CASE("logs: events without a record move positions with their neighbours", "[adapters][logs]") {
  Bench bench(small());
  const auto file = std::make_shared<FilePosition>();
  Event event;
  event.end = 7;
  bench.queue->skip({"x", file}, event);
  CHECK(file->offset == 0);
  bench.queue->seal();
  CHECK(file->offset == 7);
  CHECK(bench.sink.offered.empty());
}

TEST_CASE("logs: a batch is offered until the output takes it", "[adapters][logs]") {
  Bench bench(small());
  bench.sink.answer = Delivery::Result::later;
  const auto file = std::make_shared<FilePosition>();
  bench.add("123456789", file, 10);
  bench.run([&] { return bench.sink.offered.size() >= 3; });
  CHECK(file->offset == 0);
  bench.sink.answer = Delivery::Result::taken;
  bench.run([&] { return bench.queue->is_empty(); });
  CHECK(file->offset == 10);
}

TEST_CASE("logs: a batch that is refused is lost, counted, and the next one comes", "[adapters][logs]") {
  Bench bench(small());
  const auto lost = bench.stats.lost("refused").total();
  bench.sink.answer = Delivery::Result::refused;
  bench.add("123456789");
  bench.sink.answer = Delivery::Result::taken;
  bench.add("abcdefghi");
  CHECK(bench.sink.offered == Strings{"123456789;", "abcdefghi;"});
  CHECK(bench.stats.lost("refused").total() == lost + 1);
}

TEST_CASE("logs: without room the oldest batch is dropped and counted", "[adapters][logs]") {
  Bench bench(small());
  const auto lost = bench.stats.lost("memory_full").total();
  bench.sink.answer = Delivery::Result::later;
  for (const char* text : {"aaaaaaaaa", "bbbbbbbbb", "ccccccccc", "ddddddddd"}) bench.add(text);
  CHECK(bench.stats.lost("memory_full").total() == lost + 2);
  CHECK_FALSE(bench.queue->is_full());
  bench.sink.answer = Delivery::Result::taken;
  bench.sink.offered.clear();
  bench.run([&] { return bench.queue->is_empty(); });
  CHECK(bench.sink.offered == Strings{"aaaaaaaaa;", "ddddddddd;"});  // the first was on its way
}

TEST_CASE("logs: a queue that may not drop says that it is full", "[adapters][logs]") {
  QueueOptions options = small();
  options.may_drop = false;
  Bench bench(options);
  bench.sink.answer = Delivery::Result::later;
  for (const char* text : {"aaaaaaaaa", "bbbbbbbbb", "ccccccccc"}) bench.add(text);
  CHECK(bench.queue->is_full());
  bench.sink.answer = Delivery::Result::taken;
  bench.sink.offered.clear();
  bench.run([&] { return bench.queue->is_empty(); });
  CHECK(bench.sink.offered == Strings{"aaaaaaaaa;", "bbbbbbbbb;", "ccccccccc;"});
  CHECK_FALSE(bench.queue->is_full());
}

TEST_CASE("logs: what does not fit into memory waits on disk, over a restart too", "[adapters][logs]") {
  const TemporaryDirectory directory;
  const auto file = std::make_shared<FilePosition>();
  {
    Bench bench(small(), directory / "spool");
    bench.sink.answer = Delivery::Result::later;
    bench.add("aaaaaaaaa", file, 10);
    bench.add("bbbbbbbbb", file, 20);
    CHECK(file->offset == 0);
    bench.add("ccccccccc", file, 30);  // the disk has all three: they need not be read again
    CHECK(file->offset == 30);
    bench.add("ddddddddd", file, 40);
    CHECK(file->offset == 30);
  }
  Bench bench(small(), directory / "spool");
  bench.run([&] { return bench.queue->is_empty(); });
  CHECK(bench.sink.offered == Strings{"aaaaaaaaa;", "bbbbbbbbb;", "ccccccccc;"});
  Bench empty(small(), directory / "spool");
  CHECK(empty.queue->is_empty());
}

TEST_CASE("logs: a full spool drops the oldest", "[adapters][logs]") {
  const TemporaryDirectory directory;
  QueueOptions options = small();
  options.disk = 20;
  Bench bench(options, directory / "spool");
  const auto lost = bench.stats.lost("spool_full").total();
  bench.sink.answer = Delivery::Result::later;
  for (const char* text : {"aaaaaaaaa", "bbbbbbbbb", "ccccccccc", "ddddddddd", "eeeeeeeee", "fffffffff"})
    bench.add(text);
  CHECK(bench.stats.lost("spool_full").total() == lost + 2);
  bench.sink.answer = Delivery::Result::taken;
  bench.sink.offered.clear();
  bench.run([&] { return bench.queue->is_empty(); });
  CHECK(bench.sink.offered == Strings{"aaaaaaaaa;", "ddddddddd;", "eeeeeeeee;", "fffffffff;"});
}

TEST_CASE("logs: what is on disk stays where the disk takes no more", "[adapters][logs]") {
  const TemporaryDirectory directory;
  Bench bench(small(), directory / "spool");
  const auto lost = bench.stats.lost("spool_full").total();
  bench.sink.answer = Delivery::Result::later;
  for (const char* text : {"aaaaaaaaa", "bbbbbbbbb", "ccccccccc"}) bench.add(text);
  std::filesystem::create_directory(directory / "spool/4-1.json.new");  // in the way of the next
  for (const char* text : {"ddddddddd", "eeeeeeeee", "fffffffff", "ggggggggg"}) bench.add(text);
  CHECK(bench.stats.lost("spool_full").total() == lost + 2);
  bench.sink.answer = Delivery::Result::taken;
  bench.sink.offered.clear();
  bench.run([&] { return bench.queue->is_empty(); });
  CHECK(bench.sink.offered == Strings{"aaaaaaaaa;", "bbbbbbbbb;", "ccccccccc;", "fffffffff;", "ggggggggg;"});
}

TEST_CASE("logs: what waits is only for an output of its form", "[adapters][logs]") {
  const TemporaryDirectory directory;
  {
    Bench bench(small(), directory / "spool");
    bench.sink.answer = Delivery::Result::later;
    for (const char* text : {"aaaaaaaaa", "bbbbbbbbb", "ccccccccc"}) bench.add(text);
  }
  {
    Bench other(small(), directory / "spool", "otlp");
    other.add("xxxxxxxxx");
    other.run([&] { return other.queue->is_empty(); });
    CHECK(other.sink.offered == Strings{"xxxxxxxxx;"});
    CHECK(other.stats.lost("form_changed").total() == 0);
    CHECK(other.stats.spooled_bytes.total() == 30);
    other.sink.answer = Delivery::Result::later;
    other.add("yyyyyyyyy");
    Bench third(small(), "", "syslog");
    third.queue->put_rest(other.queue->take_rest(OfFiles::read_again), other.sink.form());
    CHECK(third.queue->is_empty());
    CHECK(third.stats.lost("form_changed").total() == 1);
  }
  Bench bench(small(), directory / "spool");
  bench.run([&] { return bench.queue->is_empty(); });
  CHECK(bench.sink.offered == Strings{"aaaaaaaaa;", "bbbbbbbbb;", "ccccccccc;"});
}

TEST_CASE("logs: at the end what waits is offered once more at once", "[adapters][logs]") {
  Bench bench(small());
  bench.sink.answer = Delivery::Result::later;
  bench.add("aaaaaaaaa");
  bench.add("b");
  bench.queue->hurry();
  CHECK(bench.sink.offered == Strings{"aaaaaaaaa;", "aaaaaaaaa;"});
  bench.sink.answer = Delivery::Result::taken;
  bench.queue->hurry();
  CHECK(bench.queue->is_empty());
  CHECK(bench.sink.offered == Strings{"aaaaaaaaa;", "aaaaaaaaa;", "aaaaaaaaa;", "b;"});
}

TEST_CASE("logs: at the end what is in memory goes to the spool", "[adapters][logs]") {
  const TemporaryDirectory directory;
  {
    Bench bench(small(), directory / "spool");
    bench.sink.answer = Delivery::Result::later;
    bench.add("aaaaaaaaa");
    bench.add("b");
    bench.queue->save_rest(OfFiles::read_again, "shutdown");
  }
  Bench bench(small(), directory / "spool");
  bench.run([&] { return bench.queue->is_empty(); });
  CHECK(bench.sink.offered == Strings{"aaaaaaaaa;", "b;"});
}

TEST_CASE("logs: the spool has its limit at the end too", "[adapters][logs]") {
  const TemporaryDirectory directory;
  QueueOptions options = small();
  options.memory = 100;
  options.disk = 20;
  {
    Bench bench(options, directory / "spool");
    const auto lost = bench.stats.lost("shutdown").total();
    bench.sink.answer = Delivery::Result::later;
    for (const char* text : {"aaaaaaaaa", "bbbbbbbbb", "ccccccccc"}) bench.add(text);
    bench.queue->save_rest(OfFiles::read_again, "shutdown");
    CHECK(bench.stats.lost("shutdown").total() == lost + 1);
  }
  CHECK(Spool::open(directory / "spool", "json").value().found().size() == 2);
}

TEST_CASE("logs: without a spool what nobody goes on with is lost for a reason", "[adapters][logs]") {
  Bench bench(small());
  const auto lost = bench.stats.lost("removed").total();
  bench.sink.answer = Delivery::Result::later;
  bench.add("aaaaaaaaa");
  bench.add("b");
  bench.queue->save_rest(OfFiles::read_again, "removed");
  CHECK(bench.stats.lost("removed").total() == lost + 2);
}

TEST_CASE("logs: what came from files is left to them only where they are read again", "[adapters][logs]") {
  const TemporaryDirectory directory;
  const auto file = std::make_shared<FilePosition>();
  for (const auto& [of_files, kept] : {std::pair(OfFiles::read_again, 0U), std::pair(OfFiles::kept, 1U)}) {
    Bench bench(small(), directory / "spool");
    bench.sink.answer = Delivery::Result::later;
    bench.add("aaaaaaaaa", file, 10);
    bench.queue->save_rest(of_files, "removed");
    CHECK(Spool::open(directory / "spool", "json").value().found().size() == kept);
  }
}
