// The licences of what the bundles contain, as their authors ask: collected from the packages that
// esbuild says it took, and from AssemblyScript, whose standard library is compiled into the kernels.
import { readdir, readFile } from 'node:fs/promises';

/** The loader ships without its licence's text, which is that of AssemblyScript. */
const textFrom = { '@assemblyscript/loader': 'assemblyscript' };

const packageOf = (path) => /node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(path)?.[1];

/** Text of the notices for esbuild's metafiles; `root` is the folder that holds node_modules. */
export async function thirdPartyNotices(root, metafiles) {
  const inputs = metafiles.flatMap(({ inputs }) => Object.keys(inputs));
  const names = new Set(['assemblyscript', ...inputs.map(packageOf).filter(Boolean)]);
  const notices = await Promise.all([...names].sort().map((name) => notice(root, name)));
  return `This package contains code of the following projects.\n\n${notices.join('\n')}`;
}

async function notice(root, name) {
  const at = (folder, file) => `${root}node_modules/${folder}/${file}`;
  const { version, license } = JSON.parse(await readFile(at(name, 'package.json'), 'utf8'));
  const source = textFrom[name] ?? name;
  const files = (await readdir(at(source, ''))).filter((file) =>
    /^(licen[cs]e|notice)/i.test(file),
  );
  if (files.length === 0) throw new Error(`no licence text found for the bundled package ${name}`);
  const texts = await Promise.all(files.sort().map((file) => readFile(at(source, file), 'utf8')));
  const rule = '-'.repeat(78);
  return `${rule}\n${name} ${version} (${license})\n${rule}\n\n${texts.join('\n')}`;
}
