#!/usr/bin/env node
/** The command line: picks the command, and turns every error into one line and an exit code. */

import { setFlagsFromString } from 'node:v8';
import { didYouMean } from '../data/near-names.js';
import { SluiceError } from '../errors.js';
import { COMMANDS } from './commands.js';
import { commandHelp, programHelp } from './help.js';
import { type Arguments, asksForHelp, readArguments } from './options.js';
import { outliveReaders, print, tell } from './output.js';
import { predict } from './predict.js';
import { train } from './train.js';
import { tune } from './tune.js';
import { UsageError } from './usage-error.js';

const RUN: Record<string, (args: Arguments, argv: readonly string[]) => Promise<number>> = {
  tune,
  train,
  predict,
};

async function main(argv: readonly string[]): Promise<number> {
  const [name, ...rest] = argv;
  if (name === undefined) {
    process.stderr.write(programHelp(COMMANDS));
    return 2;
  }
  if (name === '--help' || name === '-h' || name === 'help') return helpFor(rest[0]);
  if (name === '--version' || name === '-V') {
    print(__SLUICE_VERSION__);
    return 0;
  }
  const command = COMMANDS.find((one) => one.name === name);
  if (!command) throw unknownCommand(name);
  if (asksForHelp(rest)) return helpFor(name);
  const args = readArguments(command, rest);
  if (!args.flag('portable')) allowRelaxedSimd();
  return RUN[name](args, argv);
}

function helpFor(name: string | undefined): number {
  const command = COMMANDS.find((one) => one.name === name);
  if (name !== undefined && !command) throw unknownCommand(name);
  process.stdout.write(
    command ? commandHelp(command, process.stdout.columns ?? 80) : programHelp(COMMANDS),
  );
  return 0;
}

function unknownCommand(name: string): UsageError {
  const names = COMMANDS.map((one) => one.name);
  if (name.startsWith('-'))
    return new UsageError(`unknown option ${name}; sluice --help lists the commands`);
  return new UsageError(
    `unknown command "${name}"${didYouMean(name, names)} (commands: ${names.join(', ')})`,
  );
}

/** Node 20 has it behind a flag; workers inherit it. Before anything compiles, or it is too late. */
function allowRelaxedSimd(): void {
  if (Number.parseInt(process.versions.node, 10) < 22)
    setFlagsFromString('--experimental-wasm-relaxed-simd');
}

/** One line and an exit code: 2 for wrong use, 1 for the rest. */
function report(error: unknown): number {
  const known = error instanceof SluiceError || error instanceof UsageError;
  const message = error instanceof Error ? error.message : String(error);
  tell(known ? `error: ${message}` : `error: unexpected: ${message}`);
  if (process.env.SLUICE_DEBUG && error instanceof Error) tell(...`${error.stack}`.split('\n'));
  return error instanceof UsageError ||
    (error instanceof SluiceError && error.code === 'bad-option')
    ? 2
    : 1;
}

const lost = outliveReaders();

main(process.argv.slice(2))
  .catch(report)
  .then((code) => {
    process.exitCode = code || lost();
  });
