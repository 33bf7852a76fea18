// For a bare machine: 4 + 3 * 10 instructions, the last one HLT. Position independent.
  mov x0, #10
  mov x1, #0
  adr x2, counter
loop:
  str x1, [x2]
  subs x0, x0, #1
  b.ne loop
  hlt #0
counter:
  .quad 0
