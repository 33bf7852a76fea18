// The executor `machine`: AArch64 programs on an emulated machine, whose memory has the buffers.
#include <algorithm>
#include <limits>
#include <map>
#include <vector>

#include "armillion/machine.hpp"
#include "armillion/permissions.hpp"
#include "ops/executors/backend.hpp"
#include "ops/executors/programs.hpp"
#include "ops/executors/temporary.hpp"

namespace armillion::ops {
namespace {

constexpr std::uint64_t PAGE_BYTES = 4096;
static_assert(PAGE_BYTES % PADDING_BYTES == 0);

/// Programs stand one behind the other from here on; all that there are have room.
constexpr std::uint64_t PROGRAMS_BEGIN = 0x1'0000;
constexpr std::uint64_t PROGRAMS_BYTES = 0x2'0000;
/// Buffers begin here. There is a page that is not mapped behind each, and no address is used twice: there are enough
/// for 256 TiB.
constexpr std::uint64_t BUFFERS_BEGIN = 0x1'0000'0000;

/// Whole pages, at least one.
constexpr std::uint64_t mapped_bytes(std::size_t size_bytes) {
  return std::max<std::uint64_t>(1, (size_bytes + PAGE_BYTES - 1) / PAGE_BYTES) * PAGE_BYTES;
}

/// A scalar in all lanes.
VectorRegister in_all_lanes(ElementType type, std::uint64_t bits) {
  const std::uint64_t half = type == ElementType::FLOAT64 ? bits : bits | bits << 32;
  return {half, half};
}

/// What every element replaces in a minimum or maximum, or equals.
template <class T>
std::uint64_t neutral_bits(ReductionStep step) {
  using Limits = std::numeric_limits<T>;
  constexpr T HIGHEST = Limits::has_infinity ? Limits::infinity() : Limits::max();
  constexpr T LOWEST = Limits::has_infinity ? -Limits::infinity() : Limits::lowest();
  return bits_of(step == ReductionStep::MIN ? HIGHEST : LOWEST);
}

std::uint64_t neutral_bits(ReductionStep step, ElementType type) {
  switch (type) {
    case ElementType::FLOAT32: return neutral_bits<float>(step);
    case ElementType::FLOAT64: return neutral_bits<double>(step);
    case ElementType::INT32: return neutral_bits<std::int32_t>(step);
  }
  return 0;
}

/// The low bits of a register that are an element.
std::uint64_t element_bits(ElementType type, std::uint64_t low) {
  return type == ElementType::FLOAT64 ? low : low & 0xffff'ffff;
}

/// A number as an element's bits, and the other way round.
std::uint64_t bits_of_number(ElementType type, double number) {
  return type == ElementType::FLOAT64 ? bits_of(number) : bits_of(static_cast<float>(number));
}

double number_of_bits(ElementType type, std::uint64_t bits) {
  return type == ElementType::FLOAT64 ? value_of<double>(bits) : static_cast<double>(value_of<float>(bits));
}

class MachineBackend final : public detail::ExecutorBackend {
 public:
  MachineBackend(const std::string& device, const std::string& engine)
      : machine_({.memory_bytes = 0, .device = device, .engine = engine}) {
    machine_.map_memory(PROGRAMS_BEGIN, PROGRAMS_BYTES, Permissions::READ_EXECUTE);
  }

  std::string name() const override {
    return "machine on " + machine_.device() + (machine_.engine() == "tensor" ? " by the tensor engine" : "");
  }
  ExecutorMemory memory() const override { return {.kind = ExecutorMemory::Kind::MACHINE}; }
  std::uint64_t retired_instructions() const override { return machine_.retired_instructions(); }

  std::uint64_t allocate(std::size_t size_bytes) override {
    if (size_bytes > MachineOptions{}.memory_limit_bytes) {
      throw Error(ErrorCode::OUT_OF_MEMORY, "a buffer of " + std::to_string(size_bytes) + " bytes fits no machine");
    }
    const std::uint64_t address = buffers_end_;
    machine_.map_memory(address, mapped_bytes(size_bytes), Permissions::READ_WRITE);
    buffers_end_ += mapped_bytes(size_bytes) + PAGE_BYTES;
    return address;
  }

  void release(std::uint64_t address, std::size_t size_bytes) noexcept override {
    machine_.unmap_memory(address, mapped_bytes(size_bytes));
  }

  void upload(std::span<const std::byte> source, std::uint64_t address) override {
    machine_.write_memory(address, source);
  }

  void download(std::uint64_t address, std::span<std::byte> destination) const override {
    machine_.read_memory(address, destination);
  }

  void run(const ElementwiseCall& call) override {
    if (call.kind == ElementwiseKind::RELU) return run(maximum_with_zero(call));
    ElementwiseForm form{.kind = call.kind, .type = call.type};
    for (std::size_t i = 0; i < operand_count(call.kind); ++i) {
      form.operands[i] = call.operands[i].kind;
      set_operand(i, call.operands[i], call.type);
    }
    machine_.set_x(RESULT.number, call.result);
    execute(address_of(form, elementwise_programs_, elementwise_program), call.size);
  }

  std::uint64_t run(const ReductionCall& call) override {
    switch (call.kind) {
      case ReductionKind::SUM: return reduce(ReductionStep::SUM, call);
      case ReductionKind::DOT: return reduce(ReductionStep::DOT, call);
      case ReductionKind::MIN: return element_bits(call.type, reduce(ReductionStep::MIN, call));
      case ReductionKind::MAX: return element_bits(call.type, reduce(ReductionStep::MAX, call));
      case ReductionKind::ARGMAX: return find(element_bits(call.type, reduce(ReductionStep::MAX, call)), call);
    }
    return 0;
  }

  void run(const ComparisonCall& call) override {
    set_operand(0, {OperandKind::ARRAY, call.a}, call.type);
    set_operand(1, call.b, call.type);
    machine_.set_x(RESULT.number, call.mask);
    execute(address_of(ComparisonForm{call.kind, call.type, call.b.kind}, comparison_programs_, comparison_program),
            call.size);
  }

  void run(const WhereCall& call) override {
    arrange(ArrangementStep::WHERE, call.type, call.size, call.result, {call.mask, call.a, call.b});
  }

  void run(const GatherCall& call) override {
    // The third array's register has the stride.
    static_assert(ROW_STRIDE.number == ARRAYS[2].number);
    arrange(ArrangementStep::GATHER, call.type, call.size, call.result, {call.source, call.indices, call.row_stride});
  }

  void run(const ScatterCall& call) override {
    arrange(ArrangementStep::SCATTER, call.type, call.size, call.result, {call.source, call.indices, 0});
  }

  void run(const PrefixSumCall& call) override {
    arrange(ArrangementStep::PREFIX_SUM, call.type, call.size, call.result, {call.x, 0, 0});
  }

  std::uint32_t largest_index(std::uint64_t indices, std::size_t size) override {
    arrange(ArrangementStep::LARGEST_INDEX, ElementType::INT32, size, 0, {indices, 0, 0});
    return static_cast<std::uint32_t>(machine_.x(LARGEST.number));
  }

  void run(const SoftmaxCall& call) override {
    exponentials_of_rows(call, [&](const RowOfCall& row, const detail::RowExponentials& exponentials) {
      run_elementwise(ElementwiseKind::MUL, call.type, call.columns, row.result, row.exponentials,
                      {OperandKind::SCALAR, bits_of_number(call.type, 1 / exponentials.sum)});
    });
  }

  std::vector<detail::RowExponentials> exponentials(const SoftmaxCall& call) override {
    std::vector<detail::RowExponentials> rows;
    exponentials_of_rows(call, [&](const RowOfCall&, const detail::RowExponentials& row) { rows.push_back(row); });
    return rows;
  }

  void run(const ProductCall& call) override {
    const ProductForm form{.type = call.type, .reads_result = call.beta != 0};
    set_operand(0, {OperandKind::ARRAY, call.a}, call.type);
    set_operand(1, {OperandKind::ARRAY, call.b}, call.type);
    set_operand(0, {OperandKind::SCALAR, bits_of_number(call.type, call.alpha)}, call.type);
    set_operand(1, {OperandKind::SCALAR, bits_of_number(call.type, call.beta)}, call.type);
    machine_.set_x(RESULT.number, call.c);
    machine_.set_x(PRODUCT_DEPTH.number, call.depth);
    machine_.set_x(PRODUCT_COLUMNS.number, call.columns);
    machine_.set_x(PRODUCT_ROW_BYTES.number, call.columns * size_of(call.type));
    execute(address_of(form, product_programs_, product_program), call.rows);
  }

  void run(const VectorProductCall& call) override {
    const std::size_t element_bytes = size_of(call.type);
    // Rows have other rows behind them where sums read zeros.
    const detail::Temporary row(*this, call.columns * element_bytes);
    const detail::Temporary products(*this, call.rows * element_bytes);
    for (std::size_t i = 0; i < call.rows; ++i) {
      run_elementwise(ElementwiseKind::COPY, call.type, call.columns, row.address(),
                      call.a + i * call.columns * element_bytes, {});
      const std::uint64_t total = run(ReductionCall{
          .kind = ReductionKind::DOT, .type = call.type, .size = call.columns, .arrays = {row.address(), call.x}});
      const std::uint64_t product = bits_of_number(call.type, value_of<double>(total));
      machine_.write_memory(products.address() + i * element_bytes,
                            std::as_bytes(std::span(&product, 1)).first(element_bytes));
    }
    const auto scale = [&](std::uint64_t array, double factor) {
      run_elementwise(ElementwiseKind::MUL, call.type, call.rows, array, array,
                      {OperandKind::SCALAR, bits_of_number(call.type, factor)});
    };
    scale(products.address(), call.alpha);
    if (call.beta != 0) scale(call.y, call.beta);
    run_elementwise(ElementwiseKind::ADD, call.type, call.rows, call.y, products.address(),
                    call.beta != 0 ? Operand{OperandKind::ARRAY, call.y} : Operand{OperandKind::SCALAR, 0});
  }

 private:
  void set_operand(std::size_t number, const Operand& operand, ElementType type) {
    if (operand.kind == OperandKind::ARRAY) {
      machine_.set_x(ARRAYS[number].number, operand.value);
    } else {
      machine_.set_vector(SCALARS[number].number, in_all_lanes(type, operand.value));
    }
  }

  /// Of an array and, where the operation has two operands, another.
  void run_elementwise(ElementwiseKind kind, ElementType type, std::size_t size, std::uint64_t result, std::uint64_t a,
                       const Operand& b) {
    run(ElementwiseCall{
        .kind = kind, .type = type, .size = size, .result = result, .operands = {{{OperandKind::ARRAY, a}, b, {}}}});
  }

  void arrange(ArrangementStep step, ElementType type, std::size_t size, std::uint64_t result,
               std::array<std::uint64_t, 3> arrays) {
    for (std::size_t i = 0; i < arrays.size(); ++i) machine_.set_x(ARRAYS[i].number, arrays[i]);
    machine_.set_x(RESULT.number, result);
    const auto make = [](const ArrangementForm& form) { return arrangement_program(form.first, form.second); };
    execute(address_of(ArrangementForm{step, type}, arrangement_programs_, make), size);
  }

  /// A row of a softmax: where its exponentials are, and where its result is to be.
  struct RowOfCall {
    std::uint64_t exponentials;
    std::uint64_t result;
  };

  /// Calls `finish(row, its largest element and sum)` for each row.
  template <class Finish>
  void exponentials_of_rows(const SoftmaxCall& call, Finish finish) {
    const std::size_t row_bytes = call.columns * size_of(call.type);
    // Behind it are zeros, which sums read.
    const detail::Temporary exponentials(*this, row_bytes);
    for (std::size_t row = 0; row < call.rows; ++row) {
      const std::uint64_t x = call.x + row * row_bytes;
      const auto reduced = [&](ReductionKind kind, std::uint64_t array) {
        return run(ReductionCall{.kind = kind, .type = call.type, .size = call.columns, .arrays = {array, 0}});
      };
      const std::uint64_t largest = reduced(ReductionKind::MAX, x);
      run_elementwise(ElementwiseKind::SUB, call.type, call.columns, exponentials.address(), x,
                      {OperandKind::SCALAR, largest});
      run_elementwise(ElementwiseKind::EXP, call.type, call.columns, exponentials.address(), exponentials.address(),
                      {});
      finish(
          {exponentials.address(), call.result + row * row_bytes},
          {number_of_bits(call.type, largest), value_of<double>(reduced(ReductionKind::SUM, exponentials.address()))});
    }
  }

  using ArrangementForm = std::pair<ArrangementStep, ElementType>;
  using ReductionForm = std::pair<ReductionStep, ElementType>;

  static ElementwiseCall maximum_with_zero(ElementwiseCall call) {
    call.kind = ElementwiseKind::MAXIMUM;
    call.operands[1] = {OperandKind::SCALAR, 0};
    return call;
  }

  /// The low 64 bits of what a step finds.
  std::uint64_t reduce(ReductionStep step, const ReductionCall& call) {
    machine_.set_vector(FOUND.number, in_all_lanes(call.type, neutral_bits(step, call.type)));
    execute_reduction(step, call);
    return machine_.vector(FOUND.number).low;
  }

  /// The index of the first element that has a value, or is a NaN.
  std::uint64_t find(std::uint64_t value, const ReductionCall& call) {
    machine_.set_vector(SCALARS[1].number, in_all_lanes(call.type, value));
    execute_reduction(ReductionStep::FIND, call);
    return (machine_.x(ARRAYS[0].number) - call.arrays[0]) / size_of(call.type) - 1;
  }

  void execute_reduction(ReductionStep step, const ReductionCall& call) {
    for (std::size_t i = 0; i < call.arrays.size(); ++i) machine_.set_x(ARRAYS[i].number, call.arrays[i]);
    const auto make = [](const ReductionForm& form) { return reduction_program(form.first, form.second); };
    execute(address_of(ReductionForm{step, call.type}, reduction_programs_, make),
            reduction_count(step, call.type, call.size));
  }

  /// Where the program of a form stands, which is made when it is first wanted.
  template <class Form, class Make>
  std::uint64_t address_of(const Form& form, std::map<Form, std::uint64_t>& programs, Make make) {
    const auto found = programs.find(form);
    if (found != programs.end()) return found->second;
    const std::vector<std::uint32_t> program = make(form);
    const std::uint64_t address = programs_end_;
    machine_.write_memory(address, std::as_bytes(std::span(program)));
    programs_end_ += program.size() * sizeof(std::uint32_t);
    programs.emplace(form, address);
    return address;
  }

  void execute(std::uint64_t program, std::uint64_t count) {
    machine_.set_x(COUNT.number, count);
    machine_.set_pc(program);
    const RunResult result = machine_.execute();
    if (result.stop_reason == StopReason::HALT) return;
    throw Error(result.stop_reason == StopReason::OUT_OF_MEMORY ? ErrorCode::OUT_OF_MEMORY : ErrorCode::UNAVAILABLE,
                "the program on " + machine_.device() + " stopped by " + name_of(result.stop_reason));
  }

  Machine machine_;
  std::map<ElementwiseForm, std::uint64_t> elementwise_programs_;
  std::map<ReductionForm, std::uint64_t> reduction_programs_;
  std::map<ComparisonForm, std::uint64_t> comparison_programs_;
  std::map<ArrangementForm, std::uint64_t> arrangement_programs_;
  std::map<ProductForm, std::uint64_t> product_programs_;
  std::uint64_t programs_end_ = PROGRAMS_BEGIN;
  std::uint64_t buffers_end_ = BUFFERS_BEGIN;
};

}  // namespace

std::unique_ptr<detail::ExecutorBackend> make_machine_backend(const std::string& device, const std::string& engine) {
  return std::make_unique<MachineBackend>(device, engine);
}

}  // namespace armillion::ops
