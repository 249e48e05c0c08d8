import { relaxed, simd } from '../../build/wasm-bytes.js';

/** Which of the two kernel builds this runtime can run. */
export interface Features {
  /** 128-bit SIMD, which every model needs. */
  readonly simd: boolean;
  /** Fused multiply-add (relaxed SIMD), which numerics 'fast' takes where it is. */
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

let answer: Features | undefined;

/**
 * What this runtime can run, asked of itself with our own modules: what validates, runs. Asked
 * once, on the first call or with the first model, for V8 keeps some memory of each module
 * that it validates: flags that switch SIMD on must be set before.
 */
export function features(): Features {
  answer ??= Object.freeze(ask());
  return answer;
}

function ask(): Features {
  if (typeof WebAssembly === 'undefined') return { simd: false, relaxedSimd: false };
  return {
    simd: WebAssembly.validate(wasmBytes('simd')),
    relaxedSimd: WebAssembly.validate(wasmBytes('relaxed-simd')),
  };
}
