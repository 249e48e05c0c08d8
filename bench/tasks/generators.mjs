/** What makes or reads the data of the tasks, for whoever wants to look at them apart from a training. */
export { addingBatch } from './adding.mjs';
export { copyBatch } from './copy-memory.mjs';
export { kneserNey, wittenBell } from './counts.mjs';
export { readDigits } from './digits.mjs';
export { readIdx } from './fashion.mjs';
export { formalBatch, languages, product } from './formal.mjs';
export { bitsOfModel, readBook, sideBySide } from './moby-dick.mjs';
export { readNames } from './names.mjs';
export { embeddedReber, LETTERS, reberBatch, shareUnderstood } from './reber.mjs';
export { temporalOrderBatch } from './temporal-order.mjs';
export { readVowels } from './vowels.mjs';
