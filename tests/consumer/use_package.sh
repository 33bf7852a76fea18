#!/usr/bin/env bash
# Unpacks a package, runs the command in it, and builds a project with the libraries in it.
#   use_package.sh FOLDER SUFFIX SCRATCH PROGRAM CXX
# FOLDER has one package with that suffix, tar.gz or deb. PROGRAM is an AArch64 program that exits with 0.
set -euo pipefail

folder=$1 suffix=$2 scratch=$3 program=$4 cxx=$5
packages=("$folder"/*."$suffix")
if [ ${#packages[@]} -ne 1 ] || [ ! -f "${packages[0]}" ]; then
  echo "there should be one package in $folder: ${packages[*]}" >&2
  exit 1
fi
rm -rf "$scratch"
mkdir -p "$scratch/root"

case "$suffix" in
  tar.gz)
    tar -xzf "${packages[0]}" -C "$scratch/root" --strip-components=1
    prefix=$scratch/root
    ;;
  deb)
    dpkg-deb --extract "${packages[0]}" "$scratch/root"
    prefix=$scratch/root/usr
    for library in libc6 libstdc++6 libfmt; do
      if ! dpkg-deb --field "${packages[0]}" Depends | grep -qF "$library"; then
        echo "the package does not depend on $library" >&2
        exit 1
      fi
    done
    ;;
esac

"$prefix/bin/armillion" run "$program"
# Needs the disassembler, which is a shared object of the package.
[ "$("$prefix/bin/armillion" disassemble --word 8b020020 | grep -cE 'add\s+x0, x1, x2')" = 1 ]
for file in LICENSE CHANGELOG.md README.md; do [ -s "$prefix/share/doc/armillion/$file" ]; done

cmake -S "$(dirname "$0")/project" -B "$scratch/build" -DCMAKE_PREFIX_PATH="$prefix" -DCMAKE_CXX_COMPILER="$cxx" \
  -DCMAKE_CXX_STANDARD=20
cmake --build "$scratch/build"
"$scratch/build/consumer"
