// What a layer is as the user writes it, and what comes of calling it. A Layer describes (units,
// rate ...) and owns no memory. Calling it on values makes values; the calls between a model's
// inputs and outputs are its graph, and each becomes a node once the model is made.
import { SluiceError } from '../errors.js';
import { deepFreeze } from '../frozen.js';
import { checkBoolean, checkKeys, shown } from '../options.js';
import type { Activation } from './activation.js';
import { ActivityNode } from './activity-node.js';
import type { Context, LayerNode } from './node.js';
import { type DType, type Port, portText, type Shape } from './port.js';
import { type Penalty, penaltyOf, type Regularizer } from './regularizer.js';
import { checkWeightRules, type WeightRule, weightRules } from './weight-rules.js';

/** What sets one kind of layer apart from another. */
export interface LayerSpec {
  /** 'LSTM', 'Dense' ..., as in Keras. */
  readonly className: string;
  readonly name: string | undefined;
  readonly inputShape?: Shape | undefined;
  /** Undefined for a layer without weights. */
  readonly trainable?: boolean | undefined;
  readonly config: Readonly<Record<string, unknown>>;
  /** What options ask of its weights in training. Default: what stands in `config`. */
  readonly weightRules?: readonly WeightRule[] | undefined;
  /** What its outputs went through last, where it knows. */
  readonly activation?: Activation | undefined;
  /** What its inputs hold. Default 'float32'. */
  readonly inputType?: DType | undefined;
  /** The name of the one loss that trains it: it computes that itself, and nobody reads its output. */
  readonly ownLoss?: string | undefined;
  /** How many inputs a call takes. Default: one. */
  readonly takes?: 'one' | 'several' | undefined;
  /** Names of the states that a call may be given beside its input; all of them or none. Default: none. */
  readonly states?: readonly string[] | undefined;
  /** Whether a call gives its states behind its output. Default false. */
  readonly givesStates?: boolean | undefined;
  /**
   * What comes out where that goes in: no sizes of memory, nothing is made.
   * @param label names the layer in errors.
   * @throws SluiceError 'bad-shape' where the inputs do not fit the layer.
   */
  outputs(inputs: readonly Port[], label: string): readonly Port[];
  /** Makes the node of one call; `outputs` has checked the inputs. */
  connect(inputs: readonly Port[], outputs: readonly Port[], context: Context): LayerNode;
}

/** What calling a layer gives: a value, or several. */
export type Applied = SymbolicTensor | readonly SymbolicTensor[];

/** [output, h] or [output, h, c]: what a recurrent layer with returnState gives. */
export type OutputAndStates = readonly [SymbolicTensor, SymbolicTensor, ...SymbolicTensor[]];

/** Options of apply. */
export interface ApplyOptions {
  /**
   * Of a recurrent layer: the states in which it begins, [units] each: [h, c] for an LSTM, [h] or h for the
   * others; of a bidirectional one those of the forward layer, then those of the backward one. Gradients flow through
   * them. Default: zeros.
   */
  initialState?: Applied | undefined;
}

/** A layer, as `layers.lstm()` and its like make it. With weights it belongs to one model only. */
export class Layer<Out extends Applied = SymbolicTensor> {
  /** 'LSTM', 'Dense', 'Embedding' ..., as in Keras. */
  readonly className: string;
  /** The name it was given; undefined: the model names it. */
  readonly name: string | undefined;
  /** The shape of a sample, where it was given. */
  readonly inputShape: Shape | undefined;
  /** JSON-able: what a model's configuration gives back to the layer's function. */
  readonly config: Readonly<Record<string, unknown>>;
  readonly #spec: LayerSpec;
  #trainable: boolean;

  /** @internal */
  constructor(spec: LayerSpec) {
    this.#spec = spec;
    this.className = spec.className;
    this.name = spec.name;
    this.inputShape = spec.inputShape && Object.freeze([...spec.inputShape]);
    this.config = deepFreeze(spec.config);
    this.#trainable = spec.trainable ?? true;
    Object.freeze(this);
  }

  /**
   * False: its weights stay as they are, and no gradient of them is computed. As in Keras what
   * stands here when training begins for the first time after `compile` holds until the next one.
   * @throws SluiceError 'bad-option' unless it is set to true or false.
   */
  get trainable(): boolean {
    return this.#trainable;
  }

  /** Once the model trains, a change holds from its next `compile` on. */
  set trainable(value: boolean) {
    this.#trainable = checkBoolean(this.#label, 'trainable', value);
  }

  /**
   * Calls the layer on a value, or on several where it takes several. Calling it again shares its
   * weights.
   * @returns the value that comes out; an array where the layer has several outputs, as recurrent layers with
   * returnState have (see applyWithStates).
   * @throws SluiceError 'bad-shape' where a shape does not fit the layer; 'bad-option' for what
   * is no value of `input` or of another layer.
   */
  apply(inputs: Applied, options: ApplyOptions = {}): Out {
    const given = checkInputs(this.#label, inputs, this.#spec.takes ?? 'one');
    const { initialState } = checkKeys(`${this.#label}: apply`, options, ['initialState']);
    const states = checkStates(this.#label, initialState, this.states);
    const { outputs } = this.call([...given, ...states], this.#label);
    return (outputs.length === 1 ? outputs[0] : outputs) as Out;
  }

  /**
   * The same for who knows the name that the layer has in its model.
   * @internal
   */
  call(inputs: readonly SymbolicTensor[], label: string): Call {
    const ports = inputs.map(({ origin }) => origin.port);
    checkReadable(label, inputs);
    checkDeclaredShape(this, label, ports);
    return new Call(this, inputs, this.#spec.outputs(ports, label));
  }

  /**
   * apply of a recurrent layer with returnState, whose value it is: [output, h, c], or [output, h] of a cell without
   * c, by its type an array.
   * @throws SluiceError as apply does; 'bad-option' for a layer without returnState.
   */
  applyWithStates(inputs: Applied, options: ApplyOptions = {}): OutputAndStates {
    if (this.givesStates) return this.apply(inputs, options) as Applied as OutputAndStates;
    throw new SluiceError(
      'bad-option',
      `${this.#label}: applyWithStates needs a recurrent layer with returnState: true; ` +
        'apply gives the output alone',
    );
  }

  /**
   * apply on all that a call was given, states among it.
   * @internal
   */
  applyAll(given: readonly SymbolicTensor[]): Out {
    const [first, ...rest] = given;
    if (rest.length === 0) return this.apply(first);
    return this.#spec.states ? this.apply(first, { initialState: rest }) : this.apply(given);
  }

  /** @internal */
  get givesStates(): boolean {
    return this.#spec.givesStates ?? false;
  }

  /** Names of its states, in the order of initialState. @internal */
  get states(): readonly string[] {
    return this.#spec.states ?? [];
  }

  /** @internal */
  get hasWeights(): boolean {
    return this.#spec.trainable !== undefined;
  }

  /** What the first layer of a stack takes. @internal */
  get inputType(): DType {
    return this.#spec.inputType ?? 'float32';
  }

  /** @internal */
  get activation(): Activation | undefined {
    return this.#spec.activation;
  }

  /** @internal */
  get ownLoss(): string | undefined {
    return this.#spec.ownLoss;
  }

  /** @internal */
  get weightRules(): readonly WeightRule[] {
    return this.#spec.weightRules ?? weightRules(this.config);
  }

  /** What comes out of it, for a layer that it stands in. @internal */
  outputsOf(inputs: readonly Port[], label: string): readonly Port[] {
    return this.#spec.outputs(inputs, label);
  }

  /** @internal */
  connect(inputs: readonly Port[], context: Context): LayerNode {
    const outputs = this.#spec.outputs(inputs, `layer ${context.name}`);
    const node = this.#spec.connect(inputs, outputs, context);
    checkWeightRules(`layer ${context.name}`, this.weightRules, node.weights);
    const penalty = this.activityPenalty;
    return penalty ? new ActivityNode(penalty, node, context) : node;
  }

  /** That on what comes out of it. @internal */
  get activityPenalty(): Penalty | undefined {
    const { activityRegularizer: given } = this.config;
    return given === undefined ? undefined : penaltyOf(given as Regularizer);
  }

  get #label(): string {
    return `layer ${this.name ?? `(${this.className})`}`;
  }
}

/** What a loss of its own trains has no gradient that another reader could ask for. */
function checkReadable(label: string, inputs: readonly SymbolicTensor[]): void {
  const last = inputs.find(({ origin }) => origin.call.layer.ownLoss)?.origin.call.layer;
  if (!last) return;
  throw new SluiceError(
    'bad-option',
    `${label} reads what layer ${last.name ?? `(${last.className})`} decides, but a ${last.className} is trained by ` +
      `its own loss and must be the last layer: make it an output of the model`,
  );
}

/** One call of a layer: what went in, and what came out. */
export class Call {
  readonly outputs: readonly SymbolicTensor[];

  constructor(
    readonly layer: Layer<Applied>,
    readonly inputs: readonly SymbolicTensor[],
    ports: readonly Port[],
  ) {
    this.outputs = ports.map((port, index) => new SymbolicTensor({ call: this, index, port }));
  }
}

/** Where a value comes from. */
interface Origin {
  readonly call: Call;
  /** Which output of the call. */
  readonly index: number;
  readonly port: Port;
}

/** A value in a model that is being written: numbers of a shape that nobody has computed yet. */
export class SymbolicTensor {
  /** Of one sample: [features] or [timesteps, features], without the batch. */
  readonly shape: Shape;
  /** 'float32', or 'int32' for an input of integers. */
  readonly dtype: DType;
  /** @internal */
  readonly origin: Origin;

  /** @internal */
  constructor(origin: Origin) {
    this.shape = origin.port.shape;
    this.dtype = origin.port.dtype;
    this.origin = origin;
    Object.freeze(this);
  }
}

function checkInputs(
  label: string,
  inputs: Applied,
  takes: 'one' | 'several',
): readonly SymbolicTensor[] {
  const list = Array.isArray(inputs) ? [...(inputs as unknown[])] : [inputs];
  const good = list.every(isSymbolic) && list.length > 0;
  if (good && (takes === 'several' || list.length === 1)) return list as SymbolicTensor[];
  const expected = takes === 'one' ? 'one value' : 'an array of values';
  throw new SluiceError(
    'bad-option',
    `${label}: apply takes ${expected} made by input() or by apply of another layer, but got ` +
      `${good ? `${list.length} values` : shown(inputs)}`,
  );
}

function checkStates(
  label: string,
  given: Applied | undefined,
  states: readonly string[],
): readonly SymbolicTensor[] {
  if (given === undefined) return [];
  const list = Array.isArray(given) ? [...(given as unknown[])] : [given];
  if (states.length > 0 && list.length === states.length && list.every(isSymbolic)) {
    return list as SymbolicTensor[];
  }
  const expected =
    states.length > 0
      ? `must be [${states.join(', ')}], values made by input() or by apply of another layer`
      : 'is for recurrent layers, and this one has no state; leave it out';
  const found = list.every(isSymbolic) ? `${list.length} values` : shown(given);
  throw new SluiceError('bad-option', `${label}: initialState ${expected}, but got ${found}`);
}

/** True for what layers make. */
export const isLayer = (value: unknown): value is Layer<Applied> => value instanceof Layer;

/** True for what input() and apply give. */
export const isSymbolic = (value: unknown): value is SymbolicTensor =>
  value instanceof SymbolicTensor;

function checkDeclaredShape(
  { inputShape }: Layer<Applied>,
  label: string,
  inputs: readonly Port[],
): void {
  if (!inputShape || inputShape.join() === inputs[0].shape.join()) return;
  throw new SluiceError(
    'bad-shape',
    `${label} declares inputShape [${inputShape.join(', ')}], but gets ${portText(inputs[0])}; ` +
      'only the first layer needs an inputShape',
  );
}
