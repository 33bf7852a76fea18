# How code for devices is compiled: to PTX by clang, freestanding, with no CUDA toolkit.
#
# clang has no C++ library for these targets, so the host's headers are used; only those without any code behind them.
execute_process(COMMAND "${CMAKE_CXX_COMPILER}" -E -x c++ -v /dev/null OUTPUT_QUIET ERROR_VARIABLE search_list)
string(REGEX MATCH "#include <\\.\\.\\.> search starts here:\n(.*)End of search list" _ "${search_list}")
string(REGEX REPLACE "[ \n]+" ";" include_dirs "${CMAKE_MATCH_1}")
set(ARMILLION_SYSTEM_INCLUDES "")
foreach(dir IN LISTS include_dirs)
  if(dir)
    list(APPEND ARMILLION_SYSTEM_INCLUDES -isystem "${dir}")
  endif()
endforeach()

# Code that needs nothing but the language.
set(ARMILLION_FREESTANDING_FLAGS -std=c++23 -ffreestanding -fno-exceptions -fno-rtti -ffp-contract=off -Wall -Wextra
    -Werror -Wno-pass-failed -fconstexpr-steps=100000000 "-I${PROJECT_SOURCE_DIR}/src" "-I${PROJECT_SOURCE_DIR}/include")
# For GPUs of compute capability 7.0 and up, and drivers of CUDA 11 and up (PTX 7.0). The host's headers want to know a
# processor of the same word size.
set(ARMILLION_PTX_FLAGS --target=nvptx64-nvidia-cuda -march=sm_70 -Xclang -target-feature -Xclang +ptx70 -nogpulib
    -D__x86_64__ ${ARMILLION_SYSTEM_INCLUDES} ${ARMILLION_FREESTANDING_FLAGS} -fconvergent-functions)

# armillion_compile_ptx(<output> <source> [flags...]): compiles `source` to `output`, compressed by gzip.
function(armillion_compile_ptx output source)
  add_custom_command(
    OUTPUT "${output}"
    COMMAND "${CMAKE_CXX_COMPILER}" ${ARMILLION_PTX_FLAGS} ${ARGN} -S "${source}" -o "${output}.ptx"
            -MD -MF "${output}.d" -MT "${output}"
    COMMAND gzip -9 -n -c "${output}.ptx" > "${output}"
    DEPENDS "${source}"
    DEPFILE "${output}.d"
    COMMENT "Compiling device code ${source}"
    VERBATIM)
endfunction()
