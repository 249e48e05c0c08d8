import type { Logs } from '../callbacks/callback.js';
import { printable } from '../printable.js';

/** One line about a finished epoch: `Epoch 3/20 - 0.41 s - loss: 0.1234 - val_loss: 0.1301`. */
export function progressLine(epoch: number, epochs: number, seconds: number, logs: Logs): string {
  return [epochText(epoch, epochs), `${seconds.toFixed(2)} s`, ...figures(logs)].join(' - ');
}

const BAR = 20;

/**
 * One about a running epoch: `Epoch 3/20 - 37/120 [======--------------] - loss: 0.1234`, or
 * `Epoch 3/20 - batch 37 - loss: 0.1234` where nobody knows how many there will be.
 */
export function liveLine(
  epoch: number,
  epochs: number,
  done: number,
  batches: number | undefined,
  logs: Logs,
): string {
  if (batches === undefined) {
    return [epochText(epoch, epochs), `batch ${done}`, ...figures(logs)].join(' - ');
  }
  const filled = Math.floor((BAR * done) / batches);
  const bar = `[${'='.repeat(filled)}${'-'.repeat(BAR - filled)}]`;
  return [epochText(epoch, epochs), `${done}/${batches} ${bar}`, ...figures(logs)].join(' - ');
}

function epochText(epoch: number, epochs: number): string {
  return `Epoch ${String(epoch + 1).padStart(String(epochs).length)}/${epochs}`;
}

const figures = (logs: Logs): string[] =>
  Object.entries(logs).map(([name, value]) => `${printable(name)}: ${figure(value)}`);

/** Four decimals where they tell something, else scientific. */
function figure(value: number): string {
  const size = Math.abs(value);
  return size === 0 || (size >= 1e-3 && size < 1e6) ? value.toFixed(4) : value.toExponential(4);
}
