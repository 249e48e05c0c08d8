import { SluiceError } from '../errors.js';
import { shown } from '../options.js';
import { booleanRule, nameRule, type Rules, settle } from '../rules.js';
import { described } from './described.js';
import { isLayer, Layer } from './layer.js';
import { inputShapeRule, type Port, port, portText, type Shape, sequencePort } from './port.js';
import { TimeDistributedNode } from './time-distributed-node.js';

/** Options of layers.timeDistributed, named as in Keras. */
export interface TimeDistributedOptions {
  /** [timesteps, features], for the first layer alone. Default: settled by the first x. */
  inputShape?: Shape | undefined;
  /** False: the weights of the layer stay as they are. Default: as the layer has it; it must have weights. */
  trainable?: boolean | undefined;
  /** Names the weights in files; not empty. Default 'time_distributed', then 'time_distributed_1' ... */
  name?: string | undefined;
}

const SUBJECT = 'layers.timeDistributed';

const rules = {
  inputShape: inputShapeRule,
  trainable: booleanRule,
  name: nameRule,
} satisfies Rules<TimeDistributedOptions>;

/** Layers that do to a sample what they would do to it in any batch, and what they are called by default. */
const LAYERS: Readonly<Record<string, string>> = {
  Dense: 'dense',
  Activation: 'activation',
  Dropout: 'dropout',
  GaussianDropout: 'gaussian_dropout',
  GaussianNoise: 'gaussian_noise',
  LayerNormalization: 'layer_normalization',
  Flatten: 'flatten',
  Reshape: 'reshape',
  Permute: 'permute',
};

/**
 * A layer at each time step by itself, with the same weights, as Keras' TimeDistributed: input [n, T, F], output
 * [n, T, G] where the layer makes [n, G] of [n, F]. Masks go on. Weights: those of the layer, dense/kernel ... .
 * @param layer dense, activation, dropout, gaussianDropout, gaussianNoise, layerNormalization, flatten, reshape or permute,
 * not called yet, without inputShape.
 * @throws SluiceError 'bad-option' for options that do not hold, or a layer that it does not take.
 */
export function timeDistributed(layer: Layer, options: TimeDistributedOptions = {}): Layer {
  const { inputShape, trainable, name } = settle(SUBJECT, options, rules);
  checkLayer(layer);
  if (trainable !== undefined && !layer.hasWeights) {
    throw new SluiceError(
      'bad-option',
      `${SUBJECT}: trainable is for layers with weights, but ${layer.className} has none; leave it out`,
    );
  }
  const inner = layer.name ?? LAYERS[layer.className];
  return new Layer({
    className: 'TimeDistributed',
    name,
    inputShape,
    trainable: layer.hasWeights ? (trainable ?? layer.trainable) : undefined,
    config: { layer: described(layer) },
    activation: layer.activation,
    weightRules: layer.weightRules.map((rule) => ({ ...rule, weight: `${inner}/${rule.weight}` })),
    outputs: ([input], label) => [distributed(layer, label, input)],
    connect: (inputs, outputs, context) => {
      const named = { ...context, name: `${context.name}/${inner}` };
      const node = layer.connect([stepOf(inputs[0])], named);
      return new TimeDistributedNode(node, inner, inputs, outputs, context);
    },
  });
}

function checkLayer(layer: unknown): void {
  const known = isLayer(layer) && Object.hasOwn(LAYERS, layer.className);
  if (!known) {
    throw new SluiceError(
      'bad-option',
      `${SUBJECT}: layer must be one that takes a time step by itself: ${Object.keys(LAYERS).join(', ')}, but is ` +
        `${isLayer(layer) ? layer.className : shown(layer)}`,
    );
  }
  if (layer.activityPenalty) {
    throw new SluiceError(
      'bad-option',
      `${SUBJECT}: layer has an activityRegularizer, which is for layers that see the whole batch (Keras leaves it out here): leave it ` +
        'out, or take layers.dense by itself, which reads sequences too',
    );
  }
  if (layer.inputShape === undefined) return;
  throw new SluiceError(
    'bad-option',
    `${SUBJECT}: layer has inputShape [${layer.inputShape.join(', ')}], but what comes in is a sequence; state inputShape ` +
      '[timesteps, features] on timeDistributed',
  );
}

const stepOf = ({ features }: Port): Port => port([features]);

function distributed(layer: Layer, label: string, input: Port): Port {
  const { steps } = sequencePort(label, 'timeDistributed', input);
  const [output] = layer.outputsOf([stepOf(input)], label);
  if (!output.sequence) return port([steps, output.features]);
  throw new SluiceError(
    'bad-shape',
    `${label}: timeDistributed needs a layer that makes [features] of each time step, but ${layer.className} makes ` +
      `${portText(output)}; samples have at most two axes`,
  );
}
