#include <cstdint>

#include "engine/gpu/cold_handlers.hpp"
#include "engine/gpu/lane_code.hpp"
#include "isa/all_operations.hpp"
#include "isa/decoder.hpp"
#include "isa/predecode.hpp"
#include "isa/row.hpp"

// The tables of functions behind `cold_handler` and `decode_word`. Compiled for the device, as a part of its program
// that is linked to kernels.cpp when it is loaded, and for the host.
namespace armillion::engine::gpu {

namespace {

struct ColdTable {
  ColdHandler* handlers[isa::ROW_HANDLER_COUNT];
};

template <class Operation, std::uint32_t... VARIANT>
consteval void add_row(ColdTable& table, std::integer_sequence<std::uint32_t, VARIANT...>) {
  ((table.handlers[isa::first_handler(Operation::OPCODE) + VARIANT] = &handle_cold<Operation, VARIANT>), ...);
}

template <class Operation>
consteval void add_row(ColdTable& table) {
  add_row<Operation>(table, std::make_integer_sequence<std::uint32_t, isa::Binding<Operation>::VARIANT_COUNT>{});
}

consteval ColdTable make_cold_table() {
  ColdTable table{};
#define A64(NAME_, ...) add_row<isa::operations::NAME_>(table);
#include A64_TABLE
#undef A64
  return table;
}

constexpr ColdTable COLD_TABLE = make_cold_table();

struct DecodedRow {
  std::uint32_t mask;
  std::uint32_t value;
  std::uint32_t static_bits;
  std::uint32_t first_handler;
  bool (*accepts)(std::uint32_t word);
  void (*pack)(std::uint32_t word, MicroOp& op);
};

constexpr DecodedRow DECODED_ROWS[] = {
#define A64(NAME_, ...)                                \
  {isa::rows::NAME_::PATTERN.mask(),                   \
   isa::rows::NAME_::PATTERN.value(),                  \
   isa::rows::NAME_::PATTERN.static_bits(),            \
   isa::first_handler(isa::operations::NAME_::OPCODE), \
   &isa::rows::NAME_::accepts,                         \
   &isa::Binding<isa::operations::NAME_>::pack},
#include A64_TABLE
#undef A64
};

}  // namespace

ColdHandler* cold_handler(std::uint16_t handler) { return COLD_TABLE.handlers[handler]; }

MicroOp decode_word(const ARMILLION_GLOBAL Image& image, std::uint32_t word) {
  const auto* starts = target::global<const std::uint32_t>(image.decoder_starts);
  const auto* opcodes = target::global<const std::uint16_t>(image.decoder_opcodes);
  MicroOp op{};
  const std::uint32_t bucket = isa::bucket_of(word);
  for (std::uint32_t i = starts[bucket]; i != starts[bucket + 1]; ++i) {
    const DecodedRow& row = DECODED_ROWS[opcodes[i]];
    if ((word & row.mask) != row.value || !row.accepts(word)) continue;
    row.pack(word, op);
    op.handler = static_cast<std::uint16_t>(row.first_handler + isa::variant_of(word, row.static_bits));
    return op;
  }
  op.handler = isa::UNDEFINED_HANDLER;
  return op;
}

}  // namespace armillion::engine::gpu
