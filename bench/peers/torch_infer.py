"""Inference of W2 and W3 in PyTorch, one thread: best ms at batch 1, at batch 32, and a step with carried state."""
import json
import time

import torch

torch.set_num_threads(1)


def best(call, seconds=2):
    for _ in range(20):
        call()
    times = []
    stop = time.perf_counter() + seconds
    while time.perf_counter() < stop:
        start = time.perf_counter()
        call()
        times.append(1000 * (time.perf_counter() - start))
    return min(times)


for name, inputs, units, layers, outputs in (("W2", 16, 64, 1, 1), ("W3", 64, 128, 2, 10)):
    lstm = torch.nn.LSTM(inputs, units, num_layers=layers, batch_first=True).eval()
    dense = torch.nn.Linear(units, outputs).eval()
    with torch.no_grad():
        answer = dict(workload=name)
        for batch in (1, 32):
            x = torch.randn(batch, 100, inputs)
            answer[f"batch{batch}"] = best(lambda: dense(lstm(x)[0][:, -1]))
        x = torch.randn(1, 1, inputs)
        state = [None]

        def step():
            h, state[0] = lstm(x, state[0])
            return dense(h[:, -1])

        answer["step"] = best(step)
    print(json.dumps(answer))
