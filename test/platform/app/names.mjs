const entries = { '.': 'sluice', node: 'sluice/node', worker: 'sluice/worker' };
const names = {};
for (const [key, entry] of Object.entries(entries)) {
  names[key] = Object.keys(await import(entry)).sort();
}
console.log(JSON.stringify(names));
