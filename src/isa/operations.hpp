// Makes, for the rows of one section of the table, the types that `Binding` takes. Include it with A64_SECTION defined
// as the section's file; it may be included once a section and has no include guard for that reason.
#include "isa/binding.hpp"
#include "isa/row.hpp"

namespace armillion::isa::operations {

#define A64(NAME_, ...)                                                 \
  struct NAME_ {                                                        \
    using Row = rows::NAME_;                                            \
    static constexpr Opcode OPCODE = Opcode::NAME_;                     \
    template <class M>                                                  \
    static constexpr auto function() -> decltype(&semantics::NAME_<M>); \
    template <class M, class... Operands>                               \
    ARMILLION_INLINE static void execute(M& m, Operands... operands) {  \
      semantics::NAME_(m, operands...);                                 \
    }                                                                   \
  };
#include A64_SECTION
#undef A64

}  // namespace armillion::isa::operations
