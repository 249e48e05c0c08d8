// The node of every recurrent cell but the vanilla LSTM and the GRU: they share one family of kernels
// (assembly/cells/cell-*.ts), which is told by a number what the cell is made of.
import { ALONE } from '../engine/kernels.js';
import { type Span, stretch } from '../engine/span.js';
import { CellDrops } from './cell-drops.js';
import { type CellKind, kindNumber, normWeights } from './cell-kind.js';
import type { DropConfig } from './drop-options.js';
import type { Context, Demands, Extent, Pass, View } from './node.js';
import type { Port } from './port.js';
import { type RecurrentConfig, RecurrentNode, type RecurrentWeight } from './recurrent.js';

/** Units that share tiles of weights. */
const GROUP = 16;

/** What an LstmNode or a GruNode is to their kernels. Weights: kernel, recurrentKernel, bias, others as they are. */
export abstract class CellNode extends RecurrentNode {
  override readonly blockFloats: readonly number[];
  override readonly spans: readonly Span[];
  readonly #kind: number;
  /** Vectors of a row of c; 0: there are no such rows. */
  readonly #cellVectors: number;
  /** Columns of h. */
  readonly #columns: number;
  /** What it drops; undefined: nothing. */
  readonly #drops: CellDrops | undefined;
  /**
   * Where kernel, recurrentKernel, bias, what meets the state unit by unit, gateKernel, projection and the bias of
   * the output stand among the weights; -1: nowhere.
   */
  readonly #places: readonly number[];
  /** Weights of norms: their place, and the rows of H numbers that they are, beside the biases. */
  readonly #norms: readonly {
    readonly place: number;
    readonly first: number;
    readonly count: number;
  }[];

  /**
   * @param gates products of a time step
   * @param weights kernel, recurrentKernel where the state meets a matrix, bias where there is one,
   *   `extra` [E, H] where something meets the state unit by unit, gateKernel [3H, 3H] where gates see gates,
   *   projectionKernel or outputKernel [H, P] where h is a projection, outputBias [P] of a Jordan network
   */
  constructor(
    config: RecurrentConfig & DropConfig,
    kind: CellKind,
    gates: number,
    weights: readonly RecurrentWeight[],
    inputs: readonly Port[],
    outputs: readonly Port[],
    context: Context,
    extra = '',
  ) {
    const hasCell = kind.cell === 'lstm' || kind.cell === 'slstm';
    const gatesSeen = kind.gatesSeen === true;
    const others = kind.cell === 'slstm' ? ['n', 'm'] : gatesSeen ? ['i', 'f', 'o'] : [];
    const { projection } = kind;
    const jordan = projection !== undefined && !hasCell;
    const state = hasCell ? ['h', 'c', ...others] : [jordan ? 'y' : 'h'];
    const vectorsBeside = state.length - 1 + (projection ? 1 : 0);
    const design = { weights, state, group: GROUP, outputs: projection, beside: vectorsBeside };
    super(config, design, inputs, outputs, context);
    const { kernels, I, H } = this;
    this.#kind = kindNumber(kind);
    this.#cellVectors = vectorsBeside;
    this.#columns = projection ?? H;
    const columns = this.#columns;
    const row = { gates, I, columns, H, hColumn: this.hColumn, stride: this.xhStride };
    this.#drops = CellDrops.of(config, row, context);
    const names = weights.map(({ name }) => name);
    const own = ['kernel', 'recurrentKernel', 'bias'].map((name) => (name === extra ? '' : name));
    const projector = jordan ? 'outputKernel' : 'projectionKernel';
    const rest = [extra, 'gateKernel', projector, 'outputBias'];
    this.#places = [...own, ...rest].map((name) => names.indexOf(name));
    let nextVector = kind.peephole ? 3 : 0;
    const norms = kind.layerNorm ? normWeights(gates, H) : [];
    this.#norms = norms.map(({ name, shape }) => {
      const count = shape[0] / H;
      nextVector += count;
      return { place: names.indexOf(name), first: nextVector - count, count };
    });
    const weightFloats = kernels.cellWeightFloats(this.#kind, I, H);
    const biasFloats = kernels.cellBiasFloats(this.#kind, H);
    this.blockFloats = [weightFloats, biasFloats];
    const groups = Math.ceil(H / GROUP);
    const bankFloats = kernels.cellBankFloats(this.#kind, H);
    const depth = (weightFloats - bankFloats) / (groups * gates);
    const rows = { runs: groups * gates, stride: depth, decay: true };
    const input = GROUP * this.hColumn;
    const outputBiases = jordan ? this.xhStride - this.hColumn : 0;
    const vectors = (biasFloats - outputBiases) / groups;
    const beside = { runs: groups, stride: vectors };
    const biases = GROUP * gates;
    const [, recurrent, bias, beyond, gate, projected, outputBias] = this.#places;
    const bank = weightFloats - bankFloats;
    const spans: (Span | false)[] = [
      recurrent < 0
        ? stretch('kernel', 0, weightFloats, true)
        : { name: 'kernel', offset: 0, length: input, ...rows },
      recurrent >= 0 && {
        name: 'recurrentKernel',
        offset: input,
        length: depth - input,
        ...rows,
      },
      bias >= 0 && {
        name: 'bias',
        offset: weightFloats,
        length: biases,
        ...beside,
        decay: false,
      },
      beyond >= 0 && {
        name: extra,
        offset: weightFloats + biases,
        length: kind.layerNorm ? 3 * GROUP : vectors - biases,
        ...beside,
        decay: true,
      },
      ...this.#norms.map(({ first, count }, i) => ({
        name: norms[i].name,
        offset: weightFloats + biases + GROUP * first,
        length: GROUP * count,
        ...beside,
        decay: false,
      })),
      gate >= 0 && stretch('gateKernel', bank, bankFloats, true),
      projected >= 0 && stretch(projector, bank, bankFloats, true),
      outputBias >= 0 &&
        stretch('outputBias', weightFloats + biasFloats - outputBiases, outputBiases, false),
    ];
    this.spans = spans.filter((span) => span !== false);
  }

  demands({ B, steps: [T] }: Extent, training: boolean): Demands {
    const { kernels, I, H } = this;
    const kind = this.#kind;
    const forwardScratch = kernels.cellForwardScratchFloats(kind, B);
    if (training) {
      return {
        regions: [
          { name: 'xh', floats: kernels.cellXhFloats(B, T, I, this.#columns), keeps: 'output' },
          { name: 'cell', floats: kernels.cellStateFloats(kind, B, T, H), keeps: 'step' },
          { name: 'saved', floats: kernels.cellSavedFloats(kind, B, T, H), keeps: 'step' },
          ...(this.#drops?.regions(
            B,
            T,
            this.mostOf(B, (b) => kernels.cellDropFloats(b, T, Math.max(H, this.#columns))),
          ) ?? []),
          this.stateGradients(B),
        ],
        forwardScratch,
        backwardScratch: this.mostOf(B, (b) => kernels.cellBackwardScratchFloats(kind, b, T, I, H)),
      };
    }
    return {
      regions: [
        { name: 'xh', floats: kernels.cellXhFloats(B, 0, I, this.#columns), keeps: 'state' },
        { name: 'cell', floats: kernels.cellStateFloats(kind, B, 0, H), keeps: 'state' },
        { name: 'h', floats: this.outputFloats(B, T), keeps: 'output' },
      ],
      forwardScratch,
      backwardScratch: 0,
    };
  }

  forward(extent: Extent, pass: Pass): void {
    this.handLengthsOn();
    if (pass.training) this.#forwardTraining(extent, pass);
    else this.#infer(extent, pass);
  }

  #forwardTraining({ B, steps: [T] }: Extent, { step }: Pass): void {
    const { buffers, I, H } = this;
    if (this.#drops) {
      this.#forwardDropped(this.#drops, B, T, step);
      return;
    }
    const [input] = this.inputs;
    const [xh, cell, saved] = buffers.regions;
    const [w, b] = buffers.blocks;
    const kind = this.#kind;
    const c = this.#cellVectors ? cell : 0;
    const { pointer, stride, lengths } = input;
    const scratch = buffers.forwardScratch;
    if (this.passing.begins) {
      this.passing.begin(B);
      // biome-ignore format: the arguments of one kernel
      this.kernels.cellForward(
        kind, B, T, I, H, pointer, stride, xh, w, b, saved, c, lengths, 0, scratch, ALONE, ALONE,
      );
    } else {
      // biome-ignore format: the arguments of one kernel
      this.kernels.cellForwardFromZero(
        kind, B, T, I, H, pointer, stride, xh, w, b, saved, c, lengths, scratch, ALONE, ALONE,
      );
    }
    this.outputInRows(xh, B, T);
    this.passing.end(B, T);
  }

  #forwardDropped(drops: CellDrops, B: number, T: number, step: number): void {
    const { kernels, buffers, I, H } = this;
    const [input] = this.inputs;
    const [xh, cell, saved, ...regions] = buffers.regions;
    const [w, b] = buffers.blocks;
    const c = this.#cellVectors ? cell : 0;
    const dropped = drops.buffers(regions);
    const { masks, masked, keepH, keepC } = dropped;
    drops.draw(B, T, step, dropped);
    if (this.passing.begins) this.passing.begin(B);
    else kernels.cellZeroState(this.#kind, B, I, H, xh, c);
    kernels.cellForwardDropped(
      ...([this.#kind, B, T, I, H, input.pointer, input.stride, xh, w, b, saved, c] as const),
      ...([input.lengths, 0, masks, masked, keepH, keepC] as const),
      ...([buffers.forwardScratch, ALONE, ALONE] as const),
    );
    this.outputInRows(xh, B, T);
    this.passing.end(B, T);
  }

  #infer({ B, steps: [T] }: Extent, { from }: Pass): void {
    const { kernels, buffers, I, H } = this;
    const [input] = this.inputs;
    const [xh, cell, h] = buffers.regions;
    const [w, b] = buffers.blocks;
    const c = this.#cellVectors ? cell : 0;
    if (from === 0 && this.passing.begins) this.passing.begin(B);
    else if (from === 0) kernels.cellZeroState(this.#kind, B, I, H, xh, c);
    if (this.#drops) {
      kernels.cellInferZoned(
        ...([this.#kind, B, T, I, H, input.pointer, input.stride, xh, w, b, c, h] as const),
        ...([this.sequences ? 1 : 0, input.lengths, from] as const),
        ...([this.#drops.hidden, this.#drops.cell, buffers.forwardScratch, ALONE, ALONE] as const),
      );
      this.outputAlone(h);
      this.passing.end(B, 0);
      return;
    }
    kernels.cellInfer(
      this.#kind,
      B,
      T,
      I,
      H,
      input.pointer,
      input.stride,
      xh,
      w,
      b,
      c,
      h,
      this.sequences ? 1 : 0,
      input.lengths,
      from,
      buffers.forwardScratch,
      ALONE,
      ALONE,
    );
    this.outputAlone(h);
    this.passing.end(B, 0);
  }

  backward({ B, steps: [T] }: Extent): void {
    const { buffers, I, H } = this;
    const gradients = this.passing.gradients(B, this.sequences);
    const [inputGradient] = this.inputGradients;
    const [xh, cell, saved, ...regions] = buffers.regions;
    const [w, b] = buffers.blocks;
    const [dW = 0, db = 0] = buffers.gradients;
    if (this.#drops) {
      const { masks, masked, keepH, keepC, aside } = this.#drops.buffers(regions);
      this.kernels.cellBackwardDropped(
        ...([this.#kind, B, T, I, H, xh, w, b, saved, this.#cellVectors ? cell : 0] as const),
        ...([gradients.out, gradients.outStride, gradients.outLast] as const),
        ...([gradients.hLast, gradients.cLast] as const),
        ...([inputGradient.pointer, inputGradient.stride, dW, db] as const),
        ...([gradients.hFirst, gradients.cFirst] as const),
        ...([this.inputs[0].lengths, 0, masks, masked, keepH, keepC, aside] as const),
        ...([buffers.backwardScratch, ALONE, ALONE] as const),
      );
      this.passing.handBack(B);
      return;
    }
    this.kernels.cellBackward(
      this.#kind,
      B,
      T,
      I,
      H,
      xh,
      w,
      b,
      saved,
      this.#cellVectors ? cell : 0,
      gradients.out,
      gradients.outStride,
      gradients.outLast,
      gradients.hLast,
      gradients.cLast,
      inputGradient.pointer,
      inputGradient.stride,
      dW,
      db,
      gradients.hFirst,
      gradients.cFirst,
      this.inputs[0].lengths,
      0,
      buffers.backwardScratch,
      ALONE,
      ALONE,
    );
    this.passing.handBack(B);
  }

  override stateViews(): readonly View[] {
    const [xh, c] = this.buffers.regions;
    const h = { pointer: xh + 4 * this.hColumn, stride: this.xhStride, lengths: 0 };
    const wide = Math.ceil(this.H / GROUP) * GROUP;
    const beside = this.state.slice(1).map((_, n) => ({
      pointer: c + 4 * n * wide,
      stride: this.#cellVectors * wide,
      lengths: 0,
    }));
    return [h, ...beside];
  }

  override pack(weights: readonly number[], [w, b]: readonly number[]): void {
    const [kernel, recurrent, bias, extra, gateKernel, projection, output] = this.#of(weights);
    this.kernels.cellPack(this.#kind, this.I, this.H, kernel, recurrent, bias, extra, w, b);
    for (const { place, first, count } of this.#norms) {
      this.kernels.cellPackVectors(this.#kind, this.H, first, count, weights[place], b);
    }
    if (gateKernel) this.kernels.cellPackGates(this.I, this.H, gateKernel, w);
    if (projection) {
      this.kernels.cellPackProjection(this.#kind, this.I, this.H, projection, output, w, b);
    }
  }

  override unpack(weights: readonly number[], [w, b]: readonly number[]): void {
    const [kernel, recurrent, bias, extra, gateKernel, projection, output] = this.#of(weights);
    this.kernels.cellUnpack(this.#kind, this.I, this.H, w, b, kernel, recurrent, bias, extra);
    for (const { place, first, count } of this.#norms) {
      this.kernels.cellUnpackVectors(this.#kind, this.H, first, count, b, weights[place]);
    }
    if (gateKernel) this.kernels.cellUnpackGates(this.I, this.H, w, gateKernel);
    if (projection) {
      this.kernels.cellUnpackProjection(this.#kind, this.I, this.H, w, b, projection, output);
    }
  }

  #of(weights: readonly number[]): number[] {
    return this.#places.map((place) => (place < 0 ? 0 : weights[place]));
  }
}
