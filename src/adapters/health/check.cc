#include "adapters/health/check.h"

#include "adapters/process/proc_files.h"
#include "adapters/scraper.h"
#include "base/regex.h"
#include "base/status_range.h"
#include "base/url.h"
#include "net/address.h"

namespace outrigger::adapters {
namespace {

std::string check_pattern(const std::string& text) {
  const auto pattern = base::Regex::compile(text);
  return pattern ? "" : pattern.error();
}

std::string check_target(const std::string& text) {
  if (text.empty() || text.starts_with("unix:")) return "";
  const auto parts = net::split_host_port(text);
  if (!parts) return parts.error();
  return parts->host.empty() ? "\"" + text + "\" has no host" : "";
}

std::string check_range(const std::string& text) {
  return base::parse_status_range(text) ? "" : "\"" + text + "\" is no status: write 200, 200-399 or 2xx";
}

std::string check_whole(const Check& check) {
  const bool set[] = {!check.tcp.empty(),        !check.http.empty(),        !check.exec.empty(),
                      !check.log_absent.empty(), !check.log_present.empty(), !check.process.empty(),
                      check.pid.has_value(),     !check.pid_file.empty(),    !check.breaker.empty(),
                      !check.all.empty(),        !check.any.empty()};
  int count = 0;
  for (const bool each : set) count += each ? 1 : 0;
  if (count == 1) return "";
  return count == 0
             ? "needs one of tcp, http, exec, log_absent, log_present, process, pid, pid_file, breaker, all and any"
             : "is more than one check: write each as an entry of its own";
}

}  // namespace

void describe(config::Schema<Check>& schema) {
  using std::chrono::hours;
  schema.summary("A check, or with `all` or `any` a group of checks.");
  schema.field("tcp", &Check::tcp, "Good: it accepts a connection.").check_text(check_target).example("127.0.0.1:8080");
  schema.field("http", &Check::http, "Good: it answers with `status`, and `contains` in the body.")
      .check_text(base::check_url)
      .example("http://127.0.0.1:8080/");
  schema.field("status", &Check::status, "Status codes of `http` that are good.").one_or_many().check_text(check_range);
  schema.field("contains", &Check::contains, "A text that must be in the body.").example("Welcome");
  schema.field("exec", &Check::exec, "A program and its arguments. Good: it ends with exit code 0.")
      .one_or_many()
      .example("[/bin/check, --fast]");
  schema
      .field("log_absent", &Check::log_absent,
             "Good: no line of the logs matched this pattern `within` the latest time.")
      .check_text(check_pattern)
      .example("OutOfMemory");
  schema
      .field("log_present", &Check::log_present,
             "Good: a line matched this pattern `within` the latest time, or since the start.")
      .check_text(check_pattern)
      .example("heartbeat");
  schema.field("within", &Check::within, "How far log checks look back.").range(std::chrono::seconds(1), hours(24));
  schema.field("source", &Check::source, "Of log checks: only lines from there, * stands for anything.");
  schema.field("process", &Check::process, "Good: a process of that name runs.").example("httpd");
  schema.field("pid", &Check::pid, "Good: this process runs.").range(1, 4'194'304);
  schema.field("pid_file", &Check::pid_file, "Good: the process of that pid file runs.");
  schema.field("breaker", &Check::breaker, "Good: the circuit breaker of this upstream is not open.").upstream();
  schema.field("all", &Check::all, "Good: each of these is.");
  schema.field("any", &Check::any, "Good: one of these is.");
  schema.field("timeout", &Check::timeout, "Of tcp, http and exec, which is killed then.")
      .range(std::chrono::milliseconds(1), hours(1));
  schema.check(check_whole);
}

std::string what(const Check& check) {
  if (!check.tcp.empty()) return "tcp " + check.tcp;
  if (!check.http.empty()) return "http " + shown(check.http);
  if (!check.exec.empty()) return "exec " + check.exec.front();
  if (!check.log_absent.empty()) return "log_absent " + check.log_absent;
  if (!check.log_present.empty()) return "log_present " + check.log_present;
  if (!check.breaker.empty()) return "breaker " + check.breaker;
  return "process " + shown(ProcessChoice{check.process, check.pid, check.pid_file});
}

}  // namespace outrigger::adapters
