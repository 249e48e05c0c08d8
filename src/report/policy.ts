/**
 * The page's Content-Security-Policy: nothing is loaded, nothing is sent, and of styles and
 * scripts only the page's own run, named by hash. Whoever changes one of them puts the new
 * hash here; test/report/policy.test.ts prints it.
 */

export const styleHash = 'sha256-SvPkK6QnOS8m5ANgR830w8i5e5pA5Ww5jy6GSMUAykU=';
export const scriptHash = 'sha256-BtmbjAcKm8+kYsazUyTMQFHMneC5ZB+2e3B2foHgWtc=';

export const policy = [
  "default-src 'none'",
  `style-src '${styleHash}'`,
  `script-src '${scriptHash}'`,
  'img-src data:',
  "base-uri 'none'",
  "form-action 'none'",
].join('; ');
