// Recursive descent, small allocations and numbers from text: parses a JSON document (RFC 8259) and walks it.
#include <cinttypes>
#include <cmath>
#include <cstdio>
#include <map>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "work.h"

namespace {

struct Value;
using Array = std::vector<Value>;
using Object = std::map<std::string, Value>;

struct Value {
  std::variant<std::nullptr_t, bool, double, std::string, Array, Object> content;
};

// Trusts its input to be well-formed; ends at the first character that is not.
class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text) {}

  Value parse() {
    switch (peek()) {
      case '{': return {parse_object()};
      case '[': return {parse_array()};
      case '"': return {parse_string()};
      case 't': return position_ += 4, Value{true};
      case 'f': return position_ += 5, Value{false};
      case 'n': return position_ += 4, Value{nullptr};
      default: return {parse_number()};
    }
  }

 private:
  char peek() {
    while (position_ < text_.size() && (text_[position_] == ' ' || text_[position_] == '\n')) ++position_;
    return position_ < text_.size() ? text_[position_] : '\0';
  }

  // Whether `c` is next; takes it then.
  bool accept(char c) {
    if (peek() != c) return false;
    ++position_;
    return true;
  }

  Object parse_object() {
    Object object;
    accept('{');
    while (peek() == '"') {
      std::string key = parse_string();
      accept(':');
      object.emplace(std::move(key), parse());
      if (!accept(',')) break;
    }
    accept('}');
    return object;
  }

  Array parse_array() {
    Array array;
    accept('[');
    while (peek() != ']' && peek() != '\0') {
      array.push_back(parse());
      if (!accept(',')) break;
    }
    accept(']');
    return array;
  }

  std::string parse_string() {
    std::string string;
    accept('"');
    while (position_ < text_.size() && text_[position_] != '"') {
      if (text_[position_] == '\\') ++position_;
      string += text_[position_++];
    }
    ++position_;
    return string;
  }

  double parse_number() {
    const bool negative = accept('-');
    double number = parse_digits(), scale = 1;
    if (accept('.')) {
      const std::size_t start = position_;
      const double fraction = parse_digits();
      for (std::size_t i = start; i < position_; ++i) scale *= 10;
      number += fraction / scale;
    }
    return negative ? -number : number;
  }

  double parse_digits() {
    double number = 0;
    while (position_ < text_.size() && text_[position_] >= '0' && text_[position_] <= '9') {
      number = number * 10 + (text_[position_++] - '0');
    }
    return number;
  }

  std::string_view text_;
  std::size_t position_ = 0;
};

std::string make_document(int records) {
  std::uint64_t state = 29;
  std::string text = "[";
  for (int i = 0; i < records; ++i) {
    const std::uint64_t random = next_random(&state);
    char record[256];
    std::snprintf(record, sizeof record,
                  "%s{\"id\": %d, \"name\": \"record \\\"%u\\\"\", \"position\": [%d.%03u, -%u.5, %u],\n"
                  " \"active\": %s, \"parent\": null, \"tags\": {\"first\": \"%c\", \"weight\": 0.%u}}",
                  i == 0 ? "" : ",\n", i, static_cast<unsigned>(random >> 44), i, static_cast<unsigned>(random % 1000),
                  static_cast<unsigned>(random >> 8 & 255), static_cast<unsigned>(random >> 16 & 65535),
                  random % 3 == 0 ? "true" : "false", static_cast<char>('a' + random % 26),
                  static_cast<unsigned>(random >> 20 & 1023));
    text += record;
  }
  return text + "]";
}

struct Totals {
  double numbers = 0;
  std::uint64_t characters = 0;
  std::uint64_t values = 0;
};

void add(const Value& value, Totals& totals) {
  ++totals.values;
  if (const auto* number = std::get_if<double>(&value.content)) {
    totals.numbers += *number;
  } else if (const auto* string = std::get_if<std::string>(&value.content)) {
    totals.characters += string->size();
  } else if (const auto* array = std::get_if<Array>(&value.content)) {
    for (const Value& element : *array) add(element, totals);
  } else if (const auto* object = std::get_if<Object>(&value.content)) {
    for (const auto& [key, element] : *object) {
      totals.characters += key.size();
      add(element, totals);
    }
  }
}

}  // namespace

int main(int argc, char** argv) {
  const std::uint64_t rounds = work_size(argc, argv, 70);
  const std::string document = make_document(1000);
  Totals totals;
  for (std::uint64_t round = 0; round < rounds; ++round) add(Parser(document).parse(), totals);
  std::printf("%.15g %" PRIu64 " %" PRIu64 "\n", totals.numbers, totals.characters, totals.values);
}
