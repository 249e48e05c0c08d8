import { SluiceError } from '../errors.js';
import { isPlainObject, shown } from '../options.js';
import { booleanRule, nameRule, type Rules, settle } from '../rules.js';
import { BidirectionalNode, type MergeMode } from './bidirectional-node.js';
import { described } from './described.js';
import { gru } from './gru.js';
import { indRNN } from './ind-rnn.js';
import { jordanRNN } from './jordan-rnn.js';
import { type Applied, isLayer, Layer, type SymbolicTensor } from './layer.js';
import { lstm } from './lstm.js';
import { minGRU, minLSTM } from './min-rnn.js';
import { inputShapeRule, type Port, port, type Shape } from './port.js';
import { simpleRNN } from './simple-rnn.js';
import { slstm } from './slstm.js';

export type { MergeMode } from './bidirectional-node.js';

/** Options of layers.bidirectional, named as in Keras. */
export interface BidirectionalOptions {
  /**
   * How the outputs of both directions become one: 'concat' beside each other, 'sum', 'mul', 'ave' (their mean); null: the
   * layer has two outputs. Default 'concat'.
   */
  mergeMode?: MergeMode | undefined;
  /** The layer that reads from the end, with goBackwards: true. Default: as the other one, with weights of its own. */
  backwardLayer?: Layer | undefined;
  /** [timesteps, features], for the first layer alone. Default: that of the layer. */
  inputShape?: Shape | undefined;
  /** False: weights of both directions stay as they are. Default: as the layer has it. */
  trainable?: boolean | undefined;
  /** Names the weights in files; not empty. Default 'bidirectional', then 'bidirectional_1' ... */
  name?: string | undefined;
}

const SUBJECT = 'layers.bidirectional';

const MODES: readonly MergeMode[] = ['concat', 'sum', 'mul', 'ave', null];

const rules = {
  mergeMode: {
    expected: "'concat', 'sum', 'mul', 'ave' or null",
    holds: (value: unknown) => MODES.includes(value as MergeMode),
    otherwise: () => 'concat' as const,
  },
  backwardLayer: { expected: 'a recurrent layer with goBackwards: true', holds: isLayer },
  inputShape: inputShapeRule,
  trainable: booleanRule,
  name: nameRule,
} satisfies Rules<BidirectionalOptions>;

/** Layers that it takes: how each is made, what it is called by default. */
const CELLS: Record<string, [make: (options: never) => Layer, name: string]> = {
  LSTM: [lstm, 'lstm'],
  GRU: [gru, 'gru'],
  SimpleRNN: [simpleRNN, 'simple_rnn'],
  IndRNN: [indRNN, 'ind_rnn'],
  MinGRU: [minGRU, 'min_gru'],
  MinLSTM: [minLSTM, 'min_lstm'],
  SLSTM: [slstm, 'slstm'],
  JordanRNN: [jordanRNN, 'jordan_rnn'],
};

/**
 * A recurrent layer over a sequence from its beginning and another one from its end (Schuster and Paliwal 1997), as Keras'
 * Bidirectional: outputs of the same time step meet, with returnSequences at each step, else the last of each
 * direction. With returnState of the layers it gives the states of the forward layer and those of the backward one after
 * its output. Input [n, T, I], output [n, T, 2H] or [n, 2H], without 'concat' H. Weights: those of both layers,
 * forward_lstm/kernel ... backward_lstm/kernel ... .
 * @param layer lstm, gru, simpleRNN, indRNN, minGRU, minLSTM, slstm or jordanRNN, not called yet, without goBackwards.
 * @throws SluiceError 'bad-option' for options that do not hold, or layers that do not fit each other.
 */
export function bidirectional(
  layer: Layer,
  options: BidirectionalOptions & { mergeMode: null },
): Layer<readonly SymbolicTensor[]>;
export function bidirectional(layer: Layer, options?: BidirectionalOptions): Layer;
export function bidirectional(layer: Layer, options: BidirectionalOptions = {}): Layer<Applied> {
  const { mergeMode, backwardLayer, inputShape, trainable, name } = settle(SUBJECT, options, rules);
  checkCell('layer', layer, false);
  if (backwardLayer) checkCell('backwardLayer', backwardLayer, true);
  const backward = backwardLayer ?? remade(layer, { ...layer.config, goBackwards: true });
  checkPair(layer, backward, mergeMode);
  if (backwardLayer) checkShared(layer, backwardLayer, { inputShape, trainable });
  const names = [
    `forward_${nameOf(layer)}`,
    backwardLayer?.name ?? `backward_${nameOf(backwardLayer ?? layer)}`,
  ];
  return new Layer<Applied>({
    className: 'Bidirectional',
    name,
    inputShape: inputShape ?? layer.inputShape,
    trainable: trainable ?? layer.trainable,
    config: {
      layer: described(layer),
      backwardLayer: backwardLayer ? described(backwardLayer) : null,
      mergeMode,
    },
    weightRules: [layer, backward].flatMap((one, i) =>
      one.weightRules.map((rule) => ({ ...rule, weight: `${names[i]}/${rule.weight}` })),
    ),
    states: [
      ...layer.states.map((state) => `forward ${state}`),
      ...backward.states.map((state) => `backward ${state}`),
    ],
    givesStates: layer.givesStates,
    outputs: (inputs, label) => mergedPorts(mergeMode, [layer, backward], inputs, label),
    connect: (inputs, outputs, context) => {
      const { name: own, stream } = context;
      const [first, second] = [layer, backward].map((one, i) =>
        one.connect(inputsOf(layer, i, inputs), {
          ...context,
          name: `${own}/${names[i]}`,
          // random numbers of its own
          stream: stream + i * 2 ** 30,
          zeroMasked: true,
        }),
      );
      return new BidirectionalNode([first, second], names, mergeMode, inputs, outputs, context);
    },
  });
}

const nameOf = (layer: Layer): string => layer.name ?? CELLS[layer.className][1];
const remade = ({ className }: Layer, config: object): Layer =>
  CELLS[className][0](config as never);

function mergedPorts(
  mode: MergeMode,
  pair: readonly Layer[],
  inputs: readonly Port[],
  label: string,
): readonly Port[] {
  const given = inputs.length > 1;
  const both = pair.map((one, i) =>
    one.outputsOf(inputsOf(pair[0], i, inputs), given ? `${label}, ${DIRECTIONS[i]} layer` : label),
  );
  const ports = both.map(([output]) => output);
  const states = both.flatMap(([, ...own]) => own);
  if (mode === null) return [...ports, ...states];
  if (mode !== 'concat') return [ports[0], ...states];
  const features = ports[0].features + ports[1].features;
  return [port([...ports[0].shape.slice(0, -1), features]), ...states];
}

const DIRECTIONS = ['forward', 'backward'];

/** What one direction reads: the sequence, and its own of the states that are given, the forward layer's first. */
function inputsOf(first: Layer, direction: number, [x, ...given]: readonly Port[]): Port[] {
  const { length } = first.states;
  return [x, ...(direction === 0 ? given.slice(0, length) : given.slice(length))];
}

function checkCell(what: string, layer: unknown, backwards: boolean): void {
  const known = isLayer(layer) && Object.hasOwn(CELLS, layer.className);
  if (known && (layer.config.goBackwards === true) === backwards) return;
  const found = isLayer(layer) ? layer.className : shown(layer);
  throw new SluiceError(
    'bad-option',
    `${SUBJECT}: ${what} must be ${Object.keys(CELLS).join(', ')} with goBackwards: ${backwards}, but is ` +
      `${found}${known ? ` with goBackwards: ${!backwards}` : ''}`,
  );
}

/** What both layers say, and the one around them takes from the first. */
function checkShared(first: Layer, second: Layer, settled: BidirectionalOptions): void {
  for (const option of ['trainable', 'inputShape'] as const) {
    const [a, b] = [settled[option] ?? first[option], second[option]];
    if (b === undefined || shown(a) === shown(b)) continue;
    if (option === 'trainable' && settled.trainable !== undefined) continue;
    throw new SluiceError(
      'bad-option',
      `${SUBJECT}: backwardLayer has ${option} ${shown(b)}, where layer has ${shown(a)}; both directions share it: state it ` +
        'on layer',
    );
  }
}

function checkPair(first: Layer, second: Layer, mode: MergeMode): void {
  for (const option of ['returnSequences', 'returnState', 'stateful', 'units'] as const) {
    const [a, b] = [first, second].map(({ config }) =>
      option === 'units' ? (config.projectionUnits ?? config.units) : config[option],
    );
    if (a === b || (option === 'units' && (mode === 'concat' || mode === null))) continue;
    throw new SluiceError(
      'bad-option',
      `${SUBJECT}: both directions need the same ${option}${option === 'units' ? ` with mergeMode '${mode}'` : ''}, but ` +
        `layer has ${shown(a)} and backwardLayer ${shown(b)}`,
    );
  }
}

/** The layer that a configuration describes: its options, with layers as { className, name, config }. */
export function bidirectionalFromConfig(options: Record<string, unknown>): Layer<Applied> {
  const { layer, backwardLayer, ...rest } = options;
  const made = fromDescription('layer', layer);
  const other = backwardLayer ?? undefined;
  return bidirectional(made, {
    ...rest,
    ...(other === undefined ? {} : { backwardLayer: fromDescription('backwardLayer', other) }),
  } as BidirectionalOptions);
}

function fromDescription(what: string, given: unknown): Layer {
  const { className, name, config, ...more } = isPlainObject(given) ? given : {};
  const fits = typeof className === 'string' && Object.hasOwn(CELLS, className);
  const whole = isPlainObject(config) && !Object.hasOwn(config, 'name');
  if (fits && whole && Object.keys(more).length === 0) {
    return CELLS[className][0]({ ...config, name } as never);
  }
  throw new SluiceError(
    'bad-option',
    `${SUBJECT}: ${what} of a configuration must be { className, name, config } with className ` +
      `${Object.keys(CELLS).join(', ')}, but is ${shown(given)}`,
  );
}
