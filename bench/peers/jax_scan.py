"""Peer process: jax_scan.py SECONDS THREADS; see peer.py. jit over lax.scan, as a JAX user writes an LSTM."""
import os
from functools import partial

import peer

if peer.THREADS == 1:
    os.environ["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false"
import jax
import jax.numpy as jnp

head, tensors = peer.read_tensors()
x, y, *weights = [jnp.asarray(tensor) for tensor in tensors]
adam = head["adam"]
cells = len(head["lstm"])
text = head.get("both") is not None
if text:
    x, y = x.astype(int), y.astype(int)


def lstm(kernel, recurrent, bias, xs):
    z = jnp.einsum("bti,ij->tbj", xs, kernel) + bias
    units = recurrent.shape[0]

    def cell(state, inputs):
        h, c = state
        i, f, g, o = jnp.split(inputs + h @ recurrent, 4, -1)
        c = jax.nn.sigmoid(f) * c + jax.nn.sigmoid(i) * jnp.tanh(g)
        h = jax.nn.sigmoid(o) * jnp.tanh(c)
        return (h, c), h

    zeros = jnp.zeros((xs.shape[0], units))
    _, hs = jax.lax.scan(cell, (zeros, zeros), z)
    return jnp.swapaxes(hs, 0, 1)


def loss_of(weights, rate, t):
    weights = list(weights)
    take = lambda count: [weights.pop(0) for _ in range(count)]
    hs = x
    if text:
        hs = take(1)[0][x]
        for _ in head["both"]:
            there = lstm(*take(3), hs)
            back = lstm(*take(3), hs[:, ::-1])[:, ::-1]
            hs = jnp.concatenate([there, back], -1)
        if rate > 0:
            key = jax.random.fold_in(jax.random.key(1), t.astype(int))
            hs = jnp.where(jax.random.bernoulli(key, 1 - rate, hs.shape), hs / (1 - rate), 0)
    for _ in range(cells):
        hs = lstm(*take(3), hs)
    outputs = (hs if head.get("steps") else hs[:, -1]) @ weights[0] + weights[1]
    if head.get("loss") == "meanSquaredError":
        return jnp.mean((outputs - y) ** 2)
    logs = jax.nn.log_softmax(outputs)
    if text:
        return -jnp.mean(jnp.take_along_axis(logs, y[..., None], -1))
    return -jnp.mean(jnp.sum(y * logs, 1))


@partial(jax.jit, static_argnums=4)
def update(weights, m, v, t, rate):
    loss, gradients = jax.value_and_grad(loss_of)(weights, rate, t)
    b1, b2 = adam["beta1"], adam["beta2"]
    rate = adam["learningRate"] * jnp.sqrt(1 - b2**t) / (1 - b1**t)
    m = [b1 * a + (1 - b1) * g for a, g in zip(m, gradients)]
    v = [b2 * a + (1 - b2) * g * g for a, g in zip(v, gradients)]
    weights = [w - rate * a / (jnp.sqrt(b) + adam["epsilon"]) for w, a, b in zip(weights, m, v)]
    return weights, m, v, loss


state = [weights, [jnp.zeros_like(w) for w in weights], [jnp.zeros_like(w) for w in weights]]
count = 0


def step(rate=0.0):
    global count
    count += 1
    *state[:], loss = update(*state, jnp.float32(count), rate)
    return float(loss)


rate = head.get("dropout") or 0.0
peer.run(step, lambda: step(rate))
