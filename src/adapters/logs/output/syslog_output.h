#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "adapters/logs/output/output.h"
#include "event/event_loop.h"
#include "net/address.h"

namespace outrigger::adapters::logs {

enum class SyslogForm : std::uint8_t { rfc5424, rfc3164 };

struct SyslogTarget {
  net::Address address;
  bool is_stream = false;  // octet counting over TCP or a stream socket (RFC 6587), else a datagram a message
  SyslogForm form = SyslogForm::rfc5424;
  unsigned facility = 16;  // local0
  std::string host;        // where the record has no field `host`
  std::string app;         // where it has no field `app`
  bool text_only = false;  // the content is the message, not the record as JSON
};

// Records as syslog messages, to a daemon or a collector. Datagrams that the kernel takes count as delivered, as
// syslog has it; over a stream, bytes that the kernel took.
class SyslogOutput final : public Output, private Wakeable {
 public:
  SyslogOutput(EventLoop& loop, SyslogTarget target);
  ~SyslogOutput() override { close(); }

  std::string_view form() const override { return "syslog"; }
  // A message and "\n"; line ends inside it are blanks.
  void encode(const Record& record, std::string& out) override;
  void deliver(const std::string& bytes, std::function<void(Delivery)> done) override;

 private:
  void wake() override { go_on(); }
  void append_header(const Record& record, std::string& out) const;
  void go_on();
  bool connect();
  bool send_next();
  bool flush_frame();
  void close();
  void finish(Delivery delivery);
  void fail(const char* what, int error);

  SyslogTarget target_;
  FdWatch watch_;
  Timer patience_;
  Timer again_;
  int fd_ = -1;
  bool is_connecting_ = false;
  std::size_t sent_ = 0;  // bytes of the batch that are sent; kept when it is offered again
  std::string_view left_;
  std::string frame_;  // the message that is being sent over a stream, with its count
  std::size_t frame_sent_ = 0;
  std::function<void(Delivery)> done_;
};

}  // namespace outrigger::adapters::logs
