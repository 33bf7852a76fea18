#include "isa/predecode.hpp"

#include "isa/decoder.hpp"
#include "isa/semantics/all.hpp"

#define A64_SECTION A64_TABLE
#include "isa/operations.hpp"

namespace armillion::isa {

namespace {

using Pack = void (*)(std::uint32_t word, MicroOp& op);

constexpr Pack PACK[] = {
#define A64(NAME_, ...) &Binding<operations::NAME_>::pack,
#include A64_TABLE
#undef A64
};

}  // namespace

MicroOp predecode(std::uint32_t word) {
  MicroOp op{};
  const Opcode opcode = decode(word);
  if (opcode == Opcode::UNDEFINED) {
    op.handler = UNDEFINED_HANDLER;
    return op;
  }
  PACK[static_cast<std::uint32_t>(opcode)](word, op);
  const std::uint32_t static_bits = row(opcode).static_bits;
  std::uint32_t variant = 0;
  int position = 0;
  for (std::uint32_t bits = static_bits; bits != 0; bits &= bits - 1) {
    if (word & bits & -bits) variant |= 1u << position;
    ++position;
  }
  op.handler = static_cast<std::uint16_t>(first_handler(opcode) + variant);
  return op;
}

}  // namespace armillion::isa
