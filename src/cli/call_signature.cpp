#include "cli/call_signature.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cctype>
#include <cstddef>
#include <ranges>

#include "armillion/error.hpp"

namespace armillion::cli {

namespace {

class SignatureParser {
 public:
  explicit SignatureParser(std::string_view text) : text_(text) {}

  CallSignature parse() {
    CallSignature signature;
    signature.result = type();
    expect('(');
    skip_blanks();
    if (!next_is(')')) {
      do {
        parameter(signature);
        skip_blanks();
      } while (take(','));
    }
    if (!take(')'))
      fail(position_, signature.parameters.empty() ? "a type or ')' is missing" : "',' or ')' is missing");
    skip_blanks();
    if (position_ != text_.size()) fail(position_, "the signature ends before this");
    return signature;
  }

 private:
  void parameter(CallSignature& signature) {
    skip_blanks();
    const std::size_t start = position_;
    const ValueType parsed = type();
    std::size_t of_its_kind = 1;
    for (const ValueType before : signature.parameters) of_its_kind += kind_of(before) == kind_of(parsed) ? 1 : 0;
    if (of_its_kind > MOST_PARAMETERS_OF_A_KIND) {
      fail(start, fmt::format("only {} {} arguments are passed in registers", MOST_PARAMETERS_OF_A_KIND,
                              is_floating_point(parsed) ? "floating-point" : "integer"));
    }
    signature.parameters.push_back(parsed);
  }

  ValueType type() {
    skip_blanks();
    const std::size_t start = position_;
    while (position_ < text_.size() && std::isalnum(static_cast<unsigned char>(text_[position_])) != 0) ++position_;
    const std::string_view name = text_.substr(start, position_ - start);
    if (const auto type = find_value_type(name)) return *type;
    const auto names = VALUE_TYPES | std::views::transform(&ValueTypeInfo::name);
    fail(start,
         fmt::format("{}; the types are {}",
                     name.empty() ? std::string("a type is missing") : fmt::format("there is no type '{}'", name),
                     fmt::join(names, ", ")));
  }

  void skip_blanks() {
    while (next_is(' ')) ++position_;
  }
  bool next_is(char c) const { return position_ < text_.size() && text_[position_] == c; }
  bool take(char c) {
    if (!next_is(c)) return false;
    ++position_;
    return true;
  }
  void expect(char c) {
    skip_blanks();
    if (!take(c)) fail(position_, fmt::format("'{}' is missing", c));
  }

  [[noreturn]] void fail(std::size_t position, const std::string& message) const {
    throw Error(ErrorCode::INVALID_ARGUMENT,
                fmt::format("in the signature: {}\n  {}\n  {:>{}}", message, text_, '^', position + 1));
  }

  std::string_view text_;
  std::size_t position_ = 0;
};

}  // namespace

std::string CallSignature::to_string() const {
  const auto names = parameters | std::views::transform([](ValueType type) { return name_of(type); });
  return fmt::format("{}({})", name_of(result), fmt::join(names, ", "));
}

CallSignature parse_signature(std::string_view text) { return SignatureParser(text).parse(); }

CallSignature integer_signature(std::size_t parameters) {
  return {ValueType::U64, std::vector<ValueType>(parameters, ValueType::U64)};
}

}  // namespace armillion::cli
