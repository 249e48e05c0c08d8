"""Peer process: pytorch.py SECONDS THREADS; see peer.py.

The second bias of PyTorch's LSTM stays zero and frozen, so that the losses can be compared with
Keras's single bias.
"""
import peer
import torch

torch.set_num_threads(peer.THREADS)


def lstm_of(inputs, units, weights, directions=1):
    """A layer with the first weights of the list, which are taken out of it."""
    layer = torch.nn.LSTM(inputs, units, batch_first=True, bidirectional=directions == 2)
    for suffix in ("_l0", "_l0_reverse")[:directions]:
        kernel, recurrent, bias = (weights.pop(0) for _ in range(3))
        with torch.no_grad():
            getattr(layer, "weight_ih" + suffix).copy_(kernel.t())
            getattr(layer, "weight_hh" + suffix).copy_(recurrent.t())
            getattr(layer, "bias_ih" + suffix).copy_(bias)
            getattr(layer, "bias_hh" + suffix).zero_()
        getattr(layer, "bias_hh" + suffix).requires_grad_(False)
    return layer


class Model(torch.nn.Module):
    """On text: a table, LSTMs in both directions, dropout; and in any case LSTMs and a dense layer."""

    def __init__(self, inputs, head, weights):
        super().__init__()
        self.table = None
        self.both = torch.nn.ModuleList()
        self.dropout = torch.nn.Dropout(0.0)
        self.every_step = bool(head.get("steps"))
        weights = list(weights)
        if head.get("both") is not None:
            table = weights.pop(0)
            self.table = torch.nn.Embedding.from_pretrained(table.clone(), freeze=False)
            inputs = table.shape[1]
            for units in head["both"]:
                self.both.append(lstm_of(inputs, units, weights, 2))
                inputs = 2 * units
        self.layers = torch.nn.ModuleList()
        for units in head["lstm"]:
            self.layers.append(lstm_of(inputs, units, weights))
            inputs = units
        self.dense = torch.nn.Linear(inputs, weights[0].shape[1])
        with torch.no_grad():
            self.dense.weight.copy_(weights[0].t())
            self.dense.bias.copy_(weights[1])

    def forward(self, x):
        if self.table is not None:
            x = self.table(x)
        for layer in self.both:
            x, _ = layer(x)
        x = self.dropout(x)
        for layer in self.layers:
            x, _ = layer(x)
        return self.dense(x if self.every_step else x[:, -1])


head, tensors = peer.read_tensors()
x, y, *weights = [torch.tensor(tensor) for tensor in tensors]
model = Model(x.shape[-1], head, weights)
adam = head["adam"]
optimizer = torch.optim.Adam(
    [p for p in model.parameters() if p.requires_grad],
    lr=adam["learningRate"],
    betas=(adam["beta1"], adam["beta2"]),
    eps=adam["epsilon"],
)
if model.table is not None:
    x, classes = x.long(), y.long().flatten()
else:
    classes = y.argmax(1)


def step():
    optimizer.zero_grad()
    outputs = model(x)
    if head.get("loss") == "meanSquaredError":
        loss = torch.nn.functional.mse_loss(outputs, y)
    else:
        loss = torch.nn.functional.cross_entropy(outputs.flatten(0, -2), classes)
    loss.backward()
    optimizer.step()
    return loss.item()


def timed():
    model.dropout.p = head.get("dropout") or 0.0
    return step()


peer.run(step, timed)
