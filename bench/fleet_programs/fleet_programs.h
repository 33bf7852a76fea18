// The functions that fleets run: freestanding C, so that the same source is also linked into programs of the host and
// of Linux. Each does `rounds` times its work on data that it makes from `lane`, and returns a checksum.
#pragma once

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/// FNV-1a over 1 KiB, byte by byte; the hash so far is stored at each step.
uint64_t byte_hash_with_stores(uint64_t lane, uint64_t rounds);
/// The same without those stores.
uint64_t byte_hash_without_stores(uint64_t lane, uint64_t rounds);
/// SHA-256 of 1 KiB.
uint64_t sha256(uint64_t lane, uint64_t rounds);
/// CRC-32 of 1 KiB, a table look-up for each byte.
uint64_t crc32_table(uint64_t lane, uint64_t rounds);
/// Heapsort of 256 numbers.
uint64_t heap_sort(uint64_t lane, uint64_t rounds);
/// Writes an arithmetic expression of about 200 characters and evaluates it by recursive descent.
uint64_t expression_parser(uint64_t lane, uint64_t rounds);
/// Eight steps of five bodies under gravity, in double precision.
uint64_t n_body(uint64_t lane, uint64_t rounds);
/// The exponential function of 64 single-precision numbers, by reduction and a polynomial.
uint64_t exponential(uint64_t lane, uint64_t rounds);
/// Steps of the Collatz sequences of 16 numbers: no two lanes take the same way.
uint64_t collatz(uint64_t lane, uint64_t rounds);
/// Writes a word in each of `pages` pages, at most 256: for measurements of memory, not of computing.
uint64_t write_pages(uint64_t lane, uint64_t pages);

#ifdef __cplusplus
}
#endif
