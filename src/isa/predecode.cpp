#include "isa/predecode.hpp"

#include "isa/all_operations.hpp"
#include "isa/decoder.hpp"

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
  op.handler = static_cast<std::uint16_t>(first_handler(opcode) + variant_of(word, row(opcode).static_bits));
  return op;
}

}  // namespace armillion::isa
