#include "armillion/isa.hpp"
#include "isa/decoder.hpp"

namespace armillion {

std::vector<InstructionInfo> instruction_table() {
  std::vector<InstructionInfo> table;
  table.reserve(isa::OPCODE_COUNT);
  for (std::uint32_t i = 0; i < isa::OPCODE_COUNT; ++i) {
    const isa::RowInfo& row = isa::row(static_cast<isa::Opcode>(i));
    table.push_back({row.name, isa::name_of(row.feature), row.pattern});
  }
  return table;
}

std::string instruction_name(std::uint32_t word) {
  const isa::Opcode opcode = isa::decode(word);
  return opcode == isa::Opcode::UNDEFINED ? std::string() : isa::row(opcode).name;
}

}  // namespace armillion
