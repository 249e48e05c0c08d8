import { addRowsTo, copyRows } from "../math/copy";
import { addBlock, beginsGroup, blockRows, closeSums, keepGroup } from "../math/long-sums";
import { transposeRows } from "../math/transpose";
import { pad4 } from "../math/vector";
import { NOTHING } from "../math/zeros";
import { addTile, holdZoned } from "../recurrent/drops";
import { handOnMasked } from "../recurrent/lengths";
import { gatherTiles, scatterTiles } from "../recurrent/state";
import { meet, shareOf, threadsOf } from "../team";
import { isWide } from "../wide";
import { gatesAlone, holdTile } from "./cell-gates";
import {
  bankDepth, bankTiles, carriedOf, cellChunk, cellOf, cellWeightFloats, depthOf, extrasOf, gatesOf, headsOf, isJordan,
  isRecurrent, LAYER_NORM, LSTM, NO_BIAS, NORM_SUMS, pad16, projectedOf, seenOf, SLSTM, stateColumns, statesOf,
} from "./cell-layout";
import { normStepBackward } from "./cell-norm-step-backward";
import { copyShifts, normWeightGradients, takeMeans, takeRowMeans } from "./cell-norm-weights";
import { projectBackward } from "./cell-projection";
import { clearOutside } from "./cell-slstm";
import { savedBytes } from "./cell-step";
import { droppedProduct, pointwise } from "./cell-step-backward";
import { blockStride } from "./lstm-layout";
import { lstmTranspose } from "./lstm-pack";
import { lstmGradientProduct, lstmWeightGradients } from "./lstm-step-backward";

/**
 * Backpropagation through time for what cellForward left behind. Arguments as those of lstmBackward, with rows
 * of states Pw and Hw wide: dhLast, dhFirst are [B][Pw]; dcLast, dcFirst [B][R Hw], as c is (what is projected is left
 * as it stands). dOut need have no more than its Pp columns.
 *
 * Steps go backwards in chunks of about 128 rows: gate gradients and dh step by step, then the chunk's share of
 * dW, db and dX at once. A thread has groups of 16 units of its own, which are tiles of dh too.
 */
export function cellBackward(
  kind: i32, B: i32, T: i32, I: i32, H: i32, xh: usize, w: usize, b: usize, saved: usize, c: usize,
  dOut: usize, dOutStride: i32, dOutLast: i32, dhLast: usize, dcLast: usize, dX: usize, dXStride: i32,
  dW: usize, db: usize, dhFirst: usize, dcFirst: usize, lengths: usize, first: i32, scratch: usize,
  team: usize, rank: i32,
): void {
  cellBackwardDropped(
    kind, B, T, I, H, xh, w, b, saved, c, dOut, dOutStride, dOutLast, dhLast, dcLast, dX, dXStride, dW, db, dhFirst,
    dcFirst, lengths, first, 0, 0, 0, 0, 0, scratch, team, rank,
  );
}

/**
 * The same for what cellForwardDropped left behind: masks, masked, keepH and keepC as it had them. aside:
 * cellDropFloats; nothing in it outlives the call.
 */
export function cellBackwardDropped(
  kind: i32, B: i32, T: i32, I: i32, H: i32, xh: usize, w: usize, b: usize, saved: usize, c: usize,
  dOut: usize, dOutStride: i32, dOutLast: i32, dhLast: usize, dcLast: usize, dX: usize, dXStride: i32,
  dW: usize, db: usize, dhFirst: usize, dcFirst: usize, lengths: usize, first: i32, masks: usize, masked: usize,
  keepH: usize, keepC: usize, aside: usize, scratch: usize, team: usize, rank: i32,
): void {
  const threads = threadsOf(team);
  const recurrent = isRecurrent(kind);
  const gates = gatesOf(kind);
  const vectors = gates + extrasOf(kind);
  const states = statesOf(kind);
  const carried = carriedOf(kind);
  const seen = seenOf(kind);
  const projected = projectedOf(kind);
  const ip = pad4(I);
  const hw = pad16(H);
  const pw = stateColumns(kind, hw);
  const outputColumns = projected ? projected : H;
  const k = ip + pw;
  const depth = depthOf(kind, ip, hw);
  const groups = hw >> 4;
  const tiles = groups * gates;
  const tilesOut = pw >> 4;
  // the second bank of weights
  const banked = bankTiles(kind, hw);
  const bankRows = bankDepth(kind, hw);
  const steps = cellChunk(B, T);
  const xWide = pad16(ip);
  const kBytes = <usize>k << 2;
  const hBytes = <usize>hw << 2;
  const outBytes = <usize>pw << 2;
  const cBytes = <usize>states * hBytes;
  const kept = savedBytes(kind, B);
  const norm = (kind & LAYER_NORM) != 0;
  const dStep = <usize>(steps * B + 1) << 6;

  const wh = scratch;
  const wx = wh + (<usize>(16 * tiles * pw) << 2);
  const dPre = wx + (<usize>(16 * tiles * xWide) << 2);
  const packed = dPre + <usize>tiles * dStep;
  const block = blockRows(steps * B);
  const packedBank = packed + <usize>k * blockStride(block);
  const outputs = packedBank + <usize>bankRows * blockStride(block);
  const dh = outputs + (<usize>(steps * B * xWide) << 2);
  // tiles of c, of i, f, o where gates see gates, and of what is projected
  const dc = dh + <usize>B * outBytes;
  // what masked samples hand on from one step to the one before it
  const dhKept = dc + <usize>B * cBytes;
  const dcKept = dhKept + <usize>B * outBytes;
  // of the second bank, what dPre and wh are to the first
  const wBank = dcKept + <usize>B * cBytes;
  const dBank = wBank + (<usize>(16 * banked * bankRows) << 2);
  const blockSums = dBank + <usize>banked * dStep;
  const jordan = isJordan(kind);
  const outputSums = <usize>(vectors * groups) << 6;
  const sumsStep = outputSums + (jordan ? outBytes : 0);
  const blocks = (steps * B + block - 1) / block;
  // with norms what the products of x are asked for, sums of rows, and what follows from them
  const dPreX = norm ? blockSums + <usize>blocks * sumsStep : dPre;
  const rowSums = dPreX + <usize>tiles * dStep;
  const sumRows = (B + 3) & ~3;
  const means = rowSums + <usize>(groups * sumRows) * NORM_SUMS;
  const totals = norm ? means + (<usize>(groups * sumRows) << 4) : blockSums + <usize>blocks * sumsStep;
  const biasTotals = totals + (<usize>cellWeightFloats(<f64>kind, <f64>I, <f64>H) << 3);

  // of what is dropped
  const maskBytes = <usize>gates * kBytes;
  const dhZoned = aside + (<usize>(B * max(16 * steps, max(hw, pw))) << 2);
  const dcZoned = dhZoned + <usize>B * outBytes;

  const atBank = <usize>(tiles * depth) << 6;
  // gradients of what is projected, in tiles
  const dm = dc + (<usize>(carried * groups * B) << 6);

  const g0 = shareOf(groups, rank, threads);
  const g1 = shareOf(groups, rank + 1, threads);
  const k0 = shareOf(depth >> 2, rank, threads) << 2;
  const k1 = shareOf(depth >> 2, rank + 1, threads) << 2;
  const s0 = shareOf(bankRows >> 2, rank, threads) << 2;
  const s1 = shareOf(bankRows >> 2, rank + 1, threads) << 2;
  // tiles of h, which are the groups where it is no projection
  const p0 = shareOf(tilesOut, rank, threads);
  const p1 = shareOf(tilesOut, rank + 1, threads);
  const q0 = shareOf(xWide >> 4, rank, threads);
  const q1 = shareOf(xWide >> 4, rank + 1, threads);

  // tiles stand like the panels of an LSTM: four times as many units
  if (recurrent && (T > 1 || dhFirst)) lstmTranspose(4 * tiles, depth, ip, pw, w, wh, p0, p1);
  if (dX != 0) lstmTranspose(4 * tiles, depth, 0, ip, w, wx, q0, q1);
  for (let own = 0; own < bankRows >> 4; own += groups) {
    lstmTranspose(4 * banked, bankRows, 0, bankRows, w + atBank, wBank, own + g0, own + g1);
  }
  if (norm && (T > 1 || dhFirst)) takeMeans(16 * tiles, gates * H, p0, p1, wh);
  if (norm && dX != 0) takeMeans(16 * tiles, gates * H, q0, q1, wx);
  if (rank == 0) {
    gatherTiles(B, tilesOut << 2, dhLast, outBytes, dh);
    gatherTiles(B, (carried * groups) << 2, dcLast, cBytes, dc);
  }
  meet(team);

  const mineW = 16 * (g1 - g0) * gates * depth;
  const mineB = 16 * (g1 - g0) * vectors;
  const firstW = <usize>(g0 * gates * depth) << 6;
  const firstB = <usize>(g0 * vectors) << 6;
  const b0 = projected ? p0 : g0 * seen;
  const b1 = projected ? p1 : g1 * seen;
  const mineBank = 16 * (b1 - b0) * bankRows;
  const firstBank = atBank + (<usize>(b0 * bankRows) << 6);
  const mineOut = jordan ? 16 * (p1 - p0) : 0;
  const firstOut = outputSums + (<usize>p0 << 6);

  // whether the elementwise part takes up itself what the output is asked for, in groups without padding: in 128 bits a
  // pass of its own is faster
  const direct = isWide() && cellOf(kind) == LSTM && !norm && !projected && !lengths && !keepH;

  let done = 0;
  for (let last = T; last > 0; last -= steps) {
    const from = max(last - steps, 0);
    for (let n = 0; n < blocks; ++n) {
      memory.fill(blockSums + <usize>n * sumsStep + firstB, 0, <usize>mineB << 2);
      memory.fill(blockSums + <usize>n * sumsStep + firstOut, 0, <usize>mineOut << 2);
    }
    for (let t = last - 1; t >= from; --t) {
      const d = dPre + (<usize>((t - from) * B) << 6);
      const dSecond = dBank + (<usize>((t - from) * B) << 6);
      const step = xh + <usize>(t * B) * kBytes;
      const cell = c + <usize>(t * B) * cBytes;
      const asks = !dOutLast || t == T - 1;
      const outStride = <usize>dOutStride << 2;
      const out = dOut + (dOutLast ? 0 : <usize>(t * B) * outStride);
      for (let p = p0; p < p1; ++p) {
        const tile = (<usize>(p * B)) << 6;
        const at = <usize>p << 6;
        const vectors = min(4, (pad4(outputColumns) >> 2) - (p << 2));
        if (asks && !(direct && vectors == 4)) addRowsTo(B, <usize>max(vectors, 0) << 4, out + at, outStride, dh + tile, 64);
        if (lengths) holdTile(B, lengths, first + t, dh + tile, dhKept + tile);
        if (keepH) holdZoned(B, keepH + <usize>(t * B) * outBytes + at, outBytes, dh + tile, dhZoned + tile);
        let sums = blockSums + outputSums + at;
        for (let r = 0; projected && r < B; r += min(B, block)) {
          const row = <usize>r;
          const h = step + (<usize>ip << 2) + <usize>B * kBytes + row * kBytes + at;
          const to = dSecond + <usize>p * dStep + (row << 6);
          projectBackward(
            kind, min(min(B, block), B - r), h, kBytes, dh + tile + (row << 6), to, jordan ? sums : 0,
          );
          sums += sumsStep;
        }
      }
      if (projected) {
        meet(team);
        lstmGradientProduct(B, banked, dSecond, dStep, wBank, g0, g1, dm, 64, <usize>B << 6);
      }
      for (let g = g0; g < g1; ++g) {
        const tile = (<usize>(g * B)) << 6;
        const at = <usize>g << 6;
        for (let q = 0; lengths && q < carried; ++q) {
          const its = tile + (<usize>(q * groups * B) << 6);
          holdTile(B, lengths, first + t, dc + its, dcKept + its);
        }
        if (keepC) holdZoned(B, keepC + <usize>(t * B) * hBytes + at, hBytes, dc + tile, dcZoned + tile);
      }
      if (norm) {
        normStepBackward(
          kind, B, min(B, block), H, g0, g1, b, saved + <usize>(t * groups) * kept, cell, cell + <usize>B * cBytes, cBytes,
          projected ? dm : dh, dc, d, dPreX + (<usize>((t - from) * B) << 6), dStep, rowSums,
          means + (<usize>(g0 * sumRows) << 4), blockSums, sumsStep, team,
        );
      }
      for (let g = g0; !norm && g < g1; ++g) {
        const tile = (<usize>(g * B)) << 6;
        const at = <usize>g << 6;
        const takesOut = direct && asks && (pad4(outputColumns) >> 2) - (g << 2) >= 4;
        let sums = blockSums + <usize>(g * vectors) * 64;
        for (let r = 0; r < B; r += min(B, block)) {
          pointwise(
            kind, min(min(B, block), B - r), r, saved + <usize>(t * groups + g) * kept, kept / B,
            b + (<usize>(g * vectors + gates) << 6), step + (<usize>ip << 2) + at, kBytes, cell + at,
            cell + <usize>B * cBytes + at, cBytes, (projected ? dm : dh) + tile, takesOut ? out + at : NOTHING,
            takesOut ? outStride : 0, dc + tile,
            <usize>(groups * B) << 6,
            d + <usize>(g * gates) * dStep, dStep, sums,
          );
          sums += sumsStep;
        }
        if (keepC) addTile(B, dcZoned + tile, dc + tile);
        // where the state meets no matrix dh is that of the step before by now
        if (keepH && !recurrent) addTile(B, dhZoned + tile, dh + tile);
        if (seen) gatesAlone(B, d + <usize>(g * gates) * dStep, dSecond + <usize>(g * seen) * dStep, dStep);
      }
      if (recurrent && (t > 0 || dhFirst || (seen && dcFirst))) {
        meet(team);
        if (masks) {
          const columns = masks + (<usize>ip << 2);
          for (let p = p0; p < p1; ++p) {
            const tile = (<usize>(p * B)) << 6;
            droppedProduct(
              B, 0, B, gates, groups, d, dStep, wh, p, aside + tile, columns, maskBytes, kBytes, dh + tile, 64,
            );
          }
        } else lstmGradientProduct(B, tiles, d, dStep, wh, p0, p1, dh, 64, <usize>B << 6);
        for (let p = p0; keepH && p < p1; ++p) {
          const tile = (<usize>(p * B)) << 6;
          addTile(B, dhZoned + tile, dh + tile);
        }
        for (let q = 0; q < seen; ++q) {
          const its = q * groups;
          const to = dc + (<usize>(groups * B) << 6);
          lstmGradientProduct(B, banked, dSecond, dStep, wBank, its + g0, its + g1, to, 64, <usize>B << 6);
        }
      }
      if (lengths) handOnMasked(B, p0 << 2, p1 << 2, lengths, first + t, dh, dhKept);
      for (let q = 0; lengths && q < carried; ++q) {
        const its = q * groups;
        handOnMasked(B, (its + g0) << 2, (its + g1) << 2, lengths, first + t, dc, dcKept);
      }
    }
    const rows = (last - from) * B;
    const inputs = xh + <usize>(from * B) * kBytes;
    let sums = blockSums;
    for (let r = 0; dW != 0 && r < rows; r += block) {
      keepGroup(done, mineW, dW + firstW, totals + 2 * firstW);
      keepGroup(done, mineBank, dW + firstBank, totals + 2 * firstBank);
      keepGroup(done, mineB, db + firstB, biasTotals + 2 * firstB);
      keepGroup(done, mineOut, db + firstOut, biasTotals + 2 * firstOut);
      const n = min(block, rows - r);
      const stride = blockStride(n);
      const opens = beginsGroup(done);
      const to = dPre + (<usize>r << 6);
      for (let gate = 0; masks && gate < gates; ++gate) {
        const seenBy = masked + <usize>(from * B + r) * maskBytes + <usize>gate * kBytes + (<usize>k0 << 2);
        transposeRows(n, k1 - k0, seenBy, maskBytes, packed + <usize>k0 * stride, stride);
        meet(team);
        for (let g = g0; g < g1; ++g) {
          const tile = g * gates + gate;
          lstmWeightGradients(n, depth, tile, tile + 1, packed, to, dStep, dW, opens ? 1 : 0);
        }
        meet(team);
      }
      if (!masks) {
        const columns = inputs + <usize>r * kBytes + (<usize>k0 << 2);
        transposeRows(n, k1 - k0, columns, kBytes, packed + <usize>k0 * stride, stride);
      }
      if (banked) {
        // gates of the step before, or what this one projects: rows of c
        const row = from * B + r + (projected ? B : 0);
        const its = c + <usize>row * cBytes + (projected ? cBytes - hBytes : hBytes) + (<usize>s0 << 2);
        transposeRows(n, s1 - s0, its, cBytes, packedBank + <usize>s0 * stride, stride);
      }
      meet(team);
      if (norm) {
        const toX = dPreX + (<usize>r << 6);
        normWeightGradients(n, ip, depth, g0 * gates, g1 * gates, packed, stride, to, toX, dStep, dW, opens);
      } else if (!masks) lstmWeightGradients(n, depth, g0 * gates, g1 * gates, packed, to, dStep, dW, opens ? 1 : 0);
      if (banked) {
        const its = dBank + (<usize>r << 6);
        lstmWeightGradients(n, bankRows, b0, b1, packedBank, its, dStep, dW + atBank, opens ? 1 : 0);
      }
      addBlock(mineB, sums + firstB, db + firstB, opens);
      addBlock(mineOut, sums + firstOut, db + firstOut, opens);
      // what is packed may be overwritten
      meet(team);
      sums += sumsStep;
      ++done;
    }
    if (dX != 0) {
      const r0 = shareOf(rows, rank, threads);
      const count = shareOf(rows, rank + 1, threads) - r0;
      const stride = <usize>dXStride << 2;
      const to = dX + <usize>(from * B + r0) * stride;
      const wide = <usize>xWide << 2;
      // columns that fill their tiles need no room of their own
      const fills = xWide == ip;
      const rowsOut = fills ? to : outputs + <usize>r0 * wide;
      const rowsStride = fills ? stride : wide;
      if (dW == 0) meet(team);
      if (count > 0) {
        const d = dPreX + (<usize>r0 << 6);
        for (let q = 0; masks && q < xWide >> 4; ++q) {
          const product = aside + (<usize>r0 << 6);
          const columns = rowsOut + (<usize>q << 6);
          droppedProduct(
            count, r0, B, gates, groups, d, dStep, wx, q, product, masks, maskBytes, kBytes, columns,
            rowsStride,
          );
        }
        if (!masks) lstmGradientProduct(count, tiles, d, dStep, wx, 0, xWide >> 4, rowsOut, rowsStride, 64);
        if (!fills) copyRows(count, <usize>ip << 2, rowsOut, wide, to, stride);
      }
    }
    // the gradients of this chunk may be overwritten
    meet(team);
  }
  if (rank == 0) {
    if (dhFirst) scatterTiles(B, tilesOut << 2, dh, dhFirst, outBytes);
    if (dcFirst) scatterTiles(B, (carried * groups) << 2, dc, dcFirst, cBytes);
  }
  if (dW != 0) {
    closeSums(done, mineW, dW + firstW, totals + 2 * firstW);
    closeSums(done, mineBank, dW + firstBank, totals + 2 * firstBank);
    closeSums(done, mineB, db + firstB, biasTotals + 2 * firstB);
    closeSums(done, mineOut, db + firstOut, biasTotals + 2 * firstOut);
    for (let g = g0; cellOf(kind) == SLSTM && g < g1; ++g) {
      clearOutside(headsOf(kind), H, g, ip, depth, dW + (<usize>(g * gates * depth) << 6));
    }
    if (norm) {
      meet(team);
      takeRowMeans(gates, H, depth, k0, k1, dW, wh + (<usize>k0 << 6));
    }
    for (let g = g0; norm && g < g1; ++g) copyShifts(kind, db + (<usize>(g * vectors) << 6));
    if (kind & NO_BIAS) memory.fill(db + firstOut, 0, <usize>mineOut << 2);
    for (let g = g0; kind & NO_BIAS && g < g1; ++g) {
      memory.fill(db + (<usize>(g * vectors) << 6), 0, <usize>gates << 6);
    }
  }
  meet(team);
}
