// Philox4x32-10 word by word with big integers: the oracle of the generator.

type Words = [number, number, number, number];

const M0 = 0xd2511f53n;
const M1 = 0xcd9e8d57n;
const W0 = 0x9e3779b9;
const W1 = 0xbb67ae85;

/** The four words of one counter under a key of two words. */
export function philox(key: readonly [number, number], counter: Readonly<Words>): Words {
  let [k0, k1] = key;
  let [c0, c1, c2, c3] = counter;
  const high = (p: bigint) => Number(p >> 32n);
  const low = (p: bigint) => Number(p & 0xffffffffn);
  for (let round = 0; round < 10; round++) {
    const p0 = M0 * BigInt(c0);
    const p1 = M1 * BigInt(c2);
    [c0, c1, c2, c3] = [(high(p1) ^ c1 ^ k0) >>> 0, low(p1), (high(p0) ^ c3 ^ k1) >>> 0, low(p0)];
    k0 = (k0 + W0) >>> 0;
    k1 = (k1 + W1) >>> 0;
  }
  return [c0, c1, c2, c3];
}

/** Words 0..n of the stream that kernels draw from: element e takes word e & 3 of block e >> 2. */
export function streamWords(
  n: number,
  key: readonly [number, number],
  counter: readonly [number, number],
): number[] {
  const words: number[] = [];
  for (let block = 0; words.length < n; block++) {
    words.push(...philox(key, [block, 0, counter[0], counter[1]]));
  }
  return words.slice(0, n);
}
