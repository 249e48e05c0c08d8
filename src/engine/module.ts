import { SluiceError } from '../errors.js';
import { features, wasmBytes } from './features.js';
import { withSharedMemory } from './shared-module.js';

/**
 * 'fast' takes fused multiply-add where the runtime has it, so its last bits may differ
 * between processors; 'portable' gives the same bits everywhere.
 */
export type Numerics = 'fast' | 'portable';
/** The two builds of the kernels: plain SIMD, and with the fused multiply-add of relaxed SIMD. */
export type Build = 'simd' | 'relaxed-simd';

export interface LoadedModule {
  readonly module: WebAssembly.Module;
  readonly build: Build;
}

const loaded = new Map<Build, LoadedModule>();
/** The same, for memories that threads share. */
const loadedShared = new Map<Build, WebAssembly.Module>();

/** How many builds are compiled so far. */
export const compiledModules = (): number => loaded.size;

/**
 * Compiles the kernels for these numerics, synchronously and once per runtime.
 * @throws SluiceError 'unsupported' where WebAssembly SIMD is missing or forbidden.
 */
export function loadModule(numerics: Numerics): LoadedModule {
  const known = loaded.get(numerics === 'fast' ? 'relaxed-simd' : 'simd');
  if (known) return known;
  const build = chooseBuild(numerics);
  const cached = loaded.get(build);
  if (cached) return cached;
  const fresh = { module: compile(build), build };
  loaded.set(build, fresh);
  return fresh;
}

/** The kernels of a build for memories that threads share. @throws as loadModule */
export function loadSharedModule(build: Build): WebAssembly.Module {
  const known = loadedShared.get(build);
  if (known) return known;
  const module = compile(build, withSharedMemory(wasmBytes(build)));
  loadedShared.set(build, module);
  return module;
}

function chooseBuild(numerics: Numerics): Build {
  const found = features();
  if (!found.simd) {
    throw new SluiceError(
      'unsupported',
      'sluice needs WebAssembly with SIMD (128-bit vectors), which this runtime lacks; ' +
        'use Node 20.19 or later, or a browser of 2023 or later',
    );
  }
  return numerics === 'fast' && found.relaxedSimd ? 'relaxed-simd' : 'simd';
}

function compile(build: Build, bytes = wasmBytes(build)): WebAssembly.Module {
  try {
    return new WebAssembly.Module(bytes);
  } catch (cause) {
    throw new SluiceError(
      'unsupported',
      `the runtime refused to compile the ${build} kernels (${String(cause)}); ` +
        "a page with a Content-Security-Policy needs script-src 'wasm-unsafe-eval'",
      { cause },
    );
  }
}
