"""Times numpy for bench/ops: each line of the input names an operation and a size, or says how often to do the last one;
each line of the output is the seconds that took."""
import sys
import time

import numpy as np

random = np.random.default_rng(1)


def softmax(x, result):
    np.subtract(x, x.max(), out=result)
    np.exp(result, out=result)
    np.multiply(result, 1 / result.sum(), out=result)


def relu(x, result):
    np.maximum(x, np.float32(0), out=result)


def make(operation, size):
    if operation in ("gemm", "gemv"):
        a = random.uniform(-1, 1, (size, size)).astype(np.float32)
        b = random.uniform(-1, 1, (size, size) if operation == "gemm" else size).astype(np.float32)
        result = np.empty_like(b)
        return lambda: np.matmul(a, b, out=result)
    a = random.uniform(-4, 4, size).astype(np.float32)
    b = random.uniform(-4, 4, size).astype(np.float32)
    result = np.empty_like(a)
    if operation == "log":
        np.abs(a, out=a)
    return {
        "add": lambda: np.add(a, b, out=result),
        "relu": lambda: relu(a, result),
        "exp": lambda: np.exp(a, out=result),
        "log": lambda: np.log(a, out=result),
        "tanh": lambda: np.tanh(a, out=result),
        "softmax": lambda: softmax(a, result),
        "sum": lambda: a.sum(),
        "max": lambda: a.max(),
        "dot": lambda: np.dot(a, b),
    }.get(operation)


def main():
    function = None
    for line in sys.stdin:
        words = line.split()
        if words[0] == "version":
            answer = np.__version__
        elif words[0] == "make":
            function = make(words[1], int(words[2]))
            answer = "no" if function is None else "yes"
        else:
            calls = range(int(words[1]))
            for _ in range(len(calls) // 4 + 1):
                function()
            start = time.perf_counter()
            for _ in calls:
                function()
            answer = time.perf_counter() - start
        print(answer, flush=True)


if __name__ == "__main__":
    main()
