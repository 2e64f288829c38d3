#pragma once

#include <map>
#include <string>
#include <vector>

#include "filters/template.h"
#include "outrigger/filter.h"

namespace outrigger::filters {

// The changes to one direction; `known` says which variables their values may have.
template <Known known>
struct HeaderChanges {
  std::map<std::string, std::string> set;
  std::map<std::string, std::vector<std::string>> add;
  std::map<std::string, std::string> append;
  std::vector<std::string> remove;
};
void describe(config::Schema<HeaderChanges<Known::request>>& schema);
void describe(config::Schema<HeaderChanges<Known::response>>& schema);

struct HeadersOptions {
  HeaderChanges<Known::request> request;
  HeaderChanges<Known::response> response;
};
void describe(config::Schema<HeadersOptions>& schema);

// Changes header fields on the way in and on the way back. Thread: one instance per worker.
class HeadersFilter : public Filter {
 public:
  explicit HeadersFilter(const HeadersOptions& options);
  // A coroutine only when there is something to do with the answer.
  [[clang::coro_wrapper]] Task<Response> handle(Exchange& exchange, Next next) override;

 private:
  enum class Kind : std::uint8_t { remove, set, append, add };
  struct Change {
    Change(Kind what, const std::string& name, Template text)
        : kind(what), id(field_id(name)), name_text(name), value(std::move(text)) {}
    FieldName name() const { return {name_text, id}; }
    Kind kind;
    FieldId id;
    std::string name_text;
    Template value;
  };
  template <Known known>
  static std::vector<Change> changes_of(const HeaderChanges<known>& options);
  static void apply(const std::vector<Change>& changes, Headers& headers, const Moment& moment);
  Task<Response> change_answer(Exchange& exchange, Next next);

  std::vector<Change> request_;
  std::vector<Change> response_;
  std::vector<std::string> personal_;  // fields of the request that it makes say who asks
};

extern const FilterType kHeadersType;

}  // namespace outrigger::filters
