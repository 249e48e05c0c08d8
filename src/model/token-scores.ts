// From what a row of the output says to a choice among tokens. Exponentials and logarithms are those of the module, so
// that every engine chooses alike.
import { type Random, scalar } from '../random.js';

/** log p of each token: to [0 .. V) of `to`, in float64. @param logits whether the row holds them, or probabilities */
export function logProbabilities(row: Float32Array, logits: boolean, to: Float64Array): void {
  const V = row.length;
  if (!logits) {
    for (let v = 0; v < V; v++) to[v] = scalar.log(row[v]);
    return;
  }
  let most = row[0];
  for (let v = 1; v < V; v++) if (row[v] > most) most = row[v];
  let sum = 0;
  for (let v = 0; v < V; v++) sum += scalar.exp(row[v] - most);
  const shift = most + scalar.log(sum);
  for (let v = 0; v < V; v++) to[v] = row[v] - shift;
}

/** The most probable token; the first of those that tie. */
export function mostProbable(logs: Float64Array): number {
  let best = 0;
  for (let v = 1; v < logs.length; v++) if (logs[v] > logs[best]) best = v;
  return best;
}

export interface Filter {
  readonly temperature: number;
  readonly topK: number | undefined;
  readonly topP: number | undefined;
}

/**
 * A token drawn with probability in proportion to p^(1 / temperature), among the topK most probable ones (Fan et al.
 * 2018), and of these the fewest whose share comes to topP (Holtzman et al. 2020). Ties go to the lower token.
 */
export function drawToken(
  logs: Float64Array,
  { temperature, topK, topP }: Filter,
  random: Random,
): number {
  const most = logs[mostProbable(logs)];
  const weights = Array.from(logs, (log) => scalar.exp((log - most) / temperature));
  let tokens = weights.map((_, token) => token);
  if (topK !== undefined || topP !== undefined) {
    tokens.sort((a, b) => weights[b] - weights[a] || a - b);
    tokens = tokens.slice(0, topK);
    if (topP !== undefined) tokens = nucleus(tokens, weights, topP);
  }
  const total = tokens.reduce((sum, token) => sum + weights[token], 0);
  let left = random.uniform() * total;
  for (const token of tokens) {
    left -= weights[token];
    if (left < 0) return token;
  }
  // what rounding has left over
  return tokens.findLast((token) => weights[token] > 0) as number;
}

function nucleus(tokens: readonly number[], weights: readonly number[], share: number): number[] {
  const total = tokens.reduce((sum, token) => sum + weights[token], 0);
  let sum = 0;
  for (let kept = 0; kept < tokens.length; kept++) {
    sum += weights[tokens[kept]];
    if (sum >= share * total) return tokens.slice(0, kept + 1);
  }
  return [...tokens];
}
