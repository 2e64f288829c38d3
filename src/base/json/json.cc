#include "base/json/json.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <unordered_set>

namespace outrigger::base {
namespace {

constexpr std::size_t kDeepest = 32;
constexpr std::size_t kMostValues = 10'000;

// Takes the reader's events. The frames from the outermost to the innermost open list or object are in `open_`.
class Builder final : public nlohmann::json_sax<nlohmann::json> {
 public:
  bool null() override { return add_leaf(Json::Kind::null, {}); }
  bool boolean(bool value) override { return add_leaf(Json::Kind::boolean, value ? "true" : "false"); }
  bool number_integer(std::int64_t value) override {
    return add_leaf(Json::Kind::number, std::to_string(value), static_cast<double>(value));
  }
  bool number_unsigned(std::uint64_t value) override {
    return add_leaf(Json::Kind::number, std::to_string(value), static_cast<double>(value));
  }
  bool number_float(double value, const std::string& text) override {
    return add_leaf(Json::Kind::number, text, value);
  }
  bool string(std::string& value) override { return add_leaf(Json::Kind::text, std::move(value)); }
  bool binary(nlohmann::json::binary_t&) override { return fail("binary data"); }
  bool start_object(std::size_t) override { return open(Json::Kind::object); }
  bool start_array(std::size_t) override { return open(Json::Kind::list); }
  bool end_object() override { return close(); }
  bool end_array() override { return close(); }
  bool key(std::string& name) override {
    Frame& frame = open_.back();
    if (!frame.names.insert(name).second)
      return fail("the name \"" + name.substr(0, 40) + "\" stands twice in an object");
    frame.name = std::move(name);
    return true;
  }
  bool parse_error(std::size_t position, const std::string&, const nlohmann::detail::exception&) override {
    return fail("no JSON at byte " + std::to_string(position));
  }

  Json take() { return std::move(root_); }
  const std::string& error() const { return error_; }

 private:
  struct Frame {
    Json value;
    std::string name;  // of the member that comes next
    std::unordered_set<std::string> names;
  };
  bool fail(std::string error) {
    if (error_.empty()) error_ = std::move(error);
    return false;
  }
  bool open(Json::Kind kind) {
    if (open_.size() >= kDeepest) return fail("more than 32 levels");
    open_.emplace_back().value.kind = kind;
    return true;
  }
  bool close() {
    Json value = std::move(open_.back().value);
    open_.pop_back();
    return add(std::move(value));
  }
  bool add_leaf(Json::Kind kind, std::string text, double number = 0) {
    Json value;
    value.kind = kind;
    value.text = std::move(text);
    value.number = number;
    return add(std::move(value));
  }
  bool add(Json value) {
    if (++values_ > kMostValues) return fail("more than 10000 values");
    if (open_.empty()) {
      root_ = std::move(value);
    } else if (Frame& frame = open_.back(); frame.value.is_object()) {
      frame.value.members.push_back({std::move(frame.name), std::move(value)});
    } else {
      frame.value.items.push_back(std::move(value));
    }
    return true;
  }

  Json root_;
  std::vector<Frame> open_;
  std::string error_;
  std::size_t values_ = 0;
};

}  // namespace

const Json* Json::find(std::string_view name) const {
  const auto found = std::ranges::find(members, name, &JsonMember::name);
  return found == members.end() ? nullptr : &found->value;
}

std::string_view Json::text_of(std::string_view name) const {
  const Json* member = find(name);
  return member != nullptr && member->is_text() ? std::string_view(member->text) : std::string_view();
}

std::expected<Json, std::string> parse_json(std::string_view text) {
  Builder builder;
  if (nlohmann::json::sax_parse(text, &builder)) return builder.take();
  return std::unexpected(builder.error().empty() ? "no JSON" : builder.error());
}

}  // namespace outrigger::base
