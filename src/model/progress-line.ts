import type { Logs } from '../callbacks/callback.js';
import { printable } from '../printable.js';

/** One line about a finished epoch: `Epoch 3/20 - 0.41 s - loss: 0.1234 - val_loss: 0.1301`. */
export function progressLine(epoch: number, epochs: number, seconds: number, logs: Logs): string {
  const width = String(epochs).length;
  const number = String(epoch + 1).padStart(width);
  const figures = Object.entries(logs).map(
    ([name, value]) => `${printable(name)}: ${figure(value)}`,
  );
  return [`Epoch ${number}/${epochs}`, `${seconds.toFixed(2)} s`, ...figures].join(' - ');
}

/** Four decimals where they tell something, else scientific. */
function figure(value: number): string {
  const size = Math.abs(value);
  return size === 0 || (size >= 1e-3 && size < 1e6) ? value.toFixed(4) : value.toExponential(4);
}
