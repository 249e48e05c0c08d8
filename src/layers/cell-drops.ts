// What the kernels of a cell drop themselves (assembly/recurrent/drops.ts): masks of the rows [x | h] that each gate sees,
// and those of zoneout.
import type { Kernels } from '../engine/kernels.js';
import { type DropConfig, type DropCounter, dropCounter } from './drop-options.js';
import type { Context, Demand } from './node.js';

/** The rows on which a cell works. */
export interface CellRow {
  readonly gates: number;
  readonly I: number;
  /** Columns of h, and of c. */
  readonly columns: number;
  readonly H: number;
  /** Where h begins, and floats from row to row. */
  readonly hColumn: number;
  readonly stride: number;
}

/** Floats of a row of what says which units are kept: what their kernels read is whole groups of 16. */
const keptFloats = (units: number): number => Math.ceil(units / 16) * 16;

/** Addresses that are 0 where nothing is dropped. */
export interface DropBuffers {
  readonly masks: number;
  readonly masked: number;
  readonly keepH: number;
  readonly keepC: number;
  readonly aside: number;
}

export class CellDrops {
  /** Rates of zoneout. */
  readonly hidden: number;
  readonly cell: number;
  readonly #input: number;
  readonly #state: number;
  readonly #row: CellRow;
  readonly #kernels: Kernels;
  readonly #counter: DropCounter;

  private constructor(config: DropConfig, row: CellRow, context: Context) {
    const { dropout, recurrentDropout = 0, zoneoutHidden = 0, zoneoutCell = 0, seed } = config;
    this.hidden = zoneoutHidden;
    this.cell = zoneoutCell;
    this.#input = dropout;
    this.#state = recurrentDropout;
    this.#row = row;
    this.#kernels = context.kernels;
    this.#counter = dropCounter(seed, context);
  }

  /** Undefined where a cell drops nothing of this. */
  static of(config: DropConfig, row: CellRow, context: Context): CellDrops | undefined {
    const { recurrentDropout = 0, zoneoutHidden = 0, zoneoutCell = 0 } = config;
    if (recurrentDropout === 0 && zoneoutHidden === 0 && zoneoutCell === 0) return undefined;
    return new CellDrops(config, row, context);
  }

  /** Of a training pass. @param aside floats */
  regions(B: number, T: number, aside: number): Demand[] {
    const { gates, stride, columns, H } = this.#row;
    const masks = this.#state > 0 ? B * gates * stride : 0;
    const [h, c] = [columns, H].map((units) => T * B * keptFloats(units));
    return [
      { name: 'masks', floats: masks, keeps: 'step' },
      { name: 'masked', floats: T * masks, keeps: 'step' },
      { name: 'hidden units kept', floats: this.hidden > 0 ? h : 0, keeps: 'step' },
      { name: 'cells kept', floats: this.cell > 0 ? c : 0, keeps: 'step' },
      { name: 'aside', floats: aside, keeps: 'step' },
    ];
  }

  /** The regions as the kernels take them. */
  buffers(regions: readonly number[]): DropBuffers {
    const [masks, masked, keepH, keepC, aside] = regions;
    return {
      masks: this.#state > 0 ? masks : 0,
      masked: this.#state > 0 ? masked : 0,
      keepH: this.hidden > 0 ? keepH : 0,
      keepC: this.cell > 0 ? keepC : 0,
      aside,
    };
  }

  /** Draws the masks of a training step. */
  draw(B: number, T: number, step: number, { masks, keepH, keepC }: DropBuffers): void {
    const { gates, I, columns, H, hColumn, stride } = this.#row;
    const kernels = this.#kernels;
    const counter = this.#counter;
    const drop = (
      of: Parameters<DropCounter>[0],
      rows: number,
      width: number,
      at: number,
      from: number,
      rate: number,
    ) => kernels.dropout(rows, width, at, from, at, from, rate, ...counter(of, step));
    if (masks) {
      kernels.fill(B * gates * stride, masks, 1);
      if (this.#input > 0) drop('input', B * gates, I, masks, stride, this.#input);
      drop('state', B * gates, columns, masks + 4 * hColumn, stride, this.#state);
    }
    const keep = (of: 'hidden' | 'cell', units: number, at: number, rate: number) => {
      const width = keptFloats(units);
      kernels.fill(T * B * width, at, 1);
      drop(of, T * B, units, at, width, rate);
    };
    if (keepH) keep('hidden', columns, keepH, this.hidden);
    if (keepC) keep('cell', H, keepC, this.cell);
  }
}
