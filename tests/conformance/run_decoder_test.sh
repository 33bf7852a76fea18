#!/bin/sh
# Compares the whole instruction table with LLVM's disassembler, building only what that needs.
#
#   run_decoder_test.sh [--count N] [--only PREFIX] [--seed S]
#
# --only shows the disagreements where our name or LLVM's begins with PREFIX.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
build=${TMPDIR:-/tmp}/armillion-conformance-decoder
compiler=${CXX:-clang++-19}
llvm_config=${LLVM_CONFIG:-llvm-config-19}
flags="-std=c++23 -fconstexpr-steps=200000000 -O1 -Wall -Wextra -I$here -I$root/include -I$root/src -I$root/tests"
mkdir -p "$build"

stale=
for source in "$here/llvm_disassembler.cpp" "$root/tests/support/llvm_features.hpp" "$root/src/isa/feature.hpp"; do
  if [ ! -e "$build/llvm_disassembler.o" ] || [ "$source" -nt "$build/llvm_disassembler.o" ]; then stale=yes; fi
done
if [ "$stale" ]; then
  # shellcheck disable=SC2086
  "$compiler" $flags -isystem "$($llvm_config --includedir)" -c -o "$build/llvm_disassembler.o" \
    "$here/llvm_disassembler.cpp"
fi
# shellcheck disable=SC2086
"$compiler" $flags -o "$build/decoder_test" "$here/decoder_test.cpp" "$here/random_source.cpp" \
  "$root/src/isa/decoder.cpp" "$build/llvm_disassembler.o" -L"$($llvm_config --libdir)" -lLLVM-19
exec "$build/decoder_test" "$@"
