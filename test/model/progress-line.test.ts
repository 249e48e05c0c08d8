import { expect, it } from 'vitest';
import { liveLine, progressLine } from '../../src/model/progress-line.js';

it('aligns epochs and shows figures large and small', () => {
  const logs = { loss: 0.12345, mae: 0, val_loss: 1.2e-7, val_mae: 3.4e9 };
  expect(progressLine(2, 120, 0.416, logs)).toBe(
    'Epoch   3/120 - 0.42 s - loss: 0.1235 - mae: 0.0000 - val_loss: 1.2000e-7 - val_mae: 3.4000e+9',
  );
});

it('shows how far a running epoch is', () => {
  expect(liveLine(0, 9, 37, 120, { loss: 0.5 })).toBe(
    'Epoch 1/9 - 37/120 [======--------------] - loss: 0.5000',
  );
  expect(liveLine(8, 9, 120, 120, { loss: 0.5 })).toContain('120/120 [====================]');
});
