// Losses and metrics of a model's outputs, over one stretch of time after the other.
import type { Kernels } from '../engine/kernels.js';
import type { EngineMemory } from '../engine/memory.js';
import type { View } from '../layers/node.js';
import type { Batch, Stretch } from './batches.js';
import type { Compiled } from './compile-options.js';
import type { Head } from './ends.js';
import { MaskedScore, type Share } from './masked-score.js';
import type { Network } from './network.js';

export class Scores {
  /** Means over the rows so far, as figureNames lists them. */
  readonly figures: Float64Array;
  /** What each of them counts for beside those of other batches: samples, or those whose steps count. */
  readonly weights: Float64Array;
  readonly #kernels: Kernels;
  readonly #memory: EngineMemory;
  readonly #network: Network;
  readonly #goals: Compiled['goals'];
  readonly #masked: MaskedScore;

  constructor(
    kernels: Kernels,
    memory: EngineMemory,
    network: Network,
    { goals, figures }: Compiled,
  ) {
    this.#kernels = kernels;
    this.#memory = memory;
    this.#network = network;
    this.#goals = goals;
    this.#masked = new MaskedScore(kernels, network.heads.length);
    this.figures = new Float64Array(figures.length);
    this.weights = new Float64Array(figures.length);
  }

  /** Before the first stretch of a batch. @param weight what it counts for among others */
  begin(weight: number): void {
    this.figures.fill(0);
    this.weights.fill(weight);
    this.#masked.begin();
  }

  /**
   * After a forward pass: adds this stretch's part to the figures, and returns its part of the loss. In training leaves the
   * gradients of the outputs in place.
   */
  add(batch: Batch, covered: Stretch, training: boolean, ends: boolean): number {
    const { heads } = this.#network;
    let loss = 0;
    for (let i = 0; i < heads.length; i++) {
      if (!ends && !heads[i].port.sequence) continue;
      loss += this.#addHead(i, batch, covered, training, ends);
    }
    return loss;
  }

  #addHead(i: number, batch: Batch, covered: Stretch, training: boolean, ends: boolean): number {
    const all = this.#network.heads[i];
    const { port, whole } = all;
    const { pass, weight, metrics, firstFigure } = this.#goals[i];
    const stretch = this.#network.streams ? covered : whole;
    batch.data.stageTarget(i, this.#memory, all.target, batch, stretch);
    const { window } = batch;
    // steps of a window that were scored in one before
    const before = window ? window.steps - window.scored : 0;
    const head = before > 0 ? this.#tailOf(all, before * batch.B) : all;
    const { output, target, gradient, rowWeights } = head;
    const rows = this.#network.rows(all, batch.B) - before * batch.B;
    let { weighted } = batch.data;
    if (weighted) batch.data.stageWeights(i, this.#memory, all.rowWeights, batch, stretch);
    else if (pass.byLayer && weight !== 1) {
      // the layer's gradients follow from them
      this.#memory.floats.fill(1, rowWeights.pointer >>> 2, (rowWeights.pointer >>> 2) + rows);
      weighted = true;
    }
    const { lengths } = output;
    if (port.sequence && lengths !== 0) {
      const from = window ? before : stretch.from;
      const share = { B: batch.B, rows, from, training, weighted, ends };
      return this.#addMasked(i, head, share);
    }
    const share = training ? 1 : rows / (batch.B * port.steps);
    const loss = pass.byLayer
      ? this.#network.layerLoss(head, weighted ? rowWeights.pointer : 0)
      : pass.compute(
          this.#kernels,
          rows,
          port.features,
          output,
          target,
          training ? gradient : undefined,
          weighted ? rowWeights.pointer : 0,
        ) * share;
    let figure = firstFigure;
    if (this.#network.heads.length > 1) this.figures[figure++] += loss;
    for (const { measure } of metrics) {
      const sum = measure(this.#memory.floats, rows, port.features, output, target);
      this.figures[figure++] += (sum / rows) * share;
    }
    if (training) this.#weighGradient(i, head, rows);
    return loss * weight;
  }

  /** An output without its first rows, of whose loss nobody asks. */
  #tailOf(head: Head, rows: number): Head {
    const behind = ({ pointer, stride, lengths }: View): View => ({
      pointer: pointer === 0 ? 0 : pointer + 4 * rows * stride,
      stride,
      lengths,
    });
    const { output, target, gradient, rowWeights } = head;
    if (gradient.pointer !== 0) {
      this.#kernels.fill(rows * gradient.stride, gradient.pointer, 0);
    }
    return {
      ...head,
      output: behind(output),
      target: behind(target),
      gradient: behind(gradient),
      rowWeights: behind(rowWeights),
    };
  }

  /** The same where steps are masked: means over those that count. */
  #addMasked(i: number, head: Head, share: Share): number {
    const { pass, weight, metrics, firstFigure } = this.#goals[i];
    const masked = this.#masked;
    const several = this.#network.heads.length > 1;
    const firstMetric = firstFigure + (several ? 1 : 0);
    const rowWeights = share.weighted ? head.rowWeights.pointer : 0;
    const loss = pass.byLayer
      ? masked.take(i, head, share, this.#network.layerLoss(head, rowWeights))
      : masked.add(i, head, pass, share);
    metrics.forEach(({ measure }, k) => {
      this.figures[firstMetric + k] += masked.measure(measure, this.#memory.floats, head, share);
    });
    if (!share.ends) return 0;
    if (several) this.figures[firstFigure] = loss;
    const { counted } = masked;
    metrics.forEach((_, k) => {
      this.figures[firstMetric + k] /= Math.max(1, counted[i]);
      this.weights[firstMetric + k] = counted[i] / head.port.steps;
    });
    if (share.training) this.#weighGradient(i, head, share.rows);
    return loss * weight;
  }

  /** The loss's factor, on its gradient: figures show the loss without it, as in Keras. */
  #weighGradient(i: number, { gradient, rowWeights }: Head, rows: number): void {
    const { pass, weight } = this.#goals[i];
    if (weight === 1) return;
    const { pointer, stride } = pass.byLayer ? rowWeights : gradient;
    if (pointer === 0) return;
    this.#kernels.scaleValues(rows * stride, pointer, weight);
  }
}
