import { createHash } from 'node:crypto';
import { expect, it } from 'vitest';
import { hoverScript } from '../../src/report/hover.js';
import { policy, scriptHash, styleHash } from '../../src/report/policy.js';
import { pageCss } from '../../src/report/theme.js';

const hash = (text: string): string =>
  `sha256-${createHash('sha256').update(text).digest('base64')}`;

it('names the styles and the script of the page by their hashes', () => {
  expect({ styleHash, scriptHash }).toEqual({
    styleHash: hash(pageCss),
    scriptHash: hash(hoverScript),
  });
});

it('allows nothing else', () => {
  expect(policy).toContain("default-src 'none'");
  expect(policy).not.toContain('unsafe');
  expect(policy).not.toContain('http');
});
