#!/bin/sh
# Compares one section of the instruction table with qemu, building only that section.
#
#   run_section.sh SECTION [--count N] [--row NAME] [--seed S] [--processes N]
#
# SECTION is a file name in src/isa/encodings without its extension. --count is the number of tests a row.
set -eu
if [ $# -lt 1 ]; then
  sed -n '2,7s/^# \{0,1\}//p' "$0"
  exit 2
fi
section=$1
shift
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
build=${TMPDIR:-/tmp}/armillion-conformance-$section
compiler=${CXX:-clang++-19}
flags="-std=c++23 -O1 -Wall -Wextra -I$here -I$root/include -I$root/src"
mkdir -p "$build"

# Whether $1 is missing or older than one of the other files.
is_stale() {
  target=$1
  shift
  for source in "$@"; do
    [ ! -e "$target" ] || [ "$source" -nt "$target" ] && return 0
  done
  return 1
}

runner=$build/state_runner
if is_stale "$runner" "$here"/guest/*; then
  aarch64-linux-gnu-gcc -O2 -static -fno-stack-protector -o "$runner" "$here/guest/state_runner.c" \
    "$here/guest/run_slot.S"
fi

for name in random_source test_generator qemu_oracle comparison isa_differential; do
  if is_stale "$build/$name.o" "$here/$name.cpp" "$here"/*.hpp "$here/guest/protocol.h" \
      "$root/src/isa/machine_concept.hpp" "$root/include/armillion/state.hpp"; then
    # shellcheck disable=SC2086
    "$compiler" $flags -c -o "$build/$name.o" "$here/$name.cpp"
  fi
done

# shellcheck disable=SC2086
"$compiler" $flags -c -o "$build/section.o" \
  -DA64_TABLE="\"isa/encodings/$section.inc\"" \
  -DA64_SECTION="\"isa/encodings/$section.inc\"" \
  -DA64_SECTION_SEMANTICS="\"isa/semantics/$section.hpp\"" \
  -DA64_SECTION_NAME="\"$section\"" \
  "$here/section.cpp"
"$compiler" -o "$build/isa_differential" "$build"/*.o -lpthread
exec "$build/isa_differential" --runner "$runner" "$@"
