"""Peer process: keras_tf.py SECONDS THREADS; see peer.py. Keras 3 on TensorFlow, train_on_batch."""
import os

import peer

os.environ["KERAS_BACKEND"] = "tensorflow"
import keras

head, (x, y, *weights) = peer.read_tensors()
cells = head["lstm"]
text = head.get("both") is not None
every_step = bool(head.get("steps"))
regression = head.get("loss") == "meanSquaredError"
adam = head["adam"]


def step_of(rate):
    layers = [keras.Input(x.shape[1:])]
    if text:
        layers.append(keras.layers.Embedding(*weights[0].shape))
        for units in head["both"]:
            layers.append(keras.layers.Bidirectional(keras.layers.LSTM(units, return_sequences=True)))
        if rate > 0:
            layers.append(keras.layers.Dropout(rate))
    for n, units in enumerate(cells):
        layers.append(keras.layers.LSTM(units, return_sequences=every_step or n < len(cells) - 1))
    layers.append(keras.layers.Dense(weights[-1].shape[0], activation=None if regression else "softmax"))
    model = keras.Sequential(layers)
    model.set_weights(weights)
    model.compile(
        optimizer=keras.optimizers.Adam(adam["learningRate"], adam["beta1"], adam["beta2"], adam["epsilon"]),
        loss="mse" if regression else "sparse_categorical_crossentropy" if text else "categorical_crossentropy",
    )
    return lambda: float(model.train_on_batch(x, y))


rate = head.get("dropout") or 0.0
peer.run(step_of(0.0), step_of(rate) if rate > 0 else None)
