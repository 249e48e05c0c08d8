"""Peer process: keras_tf.py SECONDS THREADS; see peer.py. Keras 3 on TensorFlow, train_on_batch."""
import os

import peer

os.environ["KERAS_BACKEND"] = "tensorflow"
import keras

head, (x, y, *weights) = peer.read_tensors()
cells = head["lstm"]
layers = [keras.Input(x.shape[1:])]
for n, units in enumerate(cells):
    layers.append(keras.layers.LSTM(units, return_sequences=n < len(cells) - 1))
regression = head["loss"] == "meanSquaredError"
layers.append(keras.layers.Dense(y.shape[1], activation=None if regression else "softmax"))
model = keras.Sequential(layers)
model.set_weights(weights)
adam = head["adam"]
model.compile(
    optimizer=keras.optimizers.Adam(adam["learningRate"], adam["beta1"], adam["beta2"], adam["epsilon"]),
    loss="mse" if regression else "categorical_crossentropy",
)
peer.run(lambda: float(model.train_on_batch(x, y)))
