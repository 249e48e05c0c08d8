import { relaxed, simd } from '../../build/wasm-bytes.js';
import { wideVectors } from './wide.js';

/** What this runtime can run: which of the two kernel builds, and how wide. */
export interface Features {
  /** 128-bit SIMD, which every model needs. */
  readonly simd: boolean;
  /** Fused multiply-add (relaxed SIMD), which numerics 'fast' takes where it is. */
  readonly relaxedSimd: boolean;
  /**
   * 256-bit vectors, in which models of this thread compute: in Node >= 24 on x64, started with
   * --experimental-wasm-revectorize or after `useWideVectors` of sluice/node. The results are the same
   * to the bit.
   */
  readonly wide: boolean;
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

let answer: Features | undefined;

/**
 * What this runtime can run, asked of itself with our own modules: what validates, runs. Asked
 * once, on the first call or with the first model, for V8 keeps some memory of each module
 * that it validates: flags that switch SIMD on must be set before.
 */
export function features(): Features {
  const wide = wideVectors();
  if (answer?.wide !== wide) answer = Object.freeze({ ...(answer ?? ask()), wide });
  return answer;
}

function ask(): Omit<Features, 'wide'> {
  if (typeof WebAssembly === 'undefined') return { simd: false, relaxedSimd: false };
  return {
    simd: WebAssembly.validate(wasmBytes('simd')),
    relaxedSimd: WebAssembly.validate(wasmBytes('relaxed-simd')),
  };
}
