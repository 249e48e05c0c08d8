import { settle } from '../rules.js';
import { Layer } from './layer.js';
import type { Context, Demands, Extent } from './node.js';
import {
  checkFactors,
  factorAndOffset,
  type NormalizationConfig,
  NormalizationNode,
  type NormalizationOptions,
  normalizationRules,
} from './normalization.js';
import { floatPort, type Port } from './port.js';

/** Options of layers.layerNormalization. */
export interface LayerNormalizationOptions extends NormalizationOptions {}

/**
 * y = gamma (x - mean) / sqrt(variance + epsilon) + beta, mean and variance over the features of a sample, or of a
 * time step of one, as LayerNormalization of Keras over its last axis; masks pass through. Input [n, F] or [n, T, F],
 * output alike. Weights: gamma [F] unless scale is false, beta [F] unless center is false.
 * Source: Ba, Kiros, Hinton 2016 (arXiv 1607.06450).
 * @throws SluiceError 'bad-option' for options that do not hold.
 */
export function layerNormalization(options: LayerNormalizationOptions = {}): Layer {
  const subject = 'layers.layerNormalization';
  const { inputShape, trainable, name, ...config } = settle(subject, options, normalizationRules);
  checkFactors(subject, config);
  return new Layer({
    className: 'LayerNormalization',
    name,
    inputShape,
    trainable,
    config,
    outputs: ([input], label) => [floatPort(label, input)],
    connect: (inputs, outputs, context) =>
      new LayerNormalizationNode(config, inputs, outputs, context),
  });
}

class LayerNormalizationNode extends NormalizationNode {
  readonly className = 'LayerNormalization';
  readonly #epsilon: number;

  constructor(
    config: NormalizationConfig,
    inputs: readonly Port[],
    outputs: readonly Port[],
    context: Context,
  ) {
    super(factorAndOffset(config), inputs, outputs, context);
    this.#epsilon = config.epsilon;
  }

  demands(extent: Extent, training: boolean): Demands {
    const rows = this.rows(extent);
    return {
      regions: [
        { name: 'y', floats: rows * this.columns, keeps: 'output' },
        // mean and inverse deviation of each row
        { name: 'saved', floats: training ? 2 * rows : 0, keeps: 'step' },
      ],
      forwardScratch: 0,
      backwardScratch: training ? this.kernels.layerNormScratchFloats(this.features) : 0,
    };
  }

  forward(extent: Extent, { training }: { readonly training: boolean }): void {
    const { blocks, regions } = this.buffers;
    const [{ pointer, stride, lengths }] = this.inputs;
    const [output] = this.outputs;
    output.pointer = regions[0];
    output.lengths = lengths;
    this.kernels.layerNormForward(
      this.rows(extent),
      this.features,
      pointer,
      stride,
      this.place(blocks, 'gamma'),
      this.place(blocks, 'beta'),
      this.#epsilon,
      output.pointer,
      output.stride,
      training ? regions[1] : 0,
    );
  }

  backward(extent: Extent): void {
    const { blocks, gradients, regions, backwardScratch } = this.buffers;
    const [x] = this.inputs;
    const [dY] = this.outputGradients;
    const [dX] = this.inputGradients;
    this.kernels.layerNormBackward(
      this.rows(extent),
      this.features,
      x.pointer,
      x.stride,
      this.place(blocks, 'gamma'),
      regions[1],
      dY.pointer,
      dY.stride,
      dX.pointer,
      dX.stride,
      this.place(gradients, 'gamma'),
      this.place(gradients, 'beta'),
      backwardScratch,
    );
  }
}
