// A program without a C library, of which every instruction is known: 1 + 2 * 100 + 3 of them.
  .global _start
  .type _start, %function
_start:
  mov x1, #100
loop:
  subs x1, x1, #1
  b.ne loop
  mov x0, #7
  mov x8, #94           // exit_group
  svc #0
  .size _start, . - _start
