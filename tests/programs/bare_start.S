// A program without a C library: writes its arguments, one a line, and exits with their number. Only system calls, the
// initial stack and instructions.
        .text
        .global _start
_start: ldr     x19, [sp]               // argc
        add     x20, sp, #8             // argv
        mov     x21, #0
1:      cmp     x21, x19
        b.hs    4f
        ldr     x1, [x20, x21, lsl #3]
        mov     x2, #0
2:      ldrb    w3, [x1, x2]
        cbz     w3, 3f
        add     x2, x2, #1
        b       2b
3:      cbz     x21, 5f                 // not the program's own name
        mov     x0, #1
        mov     x8, #64                 // write
        svc     #0
        mov     x0, #1
        adr     x1, newline
        mov     x2, #1
        svc     #0
5:      add     x21, x21, #1
        b       1b
4:      mov     x0, x19
        mov     x8, #93                 // exit
        svc     #0

newline: .ascii "\n"
