/** The view of one training: drawn again in a terminal, a line an epoch elsewhere. */

import { bar, figure } from './figures.js';
import { LiveLines, type Screen, say } from './terminal.js';

export class TrainingView {
  readonly #screen: Screen;
  readonly #lines: LiveLines;
  readonly #epochs: number;
  #drawnAt = Number.NEGATIVE_INFINITY;
  #error: number | undefined;

  constructor(screen: Screen, epochs: number) {
    this.#screen = screen;
    this.#lines = new LiveLines(screen);
    this.#epochs = epochs;
  }

  readonly hooks = {
    onProgress: (epoch: number, share: number, loss: number) => {
      const now = performance.now();
      if (!this.#screen.live || now - this.#drawnAt < 100) return;
      this.#drawnAt = now;
      const error = this.#error === undefined ? '' : `  validation MAE ${figure(this.#error)}`;
      const done = bar((epoch + share) / this.#epochs, 24);
      this.#lines.draw([
        `${done} epoch ${epoch + 1}/${this.#epochs}  loss ${figure(loss)}${error}`,
      ]);
    },
    onEpoch: (
      epoch: number,
      { loss, validationError }: { loss: number; validationError: number },
    ) => {
      this.#error = validationError;
      if (this.#screen.live) return;
      const figures = `loss ${figure(loss)}  validation MAE ${figure(validationError)}`;
      say(this.#screen, `epoch ${epoch + 1}/${this.#epochs}  ${figures}`);
    },
  };

  close(): void {
    this.#lines.clear();
  }
}
