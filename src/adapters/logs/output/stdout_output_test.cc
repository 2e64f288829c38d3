#include "adapters/logs/output/stdout_output.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <catch2/catch.hpp>
#include <memory>
#include <string>

#include "base/line_file.h"

using namespace outrigger;
using namespace outrigger::adapters::logs;

namespace {

// A pipe in the place of standard output, until it is destroyed: no assertions meanwhile, which would go there too.
class PipedStdout {
 public:
  PipedStdout() : kept_(::dup(STDOUT_FILENO)) {
    if (::pipe2(ends_.data(), O_CLOEXEC | O_NONBLOCK) == 0) ::dup2(ends_[1], STDOUT_FILENO);
  }
  ~PipedStdout() {
    ::dup2(kept_, STDOUT_FILENO);
    for (const int fd : {kept_, ends_[0], ends_[1]}) ::close(fd);
  }
  std::string read() const {
    std::string all;
    std::array<char, 4096> buffer;
    for (ssize_t got = 0; (got = ::read(ends_[0], buffer.data(), buffer.size())) > 0;) {
      all.append(buffer.data(), static_cast<std::size_t>(got));
    }
    return all;
  }

 private:
  int kept_;
  std::array<int, 2> ends_{-1, -1};
};

// Ends inside a line that the pipe has no room for, as at a reload. What is in the pipe then.
std::string tear(EventLoop& loop, const PipedStdout& pipe) {
  const std::string batch = std::string(1 << 20, 'x') + "\n";
  auto output = std::make_unique<StdoutOutput>(loop);
  output->deliver(batch, [](const Delivery&) {});
  output.reset();
  return pipe.read();
}

std::string next_record() {
  EventLoop loop;
  const PipedStdout pipe;
  if (tear(loop, pipe).empty()) return {};
  StdoutOutput next(loop);
  const std::string batch = "next\n";
  next.deliver(batch, [](const Delivery&) {});
  next.deliver(batch, [](const Delivery&) {});
  return pipe.read();
}

std::string next_line_of_an_access_log() {
  EventLoop loop;
  const PipedStdout pipe;
  if (tear(loop, pipe).empty()) return {};
  base::LineFile file("");
  const auto lane = std::make_shared<base::LineLane>();
  const std::string line = "line\n";
  std::ranges::copy(line, lane->reserve());
  lane->commit(line.size());
  file.drain({lane}, loop.now());
  return pipe.read();
}

}  // namespace

TEST_CASE("logs: behind a line that a reload tore the next one is whole", "[adapters][logs]") {
  const std::string record = next_record(), line = next_line_of_an_access_log();
  CHECK(record == "\nnext\nnext\n");
  CHECK(line == "\nline\n");
}
