// What recurrent layers remember from one pass to the next: of stateful layers from batch to batch, in truncated
// backpropagation of all of them from window to window.
import { SluiceError } from '../errors.js';
import type { Carrier } from '../layers/node.js';
import { shapeText, type Tensor } from './tensor.js';

/** A carrier, and the layer of the model that it belongs to. */
export interface Carried {
  readonly carrier: Carrier;
  readonly layer: string;
}

type Rows = readonly (readonly Float32Array[])[];

/** The states of some nodes between two passes. A pass leaves its own aside, until `accept` takes them over. */
export class Carry {
  /** Samples whose states these are; 0: no pass has left any, all begin at zero. */
  rows = 0;
  readonly #carried: readonly Carried[];
  #now: Rows = [];
  #next: Rows = [];
  #nextRows = 0;

  constructor(carried: readonly Carried[]) {
    this.#carried = carried;
  }

  /** Others that begin where these stand. */
  copy(): Carry {
    const other = new Carry(this.#carried);
    other.rows = this.rows;
    other.#now = this.#now.map((states) => states.map((state) => state.slice()));
    return other;
  }

  /**
   * To be called before a pass over B samples.
   * @param steps in training: the time steps after which states are wanted
   */
  begin(B: number, steps = Number.POSITIVE_INFINITY): void {
    if (this.#nextRows !== B || this.#next.length === 0) {
      this.#next = this.#carried.map(({ carrier }) =>
        carrier.state.map(({ features }) => new Float32Array(B * features)),
      );
      this.#nextRows = B;
    }
    this.#carried.forEach(({ carrier }, i) => {
      carrier.carrying = {
        begin: this.rows > 0 ? this.#now[i] : undefined,
        end: this.#next[i],
        steps,
      };
    });
  }

  /** What the pass before has left is where the next one begins. */
  accept(): void {
    [this.#now, this.#next] = [this.#next, this.#now];
    [this.rows, this.#nextRows] = [this.#nextRows, this.rows];
  }

  /** Zeros, for batches of any size. @param layer of that layer alone, for batches as before */
  reset(layer?: string): void {
    if (layer === undefined || this.layers.length === 1) this.rows = 0;
    if (this.rows === 0) return;
    this.#carried.forEach((one, i) => {
      if (one.layer === layer) for (const state of this.#now[i]) state.fill(0);
    });
  }

  /** Names of the layers. */
  get layers(): readonly string[] {
    return [...new Set(this.#carried.map(({ layer }) => layer))];
  }

  /** 'lstm/h' ... */
  get names(): readonly string[] {
    return this.#carried.flatMap(({ carrier }) =>
      carrier.state.map(({ name }) => `${carrier.name}/${name}`),
    );
  }

  /** Copies, [rows, features] each, in the order of `names`; none where there are no rows. */
  read(): Tensor[] {
    if (this.rows === 0) return [];
    return this.#carried.flatMap(({ carrier }, i) =>
      carrier.state.map(({ features }, k) => ({
        data: this.#now[i][k].slice(),
        shape: [this.rows, features],
      })),
    );
  }

  /** The shapes that `write` wants for so many samples. */
  shapes(rows: number): number[][] {
    return this.#carried.flatMap(({ carrier }) =>
      carrier.state.map(({ features }) => [rows, features]),
    );
  }

  /** Takes states over, checked by the caller but for their shapes. @throws SluiceError 'bad-shape' */
  write(states: readonly Tensor[]): void {
    if (states.length === 0) {
      this.rows = 0;
      return;
    }
    const [rows] = states[0].shape;
    this.shapes(rows).forEach((shape, i) => {
      const found = states[i]?.shape ?? [];
      if (shapeText(found) === shapeText(shape)) return;
      throw new SluiceError(
        'bad-shape',
        `state ${this.names[i]} must be ${shapeText(shape)}, but is ${shapeText(found)}`,
      );
    });
    let next = 0;
    this.#now = this.#carried.map(({ carrier }) =>
      carrier.state.map(() => states[next++].data.slice()),
    );
    this.rows = rows;
  }

  /** Whether a pass has left numbers that another one can begin in. */
  get finite(): boolean {
    return this.rows === 0 || this.#now.flat().every((state) => state.every(Number.isFinite));
  }

  /** @throws SluiceError 'bad-shape' where states of another number of samples are held */
  checkRows(subject: string, B: number): void {
    if (this.rows === 0 || this.rows === B) return;
    throw new SluiceError(
      'bad-shape',
      `${subject}: ${this.#said} and holds the states of ${this.rows} sequences, but this batch has ${B} samples; ` +
        `give batches of ${this.rows}, or call resetStates() to begin ${B} new sequences ` +
        '(model.stream() has states of its own)',
    );
  }

  /** @throws SluiceError 'bad-shape' where the last batch would be smaller than the others */
  checkCount(subject: string, count: number, batchSize: number): void {
    const rest = count % batchSize;
    if (count > batchSize && rest > 0) {
      throw new SluiceError(
        'bad-shape',
        `${subject}: ${this.#said}, so that sample i of a batch goes on where sample i of the batch before ended, but ` +
          `${count} samples in batches of ${batchSize} leave ${rest} for the last one; give a multiple of ${batchSize} ` +
          'samples, or a batchSize that divides them',
      );
    }
    this.checkRows(subject, Math.min(count, batchSize));
  }

  get #said(): string {
    const [first, ...others] = this.layers;
    return `layer ${first}${others.length > 0 ? ` (and ${others.join(', ')})` : ''} is stateful`;
  }
}
