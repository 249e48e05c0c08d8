import { expect, it } from 'vitest';
import { progressLine } from '../../src/model/progress-line.js';

it('aligns epochs and shows figures large and small', () => {
  const logs = { loss: 0.12345, mae: 0, val_loss: 1.2e-7, val_mae: 3.4e9 };
  expect(progressLine(2, 120, 0.416, logs)).toBe(
    'Epoch   3/120 - 0.42 s - loss: 0.1235 - mae: 0.0000 - val_loss: 1.2000e-7 - val_mae: 3.4000e+9',
  );
});
