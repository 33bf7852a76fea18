// Indirect calls: expression trees that are evaluated and differentiated through virtual functions.
#include <cinttypes>
#include <cstdio>
#include <memory>
#include <utility>

#include "work.h"

namespace {

// Arithmetic is modulo 2^64, so that the result is exact on every machine.
class Expression {
 public:
  virtual ~Expression() = default;
  virtual std::uint64_t value(std::uint64_t x) const = 0;
  virtual std::uint64_t derivative(std::uint64_t x) const = 0;
};

using Operand = std::unique_ptr<Expression>;

class Constant final : public Expression {
 public:
  explicit Constant(std::uint64_t number) : number_(number) {}
  std::uint64_t value(std::uint64_t) const override { return number_; }
  std::uint64_t derivative(std::uint64_t) const override { return 0; }

 private:
  std::uint64_t number_;
};

class Variable final : public Expression {
 public:
  std::uint64_t value(std::uint64_t x) const override { return x; }
  std::uint64_t derivative(std::uint64_t) const override { return 1; }
};

class Sum final : public Expression {
 public:
  Sum(Operand a, Operand b) : a_(std::move(a)), b_(std::move(b)) {}
  std::uint64_t value(std::uint64_t x) const override { return a_->value(x) + b_->value(x); }
  std::uint64_t derivative(std::uint64_t x) const override { return a_->derivative(x) + b_->derivative(x); }

 private:
  Operand a_, b_;
};

class Product final : public Expression {
 public:
  Product(Operand a, Operand b) : a_(std::move(a)), b_(std::move(b)) {}
  std::uint64_t value(std::uint64_t x) const override { return a_->value(x) * b_->value(x); }
  std::uint64_t derivative(std::uint64_t x) const override {
    return a_->derivative(x) * b_->value(x) + a_->value(x) * b_->derivative(x);
  }

 private:
  Operand a_, b_;
};

Operand make_tree(int depth, std::uint64_t& state) {
  const std::uint64_t random = next_random(&state);
  if (depth == 0) {
    if (random % 2 == 0) return std::make_unique<Variable>();
    return std::make_unique<Constant>(random >> 32);
  }
  Operand left = make_tree(depth - 1, state), right = make_tree(depth - 1, state);
  if (random % 3 == 0) return std::make_unique<Product>(std::move(left), std::move(right));
  return std::make_unique<Sum>(std::move(left), std::move(right));
}

}  // namespace

int main(int argc, char** argv) {
  const std::uint64_t rounds = work_size(argc, argv, 18000);
  std::uint64_t state = 31, checksum = 0;
  const Operand tree = make_tree(8, state);
  for (std::uint64_t x = 0; x < rounds; ++x) checksum = mix(checksum, tree->value(x) + tree->derivative(x));
  std::printf("%016" PRIx64 "\n", checksum);
}
