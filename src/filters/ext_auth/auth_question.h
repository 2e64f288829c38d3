#pragma once

#include <memory>
#include <string>

#include "filters/ext_auth/auth_answer.h"
#include "filters/ext_auth/options.h"
#include "outrigger/filter.h"

namespace outrigger::filters {

// Makes the request a question about itself: a GET of `options.path` without content, with the fields that are sent.
// What it was stands in X-Forwarded-Method and X-Forwarded-Uri, beside the X-Forwarded-* that each upstream gets.
void become_question(Exchange& exchange, const ExtAuthOptions& options);

// All that a verdict may depend on, as text: equal text, equal question. Holds what the client showed.
std::string question_text(const Exchange& exchange, const ExtAuthOptions& options);

// Asks the authorisation server, on an exchange of its own. Answers the check, however it ends.
class AuthQuestion final : public Detached {
 public:
  // `options` and `entry`, the way into the server's upstream, live as long as the configuration, which the exchange
  // pins.
  AuthQuestion(const ExtAuthOptions& options, const Link* entry, std::shared_ptr<AuthCheck> check)
      : options_(options), entry_(entry), check_(std::move(check)) {}
  ~AuthQuestion() override;
  Task<void> run(Exchange& exchange) override;

 private:
  std::shared_ptr<const AuthAnswer> judge(const Response& response) const;

  const ExtAuthOptions& options_;
  const Link* const entry_;
  const std::shared_ptr<AuthCheck> check_;
};

}  // namespace outrigger::filters
