import { checkChoice, checkOption } from '../options.js';
import { adam } from './adam.js';
import type { Optimizer, OptimizerOptions } from './optimizer.js';
import { sgd } from './sgd.js';

/** An optimizer as plain data, fit for JSON. Its state is not in it. */
export interface OptimizerConfig {
  /** 'Adam' or 'SGD'. */
  readonly className: string;
  /** What its function takes. */
  readonly config: OptimizerOptions;
}

const functions = { Adam: adam, SGD: sgd } as const;

export const optimizerConfig = ({ className, config }: Optimizer): OptimizerConfig => ({
  className,
  config,
});

/**
 * The optimizer that `optimizerConfig` described, with the learning rate that it had then.
 * @param given untrusted: every part is checked.
 * @throws SluiceError 'bad-option' naming the part that does not hold.
 */
export function optimizerFromConfig(given: unknown): Optimizer {
  const subject = 'optimizer configuration';
  checkOption(subject, 'it', given, isObject(given), 'an object { className, config }');
  const { className, config } = given as OptimizerConfig;
  const known = Object.keys(functions) as (keyof typeof functions)[];
  const name = checkChoice(subject, 'className', className as keyof typeof functions, known);
  // without a config it would become an optimizer of default options
  checkOption(subject, 'config', config, isObject(config), 'an object');
  return functions[name](config);
}

const isObject = (value: unknown): boolean => typeof value === 'object' && value !== null;
