"""Peer process: pytorch.py SECONDS THREADS; see peer.py.

The second bias of PyTorch's LSTM stays zero and frozen, so that the losses can be compared with
Keras's single bias.
"""
import peer
import torch

torch.set_num_threads(peer.THREADS)


class Model(torch.nn.Module):
    def __init__(self, inputs, lstm, weights):
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
        self.dense = torch.nn.Linear(inputs, weights[0].shape[1])
        with torch.no_grad():
            self.dense.weight.copy_(weights[0].t())
            self.dense.bias.copy_(weights[1])

    def forward(self, x):
        for layer in self.layers:
            x, _ = layer(x)
        return self.dense(x[:, -1])


head, tensors = peer.read_tensors()
x, y, *weights = [torch.tensor(tensor) for tensor in tensors]
model = Model(x.shape[2], head["lstm"], weights)
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


peer.run(step)
