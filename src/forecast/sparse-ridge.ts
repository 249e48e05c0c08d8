/**
 * Ridge regression with sparse rows, by conjugate gradients on the normal equations with a
 * diagonal preconditioner. Only + - * / in a fixed order: the same bits everywhere.
 * Source: Hestenes & Stiefel, "Methods of conjugate gradients for solving linear systems", 1952.
 */

/** Row r holds the entries from starts[r] to starts[r + 1] of `columns` and `values`. */
export interface SparseRows {
  readonly starts: Uint32Array;
  readonly columns: Uint32Array;
  readonly values: Float64Array;
  /** Number of columns. */
  readonly width: number;
}

function product(x: SparseRows, rows: ArrayLike<number>, w: Float64Array, out: Float64Array): void {
  for (let i = 0; i < rows.length; i++) {
    let sum = 0;
    for (let e = x.starts[rows[i]]; e < x.starts[rows[i] + 1]; e++)
      sum += x.values[e] * w[x.columns[e]];
    out[i] = sum;
  }
}

function transposedProduct(
  x: SparseRows,
  rows: ArrayLike<number>,
  v: Float64Array,
  out: Float64Array,
): void {
  out.fill(0);
  for (let i = 0; i < rows.length; i++) {
    for (let e = x.starts[rows[i]]; e < x.starts[rows[i] + 1]; e++)
      out[x.columns[e]] += x.values[e] * v[i];
  }
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum;
}

/**
 * Minimizes |X w - y|² + sum over columns of penalty w² over the given rows.
 * @param y one value a row of X (all rows; only those in `rows` are read)
 * @param penalty one non-negative number a column
 * @returns w, one weight a column
 */
export function sparseRidge(
  x: SparseRows,
  y: Float64Array,
  rows: ArrayLike<number>,
  penalty: Float64Array,
  limits: Partial<Limits> = {},
): Float64Array {
  const fitted = new Float64Array(rows.length);
  const targets = Float64Array.from({ length: rows.length }, (_, i) => y[rows[i]]);
  const residual = new Float64Array(x.width);
  transposedProduct(x, rows, targets, residual);
  const diagonal = Float64Array.from(penalty);
  for (let i = 0; i < rows.length; i++) {
    for (let e = x.starts[rows[i]]; e < x.starts[rows[i] + 1]; e++)
      diagonal[x.columns[e]] += x.values[e] * x.values[e];
  }
  const times = (direction: Float64Array, image: Float64Array) => {
    product(x, rows, direction, fitted);
    transposedProduct(x, rows, fitted, image);
  };
  return conjugateGradients(times, residual, diagonal, penalty, limits);
}

/** X'X and X'y of some rows. */
export interface NormalEquations {
  /** [width x width] */
  readonly gram: Float64Array;
  /** [width] */
  readonly moments: Float64Array;
}

/** The normal equations of some rows: one pass, whatever is solved with them afterwards. */
export function normalEquations(
  x: SparseRows,
  y: Float64Array,
  rows: ArrayLike<number>,
): NormalEquations {
  const { starts, columns, values, width } = x;
  const gram = new Float64Array(width * width);
  const moments = new Float64Array(width);
  for (let i = 0; i < rows.length; i++) {
    const end = starts[rows[i] + 1];
    for (let e = starts[rows[i]]; e < end; e++) {
      const line = columns[e] * width;
      moments[columns[e]] += values[e] * y[rows[i]];
      for (let f = starts[rows[i]]; f < end; f++) gram[line + columns[f]] += values[e] * values[f];
    }
  }
  return { gram, moments };
}

/** As sparseRidge, of rows that are summed up already. */
export function ridgeOfSums(
  { gram, moments }: NormalEquations,
  penalty: Float64Array,
  limits: Partial<Limits> = {},
): Float64Array {
  const width = moments.length;
  const diagonal = penalty.map((value, j) => value + gram[j * width + j]);
  const times = (direction: Float64Array, image: Float64Array) => {
    for (let j = 0; j < width; j++) {
      let sum = 0;
      for (let k = 0; k < width; k++) sum += gram[j * width + k] * direction[k];
      image[j] = sum;
    }
  };
  return conjugateGradients(times, moments.slice(), diagonal, penalty, limits);
}

interface Limits {
  readonly tolerance: number;
  readonly maxIterations: number;
}

/**
 * @param times writes X'X times its first argument into its second
 * @param residual X'y; changed
 * @param diagonal of X'X, the penalty added
 */
function conjugateGradients(
  times: (direction: Float64Array, image: Float64Array) => void,
  residual: Float64Array,
  diagonal: Float64Array,
  penalty: Float64Array,
  { tolerance = 1e-5, maxIterations = 300 }: Partial<Limits>,
): Float64Array {
  const w = new Float64Array(residual.length);
  const scaled = residual.map((value, j) => (diagonal[j] > 0 ? value / diagonal[j] : 0));
  const direction = scaled.slice();
  const image = new Float64Array(residual.length);
  let rho = dot(residual, scaled);
  const enough = rho * tolerance * tolerance;
  for (let step = 0; step < maxIterations && rho > enough; step++) {
    times(direction, image);
    for (let j = 0; j < image.length; j++) image[j] += penalty[j] * direction[j];
    const length = rho / dot(direction, image);
    for (let j = 0; j < w.length; j++) {
      w[j] += length * direction[j];
      residual[j] -= length * image[j];
      scaled[j] = diagonal[j] > 0 ? residual[j] / diagonal[j] : 0;
    }
    const next = dot(residual, scaled);
    for (let j = 0; j < w.length; j++) direction[j] = scaled[j] + (next / rho) * direction[j];
    rho = next;
  }
  return w;
}
