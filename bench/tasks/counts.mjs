/**
 * What comes next in a text by counts of what came after the same few characters before: the baselines of moby-dick. Each order hands
 * what is left over to the one below, down to all signs alike.
 */

/** Signs from `at - back` up to `at` as a key. */
const keyOf = (codes, at, back) => String.fromCharCode(...codes.subarray(at - back, at));

function add(contexts, key, sign) {
  let next = contexts.get(key);
  if (!next) {
    next = new Map();
    contexts.set(key, next);
  }
  next.set(sign, (next.get(sign) ?? 0) + 1);
}

/**
 * @param orders for each order the contexts of that length: key to { share(sign), rest }, what is said of a sign at once, and
 *   what part of the order below is added
 * @returns chance(codes, at, sign), and bits(codes): bits a sign of those that have `order` before them
 */
function asked(orders, width) {
  const chance = (codes, at, sign) => {
    let said = 1 / width;
    for (let back = 0; back < orders.length; back++) {
      const context = orders[back].get(keyOf(codes, at, back));
      if (!context) break;
      said = context.share(sign) + context.rest * said;
    }
    return said;
  };
  const order = orders.length - 1;
  const bits = (codes) => {
    let sum = 0;
    for (let at = order; at < codes.length; at++) sum -= Math.log2(chance(codes, at, codes[at]));
    return sum / (codes.length - order);
  };
  return { chance, bits };
}

const mapped = (contexts, what) => new Map([...contexts].map(([key, next]) => [key, what(next)]));
const sumOf = (next) => [...next.values()].reduce((a, b) => a + b, 0);

/** Witten and Bell 1991: what a context leaves over is the number of kinds that were seen after it, of all that were seen and these. */
export function wittenBell(codes, width, order) {
  const orders = Array.from({ length: order + 1 }, (_, back) => {
    const contexts = new Map();
    for (let at = back; at < codes.length; at++) add(contexts, keyOf(codes, at, back), codes[at]);
    return mapped(contexts, (next) => {
      const all = sumOf(next) + next.size;
      return { share: (sign) => (next.get(sign) ?? 0) / all, rest: next.size / all };
    });
  });
  return asked(orders, width);
}

/**
 * Kneser and Ney, as modified and interpolated by Chen and Goodman 1999: contexts below the longest count in how many places a
 * sign was seen, not how often, and of counts of 1, 2 and more than 2 something is taken off that each order settles by itself.
 */
export function kneserNey(codes, width, order) {
  const counts = [];
  counts[order] = new Map();
  for (let at = order; at < codes.length; at++) {
    add(counts[order], keyOf(codes, at, order), codes[at]);
  }
  for (let back = order - 1; back >= 0; back--) {
    counts[back] = new Map();
    for (const [key, next] of counts[back + 1]) {
      for (const sign of next.keys()) add(counts[back], key.slice(1), sign);
    }
  }
  const orders = counts.map((contexts) => {
    const off = takenOff(contexts);
    const left = (count) => Math.max(0, count - off[Math.min(count, 3)]);
    return mapped(contexts, (next) => {
      const all = sumOf(next);
      const kept = [...next.values()].reduce((sum, count) => sum + left(count), 0);
      return { share: (sign) => left(next.get(sign) ?? 0) / all, rest: 1 - kept / all };
    });
  });
  return asked(orders, width);
}

/** What is taken off counts of 0, 1, 2 and more: by how many there are of 1, 2, 3 and 4. A tenth where too few are left to say. */
function takenOff(contexts) {
  const of = [0, 0, 0, 0, 0];
  for (const next of contexts.values()) {
    for (const count of next.values()) if (count <= 4) of[count] += 1;
  }
  const share = of[1] / (of[1] + 2 * of[2]);
  const off = (count) => {
    const value = count - ((count + 1) * share * of[count + 1]) / of[count];
    return value > 0 && value < count ? value : 0.1;
  };
  return [0, off(1), off(2), off(3)];
}
