import { relaxed, simd } from '../../build/wasm-bytes.js';

/** Which of the two kernel builds this runtime can run. */
export interface Features {
  readonly simd: boolean;
  readonly relaxedSimd: boolean;
}

/** Decodes base64 in every runtime alike; Buffer would be Node's own. */
function decode(base64: string): Uint8Array<ArrayBuffer> {
  const text = atob(base64);
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
  return bytes;
}

const decoded = new Map<string, Uint8Array<ArrayBuffer>>();

/** The bytes of one of the two builds, decoded once. */
export function wasmBytes(build: 'simd' | 'relaxed-simd'): Uint8Array<ArrayBuffer> {
  let bytes = decoded.get(build);
  if (!bytes) {
    bytes = decode(build === 'simd' ? simd : relaxed);
    decoded.set(build, bytes);
  }
  return bytes;
}

/**
 * Asks the runtime itself, with our own modules: what validates, runs. Not cached, for
 * Node 20 changes its answer when the command line switches relaxed SIMD on.
 */
export function features(): Features {
  if (typeof WebAssembly === 'undefined') return { simd: false, relaxedSimd: false };
  return {
    simd: WebAssembly.validate(wasmBytes('simd')),
    relaxedSimd: WebAssembly.validate(wasmBytes('relaxed-simd')),
  };
}
