#include "cache/structured_dictionary.h"

namespace outrigger::cache {

namespace {

bool is_lower(char c) { return c >= 'a' && c <= 'z'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_alpha(char c) { return is_lower(c) || (c >= 'A' && c <= 'Z'); }
bool is_key(char c) { return is_lower(c) || is_digit(c) || c == '_' || c == '-' || c == '.' || c == '*'; }
bool is_base64(char c) { return is_alpha(c) || is_digit(c) || c == '+' || c == '/' || c == '='; }
bool is_token_char(char c) {
  return is_alpha(c) || is_digit(c) || std::string_view("!#$%&'*+-.^_`|~:/").find(c) != std::string_view::npos;
}

// A text that is read from its front; a part that does not fit makes it bad for good.
class Reader {
 public:
  explicit Reader(std::string_view text) : rest_(text) {}
  bool is_good() const { return is_good_; }
  bool is_done() const { return rest_.empty(); }
  char peek() const { return rest_.empty() ? '\0' : rest_.front(); }
  bool skip(char c) {
    if (peek() != c || rest_.empty()) return false;
    rest_.remove_prefix(1);
    return true;
  }
  void expect(char c) { is_good_ = skip(c) && is_good_; }
  void skip_blanks(bool tabs) {
    while (peek() == ' ' || (tabs && peek() == '\t')) rest_.remove_prefix(1);
  }
  template <typename Predicate>
  std::string_view take_while(Predicate predicate) {
    std::size_t size = 0;
    while (size < rest_.size() && predicate(rest_[size])) ++size;
    const std::string_view taken = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return taken;
  }

  std::string_view key() {
    is_good_ = is_good_ && (is_lower(peek()) || peek() == '*');
    return take_while(is_key);
  }
  void parameters() {
    while (is_good_ && skip(';')) {
      skip_blanks(false);
      key();
      if (skip('=')) bare_item();
    }
  }
  StructuredItem item_or_list() {
    if (peek() != '(') {
      const StructuredItem item = bare_item();
      parameters();
      return item;
    }
    inner_list();
    parameters();
    return {StructuredItem::Type::list, {}};
  }

 private:
  using Type = StructuredItem::Type;

  void inner_list() {
    expect('(');
    while (is_good_) {
      skip_blanks(false);
      if (skip(')')) return;
      bare_item();
      parameters();
      is_good_ = is_good_ && (peek() == ' ' || peek() == ')');
    }
  }
  StructuredItem bare_item() {
    const char first = peek();
    if (first == '-' || is_digit(first)) return number();
    if (first == '"') return string();
    if (is_alpha(first) || first == '*') return {Type::token, take_while(is_token_char)};
    if (skip(':')) {
      const std::string_view bytes = take_while(is_base64);
      expect(':');
      return {Type::bytes, bytes};
    }
    expect('?');
    const std::string_view value = rest_.substr(0, 1);
    is_good_ = is_good_ && (value == "0" || value == "1");
    if (is_good_) rest_.remove_prefix(1);
    return {Type::boolean, value};
  }
  StructuredItem number() {
    const std::string_view all = rest_;
    skip('-');
    const std::size_t whole = take_while(is_digit).size();
    bool has_fraction = false;
    std::size_t fraction = 0;
    if (skip('.')) {
      has_fraction = true;
      fraction = take_while(is_digit).size();
    }
    is_good_ = is_good_ && whole >= 1 && whole <= (has_fraction ? 12U : 15U);
    is_good_ = is_good_ && (!has_fraction || (fraction >= 1 && fraction <= 3));
    return {has_fraction ? Type::decimal : Type::integer, all.substr(0, all.size() - rest_.size())};
  }
  StructuredItem string() {
    expect('"');
    const std::string_view all = rest_;
    while (is_good_ && peek() != '"') {
      const bool is_escape = skip('\\');
      const char c = peek();
      is_good_ = is_escape ? (c == '"' || c == '\\') : (c >= 0x20 && c < 0x7f);
      if (is_good_) rest_.remove_prefix(1);
    }
    const std::string_view text = all.substr(0, all.size() - rest_.size());
    expect('"');
    return {Type::string, text};
  }

  std::string_view rest_;
  bool is_good_ = true;
};

}  // namespace

bool parse_structured_dictionary(const Headers& headers, const FieldName& name,
                                 const std::function<void(std::string_view, const StructuredItem&)>& take) {
  for (const Field& field : headers) {
    if (!name.is_of(field)) continue;
    Reader in(field.value);
    in.skip_blanks(false);
    while (in.is_good() && !in.is_done()) {
      const std::string_view key = in.key();
      StructuredItem item{StructuredItem::Type::boolean, "1"};
      if (in.skip('=')) {
        item = in.item_or_list();
      } else {
        in.parameters();
      }
      if (!in.is_good()) return false;
      take(key, item);
      in.skip_blanks(true);
      if (in.is_done()) break;
      in.expect(',');
      in.skip_blanks(true);
      if (in.is_done()) return false;  // a comma at the end
    }
    if (!in.is_good()) return false;
  }
  return true;
}

}  // namespace outrigger::cache
