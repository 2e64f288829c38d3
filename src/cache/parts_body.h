#pragma once

#include <cstdint>
#include <limits>
#include <memory>
#include <span>
#include <string_view>

#include "cache/content.h"
#include "outrigger/body.h"

namespace outrigger::cache {

// A part of an answer's content: text of ours, or a piece of what is stored.
struct Part {
  static constexpr std::uint64_t kToEnd = std::numeric_limits<std::uint64_t>::max();
  std::string_view text;  // static or in the exchange's arena
  std::uint64_t first = 0;
  std::uint64_t end = kToEnd;  // behind the last byte
};

// Content put together from parts, one behind the other; nothing is copied.
class PartsBody : public Body {
 public:
  State pull(std::string_view& bytes) final;
  // Of which parts it consists, in the exchange's arena; before the first pull. Without this: all that is stored.
  void set_parts(std::span<const Part> parts) {
    parts_ = parts;
    is_whole_ = false;
  }

 protected:
  // What is stored from `offset` on.
  virtual State bytes_at(std::uint64_t offset, std::string_view& bytes) = 0;
  // It gives all that is stored, nothing else.
  bool is_whole() const { return is_whole_; }
  // Where the next byte that is wanted lies.
  std::uint64_t offset() const { return offset_; }

 private:
  static constexpr Part kWhole{};

  std::span<const Part> parts_{&kWhole, 1};
  bool is_inside_ = false;  // of the first of parts_
  bool is_whole_ = true;
  std::uint64_t offset_ = 0;
};

// Content that is stored completely.
class StoredBody final : public PartsBody {
 public:
  explicit StoredBody(std::shared_ptr<const Content> content) : content_(std::move(content)) {}
  void park(Wakeable*) override {}

 private:
  State bytes_at(std::uint64_t offset, std::string_view& bytes) override {
    bytes = content_->at(offset);
    return bytes.empty() ? State::end : State::data;
  }
  const std::shared_ptr<const Content> content_;
};

}  // namespace outrigger::cache
