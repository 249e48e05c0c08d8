"""What the Python peers share: a workload as JSON and raw float32 on stdin, an answer on stdout.

A peer is called with SECONDS and THREADS and hands a step function to `run`, which times it
and prints the same line of JSON as the peers in JavaScript.
"""
import json
import os
import sys
import time

SECONDS = float(sys.argv[1])
THREADS = int(sys.argv[2])
for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "TF_NUM_INTRAOP_THREADS"):
    os.environ[name] = str(THREADS)
os.environ["TF_NUM_INTEROP_THREADS"] = "1"
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
CHECKED_STEPS = 3


def read_tensors():
    import numpy as np

    stream = sys.stdin.buffer
    head = json.loads(stream.readline())
    tensors = []
    for shape in head["shapes"]:
        count = int(np.prod(shape))
        tensors.append(np.frombuffer(stream.read(4 * count), dtype="<f4").reshape(shape).copy())
    return head, tensors


def run(step, timed=None):
    """Losses are those of `step`; `timed` is timed where it is another one: that with dropout."""
    losses = [step() for _ in range(CHECKED_STEPS)]
    step = timed or step
    times = []
    stop = time.perf_counter() + SECONDS
    while len(times) < 3 or time.perf_counter() < stop:
        start = time.perf_counter()
        step()
        times.append(1000 * (time.perf_counter() - start))
    times.sort()
    print(json.dumps(dict(losses=losses, best=times[0], median=times[len(times) // 2], steps=len(times))))
