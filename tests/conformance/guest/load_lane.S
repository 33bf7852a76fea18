// Sets a lane up as its LaneBlock (lane_block.h), to which X0 points, says. Position-independent; nothing but the
// instructions themselves is in it.

#define STATE_SP 248
#define STATE_TPIDR_EL0 264
#define STATE_NZCV 272
#define STATE_FPCR 276
#define STATE_FPSR 280
#define STATE_VECTORS 288
#define RESERVATION 800
#define EXCLUSIVE_ADDRESS 808
#define ENTRY 816
#define BLOCK_ADDRESS 824
#define BLOCK_SIZE 832
#define BLOCK 840

  .arch armv8-a
  .text
  ldr x1, [x0, #BLOCK_SIZE]
  ldr x2, [x0, #BLOCK_ADDRESS]
  add x3, x0, #BLOCK
  cbz x1, block_is_written
write_byte:
  ldrb w4, [x3], #1
  strb w4, [x2], #1
  subs x1, x1, #1
  b.ne write_byte
block_is_written:

  ldr x1, [x0, #RESERVATION]
  ldr x2, [x0, #EXCLUSIVE_ADDRESS]
  adr x4, reservations
  add x4, x4, x1, lsl #3
  br x4
reservations:
  nop
  b load_registers
  ldxrb w3, [x2]
  b load_registers
  ldxrh w3, [x2]
  b load_registers
  ldxr w3, [x2]
  b load_registers
  ldxr x3, [x2]
  b load_registers
  ldxp x3, x4, [x2]

load_registers:
  ldr x1, [x0, #STATE_TPIDR_EL0]
  msr tpidr_el0, x1
  ldr w1, [x0, #STATE_FPCR]
  msr fpcr, x1
  ldr w1, [x0, #STATE_FPSR]
  msr fpsr, x1
  ldr w1, [x0, #STATE_NZCV]
  msr nzcv, x1
  ldr x1, [x0, #STATE_SP]
  mov sp, x1
  .irp number, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31
  ldr q\number, [x0, #(STATE_VECTORS + 16 * \number)]
  .endr
  .irp number, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30
  ldr x\number, [x0, #(8 * \number)]
  .endr
  ldr x1, [x0, #ENTRY]
  br x1
