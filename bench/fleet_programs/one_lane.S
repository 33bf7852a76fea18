// What one lane runs to measure a machine's modes: loops that never end, and straight lines that halt.
  .text
  .global _start, add_loop, add_store_loop, branchy_loop, straight_10000, straight_100000
_start:
add_loop:
  add x0, x0, #1
  b add_loop

// X1 is where it stores.
add_store_loop:
  add x0, x0, #1
  str x0, [x1]
  b add_store_loop

// Two branches that go by the bits of a xorshift generator's numbers; X0 is its state.
branchy_loop:
  eor x0, x0, x0, lsl #13
  eor x0, x0, x0, lsr #7
  eor x0, x0, x0, lsl #17
  tbz x0, #0, 1f
  add x2, x2, #1
1:
  tbnz x0, #5, 2f
  sub x3, x3, #1
2:
  b branchy_loop

straight_10000:
  .rept 10000
  add x0, x0, #1
  .endr
  hlt #0

straight_100000:
  .rept 100000
  add x0, x0, #1
  .endr
  hlt #0
