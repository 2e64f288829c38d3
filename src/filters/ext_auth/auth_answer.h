#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "outrigger/background.h"

namespace outrigger::filters {

// What the authorisation server said about a request, or that it said nothing. Immutable; thread: any.
struct AuthAnswer {
  using Fields = std::vector<std::pair<std::string, std::string>>;

  enum class Verdict : unsigned char { allowed, denied, unavailable };
  Verdict verdict = Verdict::unavailable;
  std::uint16_t status = 0;      // of the answer; 0: there was none
  std::string why;               // when not allowed: a sentence without full stop
  Fields to_service, to_client;  // fields of the answer that are passed on
  bool may_be_kept = false;      // for equal questions
};

// A question that is being asked, for who waits for it: as a job it is done once the answer is there.
class AuthCheck final : public Job {
 public:
  // By the question, once.
  void answer(std::shared_ptr<const AuthAnswer> given) {
    answer_ = std::move(given);
    perform();
  }
  // Once is_done().
  const std::shared_ptr<const AuthAnswer>& answer() const { return answer_; }

 private:
  void run() noexcept override {}
  std::shared_ptr<const AuthAnswer> answer_;
};

}  // namespace outrigger::filters
