#pragma once

#include "upstream/discovery/discovery.h"
#include "upstream/discovery/source.h"

namespace outrigger::upstream {

// A source that looks a name up, again whenever the answer is as old as its TTL allows. Begins with the last good
// answer that the process has. Good answers replace the ones before; failures, denials and empty answers leave them,
// for ten minutes.
class LookupSource : public Source {
 public:
  bool is_pending() const override { return is_pending_; }
  const std::string& error() const override { return error_; }
  void stop() override {
    is_stopped_ = true;
    again_.stop();
  }
  Discovery* discovery() const override { return discovery_.get(); }

 protected:
  // The constructor of what derives from it ends with start().
  LookupSource(const config::EndpointSpec& spec, const SourceContext& context);
  void start();

  // Begins a look-up that ends with on_answer().
  virtual void ask() = 0;
  // From now on the endpoints are those of `answer`, or none.
  virtual void use(const Answer& answer) = 0;
  // `error` not empty: the look-up failed, or with `missing` that of the addresses of this family.
  void on_answer(Answer answer, const std::string& error, Duration ttl,
                 std::optional<net::dns::Family> missing = std::nullopt);

  bool is_stopped() const { return is_stopped_; }

  SourceContext context_;
  const config::EndpointSpec spec_;

 private:
  std::shared_ptr<Discovery> discovery_;
  bool is_pending_ = true;
  bool is_stopped_ = false;
  std::string error_;
  Timer again_;
};

}  // namespace outrigger::upstream
