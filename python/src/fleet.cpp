#include "armillion/fleet.hpp"

#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/tuple.h>
#include <nanobind/stl/vector.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "bindings.hpp"
#include "buffers.hpp"
#include "fleet_holder.hpp"
#include "machine_holder.hpp"
#include "process_holder.hpp"
#include "text.hpp"

namespace armillion::python {

namespace {

using Words = nb::ndarray<const std::uint64_t, nb::ndim<1>, nb::c_contig, nb::device::cpu>;
using Bytes = nb::ndarray<const std::uint8_t, nb::ndim<2>, nb::c_contig, nb::device::cpu>;
template <class T>
using Array = nb::ndarray<nb::numpy, T, nb::ndim<1>, nb::c_contig>;
using Array2 = nb::ndarray<nb::numpy, std::uint8_t, nb::ndim<2>, nb::c_contig>;

// A vector's memory as an array's, which owns it from then on.
template <class T>
std::pair<T*, nb::capsule> give_away(std::vector<T> values) {
  auto owned = std::make_unique<std::vector<T>>(std::move(values));
  T* data = owned->data();
  return {data, nb::capsule(owned.release(), [](void* p) noexcept { delete static_cast<std::vector<T>*>(p); })};
}

template <class T>
Array<T> to_array(std::vector<T> values) {
  const std::size_t size = values.size();
  const auto [data, owner] = give_away(std::move(values));
  return Array<T>(data, {size}, owner);
}

std::span<const std::uint64_t> to_span(const Words& words) { return {words.data(), words.size()}; }

// One argument of a call: whether it is a floating-point number, and a value a lane or where to count from.
using GivenArgument = std::tuple<bool, std::optional<Words>, std::uint64_t>;

std::vector<CallArgument> call_arguments(const std::vector<GivenArgument>& given) {
  std::vector<CallArgument> arguments;
  for (const auto& [is_float, values, first] : given) {
    const auto kind = is_float ? CallArgument::Kind::FLOATING_POINT : CallArgument::Kind::INTEGER;
    arguments.push_back(values ? CallArgument(kind, to_span(*values)) : CallArgument::counting_from(kind, first));
  }
  return arguments;
}

CallArgument::Kind kind_of(bool is_float) {
  return is_float ? CallArgument::Kind::FLOATING_POINT : CallArgument::Kind::INTEGER;
}

void bind_results(nb::module_& module) {
  nb::class_<FleetResult>(module, "FleetResult", "What a run of a fleet did.")
      .def_ro("instructions", &FleetResult::instructions, "Instructions that all lanes retired in this run.")
      .def_ro("elapsed_seconds", &FleetResult::elapsed_seconds)
      .def_prop_ro("ips", &FleetResult::ips, "Instructions per second of all lanes together.")
      .def(
          "stopped_by", [](const FleetResult& result, StopReason reason) { return result.stopped_by(reason); },
          nb::arg("reason"), "How many lanes are stopped for this reason.")
      .def_prop_ro(
          "stops",
          [](const FleetResult& result) {
            nb::dict stops;
            for (std::size_t i = 0; i < STOP_REASON_COUNT; ++i) {
              if (result.stops[i] > 0) stops[nb::cast(static_cast<StopReason>(i))] = result.stops[i];
            }
            return stops;
          },
          nb::sig("def stops(self) -> dict[StopReason, int]"), "How many lanes are stopped for each reason.")
      .def("__repr__", [](const FleetResult& result) {
        std::string text = "FleetResult(instructions=" + std::to_string(result.instructions);
        for (std::size_t i = 0; i < STOP_REASON_COUNT; ++i) {
          if (result.stops[i] == 0) continue;
          text += std::string(", ") + name_of(static_cast<StopReason>(i)) + "=" + std::to_string(result.stops[i]);
        }
        return text + ")";
      });

  nb::class_<CallOutcome>(module, "CallOutcome", "What a call came to in one lane.")
      .def_ro("stop_reason", &CallOutcome::stop_reason)
      .def_ro("value", &CallOutcome::value, "The register's 64 bits; counts where the lane returned.");
  nb::class_<CallDifference>(module, "CallDifference", "A lane in which two functions did not come to the same.")
      .def_ro("lane", &CallDifference::lane)
      .def_ro("first", &CallDifference::first)
      .def_ro("second", &CallDifference::second);
  nb::class_<CallComparison>(module, "CallComparison", "What two functions came to in every lane.")
      .def_ro("first", &CallComparison::first)
      .def_ro("second", &CallComparison::second)
      .def_ro("differences", &CallComparison::differences, "In ascending order of lanes.");
}

void bind_lanes(nb::class_<FleetHolder>& type) {
  type.def(
      "lane_state", [](const FleetHolder& holder, std::uint64_t lane) { return holder.idle().state(lane); },
      nb::arg("lane"));
  type.def(
      "set_lane_state",
      [](FleetHolder& holder, std::uint64_t lane, const State& state) { holder.idle().set_state(lane, state); },
      nb::arg("lane"), nb::arg("state"));
  type.def(
      "general_registers", [](const FleetHolder& holder, unsigned number) { return to_array(holder.idle().x(number)); },
      nb::arg("number"));
  type.def(
      "set_general_registers",
      [](FleetHolder& holder, unsigned number, const Words& values) { holder.idle().set_x(number, to_span(values)); },
      nb::arg("number"), nb::arg("values"));
  type.def(
      "vector_low_halves", [](const FleetHolder& holder, unsigned number) { return to_array(holder.idle().d(number)); },
      nb::arg("number"));
  type.def(
      "set_vector_low_halves",
      [](FleetHolder& holder, unsigned number, const Words& values) { holder.idle().set_d(number, to_span(values)); },
      nb::arg("number"), nb::arg("values"));
  type.def(
      "read_lane_memory",
      [](const FleetHolder& holder, std::uint64_t lane, std::uint64_t address, std::uint64_t size_bytes) {
        std::vector<std::byte> bytes(size_bytes);
        holder.idle().read_memory(lane, address, bytes);
        return nb::bytes(bytes.data(), bytes.size());
      },
      nb::arg("lane"), nb::arg("address"), nb::arg("size_bytes"));
  type.def(
      "write_lane_memory",
      [](FleetHolder& holder, std::uint64_t lane, std::uint64_t address, nb::handle data) {
        const Buffer source(data, Buffer::Use::READ);
        holder.idle().write_memory(lane, address, source.bytes());
      },
      nb::arg("lane"), nb::arg("address"), nb::arg("data"),
      nb::sig("def write_lane_memory(self, lane: int, address: int, data: BytesLike) -> None"));
  type.def(
      "read_memory_of_all",
      [](const FleetHolder& holder, std::uint64_t address, std::uint64_t size_bytes) {
        Fleet& fleet = holder.idle();
        const auto [data, owner] = give_away(fleet.read_memory_of_all(address, size_bytes));
        return Array2(data, {fleet.lanes(), size_bytes}, owner);
      },
      nb::arg("address"), nb::arg("size_bytes"));
  type.def(
      "write_memory_of_all",
      [](FleetHolder& holder, std::uint64_t address, const Bytes& bytes) {
        holder.idle().write_memory_of_all(address, std::as_bytes(std::span(bytes.data(), bytes.size())));
      },
      nb::arg("address"), nb::arg("bytes"));
  type.def(
      "set_instruction_limit",
      [](FleetHolder& holder, std::uint64_t lane, std::optional<std::uint64_t> instructions) {
        holder.idle().set_instruction_limit(lane, instructions.value_or(UNLIMITED));
      },
      nb::arg("lane"), nb::arg("instructions").none());
  type.def(
      "set_standard_input",
      [](FleetHolder& holder, std::uint64_t lane, const nb::bytes& bytes) {
        holder.idle().set_standard_input(lane, std::string(bytes.c_str(), bytes.size()));
      },
      nb::arg("lane"), nb::arg("data"));
  type.def(
      "set_arguments",
      [](FleetHolder& holder, std::uint64_t lane, const std::vector<std::string>& arguments) {
        holder.idle().set_arguments(lane, arguments);
      },
      nb::arg("lane"), nb::arg("arguments"));
  type.def(
      "captured_output",
      [](const FleetHolder& holder, std::uint64_t lane, int descriptor) {
        const std::string text = holder.idle().captured_output(lane, descriptor);
        return nb::bytes(text.data(), text.size());
      },
      nb::arg("lane"), nb::arg("descriptor") = 1);
  type.def(
      "lane_hash",
      [](const FleetHolder& holder, std::uint64_t lane) { return holder.idle().state_hash(lane).to_string(); },
      nb::arg("lane"));
  type.def(
      "state_hashes",
      [](const FleetHolder& holder) {
        std::vector<std::string> hashes;
        for (const Hash128& hash : holder.idle().state_hashes()) hashes.push_back(hash.to_string());
        return hashes;
      },
      "The hash that each lane's machine or process would give alone.");
  type.def("reset_all", [](FleetHolder& holder) { holder.idle().reset(); });
  type.def("reset_lane", [](FleetHolder& holder, std::uint64_t lane) { holder.idle().reset(lane); }, nb::arg("lane"));
}

// Results are plain structs; an array shares their memory, and Python names the fields.
void bind_lane_results(nb::module_& module, nb::class_<FleetHolder>& type) {
  nb::dict fields;
  const auto add = [&](const char* name, const char* format, std::size_t offset) {
    fields[name] = nb::make_tuple(format, offset);
  };
  add("instructions", "u8", offsetof(LaneResult, instructions));
  add("stop_reason", "u1", offsetof(LaneResult, stop_reason));
  add("pc", "u8", offsetof(LaneResult, pc));
  add("immediate", "u4", offsetof(LaneResult, immediate));
  add("fault_address", "u8", offsetof(LaneResult, fault) + offsetof(MemoryFault, address));
  add("fault_size", "u4", offsetof(LaneResult, fault) + offsetof(MemoryFault, size));
  add("fault_access", "u1", offsetof(LaneResult, fault) + offsetof(MemoryFault, access));
  add("fault_kind", "u1", offsetof(LaneResult, fault) + offsetof(MemoryFault, kind));
  add("exit_code", "i4", offsetof(LaneResult, exit_code));
  add("signal", "i4", offsetof(LaneResult, signal));
  module.attr("LANE_RESULT_FIELDS") = fields;
  type.def(
      "raw_results",
      [](const FleetHolder& holder) {
        std::vector<LaneResult> results = holder.idle().results();
        const std::size_t lanes = results.size();
        const auto [data, owner] = give_away(std::move(results));
        return Array2(reinterpret_cast<std::uint8_t*>(data), {lanes, sizeof(LaneResult)}, owner);
      },
      "The results' structs, a row a lane.");
}

void bind_running(nb::class_<FleetHolder>& type) {
  type.def(
      "run_lanes",
      [](FleetHolder& holder, std::optional<std::uint64_t> instruction_limit, std::optional<double> timeout_seconds,
         nb::object on_progress, nb::object on_stop) {
        return holder.run({instruction_limit, timeout_seconds, std::move(on_progress), std::move(on_stop)});
      },
      nb::arg("instruction_limit").none(), nb::arg("timeout_seconds").none(), nb::arg("on_progress").none(),
      nb::arg("on_stop").none());
  type.def(
      "call_lanes",
      [](FleetHolder& holder, std::uint64_t address, const std::vector<GivenArgument>& arguments, bool is_float,
         std::optional<std::uint64_t> instruction_limit, std::optional<double> timeout_seconds,
         nb::object on_progress) {
        const std::vector<CallArgument> passed = call_arguments(arguments);
        CallResult result = holder.call(address, passed, kind_of(is_float),
                                        {instruction_limit, timeout_seconds, std::move(on_progress), nb::none()});
        Array<std::uint64_t> values = to_array(std::move(result.values));
        return std::tuple(static_cast<FleetResult>(result), values);
      },
      nb::arg("address"), nb::arg("arguments"), nb::arg("is_float"), nb::arg("instruction_limit").none(),
      nb::arg("timeout_seconds").none(), nb::arg("on_progress").none());
  type.def(
      "compare_lanes",
      [](FleetHolder& holder, std::uint64_t first, std::uint64_t second, const std::vector<GivenArgument>& arguments,
         bool is_float, unsigned bits, std::optional<std::uint64_t> instruction_limit,
         std::optional<double> timeout_seconds, nb::object on_progress) {
        const std::vector<CallArgument> passed = call_arguments(arguments);
        return holder.compare(first, second, passed, kind_of(is_float), bits,
                              {instruction_limit, timeout_seconds, std::move(on_progress), nb::none()});
      },
      nb::arg("first"), nb::arg("second"), nb::arg("arguments"), nb::arg("is_float"), nb::arg("bits"),
      nb::arg("instruction_limit").none(), nb::arg("timeout_seconds").none(), nb::arg("on_progress").none());
  type.def(
      "cancel", [](const FleetHolder& holder) { holder.get().cancel(); },
      "Makes the current run, or the next, stop its lanes with StopReason.CANCELLED soon. May be called on any "
      "thread.");
  type.def(
      "add_memory", [](FleetHolder& holder, std::uint64_t bytes) { holder.idle().add_memory(bytes); }, nb::arg("bytes"),
      "Lets lanes on a GPU that are out of memory have so many bytes more.");
}

}  // namespace

void bind_fleet(nb::module_& module) {
  bind_results(module);
  nb::class_<FleetHolder> type(module, "Fleet", nb::is_weak_referenceable(), "See armillion.Fleet.");
  const auto make = [](std::uint64_t lanes, std::string device, std::uint64_t memory_bytes,
                       std::uint64_t memory_limit_bytes, unsigned threads) {
    return FleetOptions{.lanes = lanes,
                        .device = std::move(device),
                        .memory_bytes = memory_bytes,
                        .memory_limit_bytes = memory_limit_bytes,
                        .threads = threads};
  };
  type.def(
      "__init__",
      [make](FleetHolder* self, const MachineHolder& source, std::uint64_t lanes, std::string device,
             std::uint64_t memory_bytes, std::uint64_t memory_limit_bytes, unsigned threads) {
        new (self) FleetHolder(source, make(lanes, std::move(device), memory_bytes, memory_limit_bytes, threads));
      },
      nb::arg("source"), nb::kw_only(), nb::arg("lanes"), nb::arg("device"), nb::arg("memory_bytes"),
      nb::arg("memory_limit_bytes"), nb::arg("threads"));
  type.def(
      "__init__",
      [make](FleetHolder* self, const ProcessHolder& source, std::uint64_t lanes, std::string device,
             std::uint64_t memory_bytes, std::uint64_t memory_limit_bytes, unsigned threads) {
        new (self) FleetHolder(source, make(lanes, std::move(device), memory_bytes, memory_limit_bytes, threads));
      },
      nb::arg("source"), nb::kw_only(), nb::arg("lanes"), nb::arg("device"), nb::arg("memory_bytes"),
      nb::arg("memory_limit_bytes"), nb::arg("threads"));
  type.def("__len__", [](const FleetHolder& holder) { return holder.get().lanes(); });
  type.def_prop_ro("device", [](const FleetHolder& holder) { return holder.get().device(); }, "What runs the lanes.");
  bind_lanes(type);
  bind_lane_results(module, type);
  bind_running(type);
  type.def("close", &FleetHolder::close, "Frees what the lanes hold, on a device too. It is of no use afterwards.");
  type.def_prop_ro("is_closed", &FleetHolder::is_closed);
}

}  // namespace armillion::python
