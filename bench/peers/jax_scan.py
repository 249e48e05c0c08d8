"""Peer process: jax_scan.py SECONDS THREADS; see peer.py. jit over lax.scan, as a JAX user writes an LSTM."""
import os

import peer

if peer.THREADS == 1:
    os.environ["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false"
import jax
import jax.numpy as jnp

head, tensors = peer.read_tensors()
x, y, *weights = [jnp.asarray(tensor) for tensor in tensors]
adam = head["adam"]
cells = len(head["lstm"])


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


def loss_of(weights):
    hs = x
    for n in range(cells):
        hs = lstm(*weights[3 * n : 3 * n + 3], hs)
    outputs = hs[:, -1] @ weights[-2] + weights[-1]
    if head["loss"] == "meanSquaredError":
        return jnp.mean((outputs - y) ** 2)
    return -jnp.mean(jnp.sum(y * jax.nn.log_softmax(outputs), 1))


@jax.jit
def update(weights, m, v, t):
    loss, gradients = jax.value_and_grad(loss_of)(weights)
    b1, b2 = adam["beta1"], adam["beta2"]
    rate = adam["learningRate"] * jnp.sqrt(1 - b2**t) / (1 - b1**t)
    m = [b1 * a + (1 - b1) * g for a, g in zip(m, gradients)]
    v = [b2 * a + (1 - b2) * g * g for a, g in zip(v, gradients)]
    weights = [w - rate * a / (jnp.sqrt(b) + adam["epsilon"]) for w, a, b in zip(weights, m, v)]
    return weights, m, v, loss


state = [weights, [jnp.zeros_like(w) for w in weights], [jnp.zeros_like(w) for w in weights]]
count = 0


def step():
    global count
    count += 1
    *state[:], loss = update(*state, float(count))
    return float(loss)


peer.run(step)
