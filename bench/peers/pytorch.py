"""Peer process: pytorch.py SECONDS, with the workload as JSON and raw float32 on stdin.

Prints the same line of JSON as the other peers. One thread. The second bias of PyTorch's
LSTM stays zero and frozen, so that the losses can be compared with Keras's single bias.
"""
import json
import sys
import time

import numpy as np
import torch

CHECKED_STEPS = 3


def read_tensors(stream):
    head = json.loads(stream.readline())
    tensors = []
    for shape in head["shapes"]:
        count = int(np.prod(shape))
        data = np.frombuffer(stream.read(4 * count), dtype="<f4").reshape(shape)
        tensors.append(torch.tensor(data))
    return head, tensors


class Model(torch.nn.Module):
    def __init__(self, inputs, lstm, outputs, weights):
        super().__init__()
        self.layers = torch.nn.ModuleList()
        weights = list(weights)
        for units in lstm:
            layer = torch.nn.LSTM(inputs, units, batch_first=True)
            kernel, recurrent, bias = weights[:3]
            del weights[:3]
            with torch.no_grad():
                layer.weight_ih_l0.copy_(kernel.t())
                layer.weight_hh_l0.copy_(recurrent.t())
                layer.bias_ih_l0.copy_(bias)
                layer.bias_hh_l0.zero_()
            layer.bias_hh_l0.requires_grad_(False)
            self.layers.append(layer)
            inputs = units
        self.dense = torch.nn.Linear(inputs, outputs)
        with torch.no_grad():
            self.dense.weight.copy_(weights[0].t())
            self.dense.bias.copy_(weights[1])

    def forward(self, x):
        for layer in self.layers:
            x, _ = layer(x)
        return self.dense(x[:, -1])


def main():
    torch.set_num_threads(1)
    seconds = float(sys.argv[1])
    head, (x, y, *weights) = read_tensors(sys.stdin.buffer)
    model = Model(x.shape[2], head["lstm"], y.shape[1], weights)
    adam = head["adam"]
    optimizer = torch.optim.Adam(
        [p for p in model.parameters() if p.requires_grad],
        lr=adam["learningRate"],
        betas=(adam["beta1"], adam["beta2"]),
        eps=adam["epsilon"],
    )
    classes = y.argmax(1)

    def step():
        optimizer.zero_grad()
        outputs = model(x)
        if head["loss"] == "meanSquaredError":
            loss = torch.nn.functional.mse_loss(outputs, y)
        else:
            loss = torch.nn.functional.cross_entropy(outputs, classes)
        loss.backward()
        optimizer.step()
        return loss.item()

    losses = [step() for _ in range(CHECKED_STEPS)]
    times = []
    stop = time.perf_counter() + seconds
    while len(times) < 3 or time.perf_counter() < stop:
        start = time.perf_counter()
        step()
        times.append(1000 * (time.perf_counter() - start))
    times.sort()
    answer = dict(losses=losses, best=times[0], median=times[len(times) // 2], steps=len(times))
    print(json.dumps(answer))


main()
