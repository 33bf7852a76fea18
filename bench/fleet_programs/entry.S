// Where a lane starts: calls the function in X2 with the arguments in X0 and X1 and stops behind the call. When the
// fleet runs again, the lane takes what its registers hold by then.
  .text
  .global _start
  .type _start, %function
_start:
  blr x2
  svc #0
  b _start
