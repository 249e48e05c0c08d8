/** The Nodes that measure: this one, and Node 24 of npm, which has 256-bit vectors. */
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const packaged = fileURLToPath(
  new URL(`node_modules/node-${process.platform}-${process.arch}/bin/node`, import.meta.url),
);
export const node24 = existsSync(packaged) ? packaged : process.execPath;
export const WIDE = '--experimental-wasm-revectorize';
