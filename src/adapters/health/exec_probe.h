#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "adapters/health/probe.h"

namespace outrigger::adapters {

// Runs a program: in a process group of its own, with our environment, stdin empty, without our blocked signals. What
// it writes is read so that it does not block, up to kMostRead bytes, of which the first kMostOutput are kept; what is
// wrong is the first line of that. At the deadline the whole group is killed.
class ExecProbe final : public Probe {
 public:
  static constexpr std::size_t kMostOutput = 1024;
  static constexpr std::size_t kMostRead = 1024 * 1024;

  ExecProbe(std::vector<std::string> command, Duration timeout, const AdapterServices& services);
  ~ExecProbe() override;
  void begin(Done done) override;

 private:
  struct Wake final : Wakeable {
    Wake(ExecProbe& probe, void (ExecProbe::*call)()) : owner(probe), method(call) {}
    void wake() override { (owner.*method)(); }
    ExecProbe& owner;
    void (ExecProbe::*method)();
  };
  std::string spawn();
  void read_output();
  void on_exit();
  void expired();
  void give_up();
  void close();
  void finish(std::string problem);
  std::string first_line() const;

  const std::vector<std::string> command_;
  const Duration timeout_;
  EventLoop& loop_;
  ChildReaper& children_;
  Done done_;
  pid_t pid_ = -1;
  int pid_fd_ = -1, output_fd_ = -1;
  std::string output_;
  std::size_t read_ = 0;
  bool is_killed_ = false;
  Wake exit_wake_{*this, &ExecProbe::on_exit};
  Wake output_wake_{*this, &ExecProbe::read_output};
  std::unique_ptr<FdWatch> exit_watch_, output_watch_;
  Timer deadline_;
};

}  // namespace outrigger::adapters
