// What the kernels of a cell drop themselves (assembly/recurrent/drops.ts): masks of the rows [x | h] that each gate sees,
// and those of zoneout.
import type { Kernels } from '../engine/kernels.js';
import { type DropConfig, type DropCounter, dropCounter } from './drop-options.js';
import type { Context, Demand } from './node.js';

/** The rows on which a cell works. */
export interface CellRow {
  readonly gates: number;
  readonly I: number;
  readonly H: number;
  /** Where h begins, and floats from row to row. */
  readonly hColumn: number;
  readonly stride: number;
}

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
    const { gates, stride, hColumn } = this.#row;
    const masks = this.#state > 0 ? B * gates * stride : 0;
    const units = T * B * (stride - hColumn);
    return [
      { name: 'masks', floats: masks, keeps: 'step' },
      { name: 'masked', floats: T * masks, keeps: 'step' },
      { name: 'hidden units kept', floats: this.hidden > 0 ? units : 0, keeps: 'step' },
      { name: 'cells kept', floats: this.cell > 0 ? units : 0, keeps: 'step' },
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
    const { gates, I, H, hColumn, stride } = this.#row;
    const kernels = this.#kernels;
    const counter = this.#counter;
    const drop = (
      of: Parameters<DropCounter>[0],
      rows: number,
      columns: number,
      at: number,
      from: number,
      rate: number,
    ) => kernels.dropout(rows, columns, at, from, at, from, rate, ...counter(of, step));
    if (masks) {
      kernels.fill(B * gates * stride, masks, 1);
      if (this.#input > 0) drop('input', B * gates, I, masks, stride, this.#input);
      drop('state', B * gates, H, masks + 4 * hColumn, stride, this.#state);
    }
    const units = stride - hColumn;
    if (keepH) {
      kernels.fill(T * B * units, keepH, 1);
      drop('hidden', T * B, H, keepH, units, this.hidden);
    }
    if (keepC) {
      kernels.fill(T * B * units, keepC, 1);
      drop('cell', T * B, H, keepC, units, this.cell);
    }
  }
}
