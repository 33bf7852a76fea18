// A JSON parser and printer, and documents good and bad.
#include <cctype>
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <map>
#include <memory>
#include <sstream>
#include <stdexcept>
#include <string>
#include <variant>
#include <vector>

namespace {

struct Value;
using Array = std::vector<Value>;
using Object = std::map<std::string, Value>;

struct Value {
  std::variant<std::nullptr_t, bool, double, std::string, std::shared_ptr<Array>, std::shared_ptr<Object>> data;
};

class Parser {
 public:
  explicit Parser(const std::string& text) : text_(text) {}

  Value parse() {
    Value value = parse_value();
    skip_space();
    if (at_ != text_.size()) fail("text after the document");
    return value;
  }

 private:
  [[noreturn]] void fail(const std::string& what) { throw std::runtime_error(what + " at " + std::to_string(at_)); }
  void skip_space() {
    while (at_ < text_.size() && std::isspace(static_cast<unsigned char>(text_[at_]))) ++at_;
  }
  char peek() { return at_ < text_.size() ? text_[at_] : '\0'; }
  void expect(char c) {
    skip_space();
    if (peek() != c) fail(std::string("no '") + c + "'");
    ++at_;
  }
  bool take_word(const std::string& word) {
    if (text_.compare(at_, word.size(), word) != 0) return false;
    at_ += word.size();
    return true;
  }

  Value parse_value() {
    skip_space();
    switch (peek()) {
      case '{': return {parse_object()};
      case '[': return {parse_array()};
      case '"': return {parse_string()};
      default: break;
    }
    if (take_word("null")) return {nullptr};
    if (take_word("true")) return {true};
    if (take_word("false")) return {false};
    const char* start = text_.c_str() + at_;
    char* end = nullptr;
    const double number = std::strtod(start, &end);
    if (end == start) fail("no value");
    at_ += static_cast<std::size_t>(end - start);
    return {number};
  }

  std::string parse_string() {
    expect('"');
    std::string result;
    while (peek() != '"') {
      if (at_ >= text_.size()) fail("string without end");
      char c = text_[at_++];
      if (c == '\\') {
        c = text_[at_++];
        if (c == 'n') c = '\n';
        if (c == 't') c = '\t';
        if (c == 'u') {
          const auto code = std::stoul(text_.substr(at_, 4), nullptr, 16);
          at_ += 4;
          if (code >= 0x800) result += static_cast<char>(0xe0 | code >> 12);
          if (code >= 0x80) result += static_cast<char>(code >= 0x800 ? 0x80 | (code >> 6 & 63) : 0xc0 | code >> 6);
          c = static_cast<char>(code >= 0x80 ? 0x80 | (code & 63) : code);
        }
      }
      result += c;
    }
    ++at_;
    return result;
  }

  std::shared_ptr<Array> parse_array() {
    expect('[');
    auto array = std::make_shared<Array>();
    skip_space();
    if (peek() == ']') return ++at_, array;
    while (true) {
      array->push_back(parse_value());
      skip_space();
      if (peek() == ']') return ++at_, array;
      expect(',');
    }
  }

  std::shared_ptr<Object> parse_object() {
    expect('{');
    auto object = std::make_shared<Object>();
    skip_space();
    if (peek() == '}') return ++at_, object;
    while (true) {
      skip_space();
      std::string key = parse_string();
      expect(':');
      (*object)[std::move(key)] = parse_value();
      skip_space();
      if (peek() == '}') return ++at_, object;
      expect(',');
    }
  }

  const std::string& text_;
  std::size_t at_ = 0;
};

void print(std::ostream& out, const Value& value) {
  if (std::holds_alternative<std::nullptr_t>(value.data)) out << "null";
  if (const auto* truth = std::get_if<bool>(&value.data)) out << (*truth ? "true" : "false");
  if (const auto* number = std::get_if<double>(&value.data)) out << *number;
  if (const auto* text = std::get_if<std::string>(&value.data)) out << '"' << *text << '"';
  if (const auto* array = std::get_if<std::shared_ptr<Array>>(&value.data)) {
    out << '[';
    for (std::size_t i = 0; i < (*array)->size(); ++i) print(i ? out << ',' : out, (**array)[i]);
    out << ']';
  }
  if (const auto* object = std::get_if<std::shared_ptr<Object>>(&value.data)) {
    out << '{';
    bool first = true;
    for (const auto& [key, item] : **object) {
      out << (first ? "" : ",") << '"' << key << "\":";
      first = false;
      print(out, item);
    }
    out << '}';
  }
}

}  // namespace

int main() {
  std::string deep = "0";
  for (int i = 0; i < 500; ++i) deep = "[" + deep + ",{\"k\":" + std::to_string(i * 0.5) + "}]";
  const std::string documents[] = {
      R"({"name": "armillary", "rings": [1, 2.5, -3e2, 0.1], "open": true, "cost": null, "u": "\u00e4\u20ac\n"})",
      R"([[], {}, "", [[[[]]]], {"a": {"b": {"c": "d"}}}])",
      R"({"missing": )",
      R"([1, 2,, 3])",
      R"(["unfinished)",
      R"({} trailing)",
  };
  for (const auto& text : documents) {
    try {
      print(std::cout, Parser(text).parse());
    } catch (const std::exception& error) {
      std::cout << "error: " << error.what();
    }
    std::cout << '\n';
  }
  std::ostringstream out;
  for (int i = 0; i < 20; ++i) print(out, Parser(deep).parse());
  std::cout << out.str().size() << ' ' << std::hash<std::string>()(out.str()) << '\n';
}
