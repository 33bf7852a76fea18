// void run_slot(struct GuestState* state, uint64_t entry)
//
// Loads all of `state`, jumps to `entry` and, when the instruction under test has run, writes everything back. Words of
// the slot belong to this protocol: the one before the instruction fetches X30 from TPIDR2_EL0, and those behind it put
// X30 back there and jump to `save_state`. (TPIDR2_EL0 belongs to SME, which the tests do not use otherwise.) Where a
// signal ends the test, its handler saves the state and continues at `resume_runner`.

#define TPIDR2_EL0 S3_3_C13_C0_5

// Offsets in struct GuestState.
#define STATE_X30 240
#define STATE_SP 248
#define STATE_TPIDR_EL0 264
#define STATE_NZCV 272
#define STATE_FPCR 276
#define STATE_FPSR 280
#define STATE_VECTORS 288

// Offsets in runner_context.
#define CONTEXT_STACK 0
#define CONTEXT_THREAD 8
#define CONTEXT_STATE 16

#define FRAME_BYTES 160

.macro vectors operation
.set number, 0
.rept 16
  vector_pair \operation, %number, %(number + 1), %(STATE_VECTORS + 16 * number)
  .set number, number + 2
.endr
.endm

.altmacro
.macro vector_pair operation, first, second, offset
  \operation q\first, q\second, [x30, #\offset]
.endm

  .text
  .global run_slot
  .type run_slot, %function
run_slot:
  stp x29, x30, [sp, #-FRAME_BYTES]!
  stp x19, x20, [sp, #16]
  stp x21, x22, [sp, #32]
  stp x23, x24, [sp, #48]
  stp x25, x26, [sp, #64]
  stp x27, x28, [sp, #80]
  stp d8, d9, [sp, #96]
  stp d10, d11, [sp, #112]
  stp d12, d13, [sp, #128]
  stp d14, d15, [sp, #144]

  adrp x9, runner_context
  add x9, x9, :lo12:runner_context
  mov x10, sp
  mrs x11, tpidr_el0
  stp x10, x11, [x9, #CONTEXT_STACK]
  str x0, [x9, #CONTEXT_STATE]

  mov x30, x0
  ldr x10, [x30, #STATE_TPIDR_EL0]
  msr tpidr_el0, x10
  ldr w10, [x30, #STATE_NZCV]
  msr nzcv, x10
  ldr w10, [x30, #STATE_FPCR]
  msr fpcr, x10
  ldr w10, [x30, #STATE_FPSR]
  msr fpsr, x10
  vectors ldp
  ldp x10, x11, [x30, #STATE_X30]
  msr TPIDR2_EL0, x10
  mov sp, x11
  mov x0, x30
  mov x30, x1
  ldp x28, x29, [x0, #224]
  ldp x26, x27, [x0, #208]
  ldp x24, x25, [x0, #192]
  ldp x22, x23, [x0, #176]
  ldp x20, x21, [x0, #160]
  ldp x18, x19, [x0, #144]
  ldp x16, x17, [x0, #128]
  ldp x14, x15, [x0, #112]
  ldp x12, x13, [x0, #96]
  ldp x10, x11, [x0, #80]
  ldp x8, x9, [x0, #64]
  ldp x6, x7, [x0, #48]
  ldp x4, x5, [x0, #32]
  ldp x2, x3, [x0, #16]
  ldp x0, x1, [x0]
  br x30

  .global save_state
save_state:
  adrp x30, runner_context
  add x30, x30, :lo12:runner_context
  ldr x30, [x30, #CONTEXT_STATE]
  stp x0, x1, [x30]
  stp x2, x3, [x30, #16]
  stp x4, x5, [x30, #32]
  stp x6, x7, [x30, #48]
  stp x8, x9, [x30, #64]
  stp x10, x11, [x30, #80]
  stp x12, x13, [x30, #96]
  stp x14, x15, [x30, #112]
  stp x16, x17, [x30, #128]
  stp x18, x19, [x30, #144]
  stp x20, x21, [x30, #160]
  stp x22, x23, [x30, #176]
  stp x24, x25, [x30, #192]
  stp x26, x27, [x30, #208]
  stp x28, x29, [x30, #224]
  mrs x0, TPIDR2_EL0
  mov x1, sp
  stp x0, x1, [x30, #STATE_X30]
  mrs x0, tpidr_el0
  str x0, [x30, #STATE_TPIDR_EL0]
  mrs x0, nzcv
  str w0, [x30, #STATE_NZCV]
  mrs x0, fpcr
  str w0, [x30, #STATE_FPCR]
  mrs x0, fpsr
  str w0, [x30, #STATE_FPSR]
  vectors stp

  .global resume_runner
resume_runner:
  adrp x9, runner_context
  add x9, x9, :lo12:runner_context
  ldp x10, x11, [x9, #CONTEXT_STACK]
  mov sp, x10
  msr tpidr_el0, x11
  msr fpcr, xzr
  ldp x19, x20, [sp, #16]
  ldp x21, x22, [sp, #32]
  ldp x23, x24, [sp, #48]
  ldp x25, x26, [sp, #64]
  ldp x27, x28, [sp, #80]
  ldp d8, d9, [sp, #96]
  ldp d10, d11, [sp, #112]
  ldp d12, d13, [sp, #128]
  ldp d14, d15, [sp, #144]
  ldp x29, x30, [sp], #FRAME_BYTES
  ret

  .bss
  .balign 16
runner_context:
  .skip 32

  .section .note.GNU-stack, "", %progbits
