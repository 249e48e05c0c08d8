// Rows of a table of which a step wants some alone, so that its cost does not grow with the table. The rows
// that were touched stand in a record of 2 V + 4 int32: how many there are, three unused, their numbers in the
// order in which they were touched first [V], and a mark for each row of the table [V], 1 where it was touched.

const HEAD: usize = 16;

/** Adds row `row` to the record where it is not in it. */
// @ts-ignore: decorator
@inline
export function touchRow(V: i32, record: usize, row: i32): void {
  const mark = record + HEAD + (<usize>(V + row) << 2);
  if (load<i32>(mark)) return;
  store<i32>(mark, 1);
  const count = load<i32>(record);
  store<i32>(record + HEAD + (<usize>count << 2), row);
  store<i32>(record, count + 1);
}

/** Adds all rows to the record. */
export function touchAllRows(V: i32, record: usize): void {
  const list = record + HEAD;
  for (let row = 0; row < V; ++row) {
    store<i32>(list + (<usize>row << 2), row);
    store<i32>(list + (<usize>(V + row) << 2), 1);
  }
  store<i32>(record, V);
}

/** Sets the touched rows of table [V][C], C a multiple of 4, to 0, and the record to none. */
export function clearRows(V: i32, C: i32, table: usize, record: usize): void {
  const count = load<i32>(record);
  const bytes = <usize>C << 2;
  for (let i = 0; i < count; ++i) {
    const row = load<i32>(record + HEAD + (<usize>i << 2));
    memory.fill(table + <usize>row * bytes, 0, bytes);
    store<i32>(record + HEAD + (<usize>(V + row) << 2), 0);
  }
  store<i32>(record, 0);
}

/** to [n][C] = the rows of table [V][C] that are touched first, from number `from` of them on. */
export function gatherRows(n: i32, C: i32, from: i32, record: usize, table: usize, to: usize): void {
  const bytes = <usize>C << 2;
  let list = record + HEAD + (<usize>from << 2);
  for (let i = 0; i < n; ++i, list += 4, to += bytes) {
    memory.copy(to, table + <usize>load<i32>(list) * bytes, bytes);
  }
}

/** The way back: rows [n][C] to their places in table [V][C]. */
export function scatterRows(n: i32, C: i32, from: i32, record: usize, rows: usize, table: usize): void {
  const bytes = <usize>C << 2;
  let list = record + HEAD + (<usize>from << 2);
  for (let i = 0; i < n; ++i, list += 4, rows += bytes) {
    memory.copy(table + <usize>load<i32>(list) * bytes, rows, bytes);
  }
}
