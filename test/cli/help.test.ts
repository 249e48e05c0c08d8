import { describe, expect, it } from 'vitest';
import { COMMANDS } from '../../src/cli/commands.js';
import { commandHelp, wrap } from '../../src/cli/help.js';
import { run, workspace } from './cli-process.js';

const folder = workspace();

describe('help', () => {
  it('of the program lists the commands', async () => {
    for (const flag of ['--help', '-h', 'help']) {
      const { code, stdout } = await run(folder, flag);
      expect(code).toBe(0);
      for (const { name, summary } of COMMANDS)
        expect(stdout).toMatch(new RegExp(`${name} +${summary}`));
    }
  });

  it('of a command lists each option, with whatever else is given', async () => {
    const { code, stdout } = await run(folder, 'tune', '--nonsense', '--help');
    expect(code).toBe(0);
    for (const flag of [
      'target',
      'features',
      'time',
      'window',
      'horizon',
      'trials',
      'workers',
      'epochs',
      'seed',
      'portable',
      'out',
      'resume',
      'json',
    ]) {
      expect(stdout).toContain(`--${flag}`);
    }
  });

  it('fits a narrow terminal', () => {
    for (const command of COMMANDS) {
      for (const line of commandHelp(command, 80).split('\n'))
        expect(line.length).toBeLessThanOrEqual(80);
    }
    expect(wrap('one two three', 7)).toEqual(['one two', 'three']);
  });

  it('tells the version', async () => {
    for (const flag of ['--version', '-V']) {
      const { code, stdout } = await run(folder, flag);
      expect([code, stdout]).toEqual([0, expect.stringMatching(/^\d+\.\d+\.\d+\n$/)]);
    }
  });
});
