import type { Layer } from './layer.js';

/** A layer within the configuration of another one. */
export const described = ({ className, name, config }: Layer) => ({
  className,
  ...(name === undefined ? {} : { name }),
  config: { ...config },
});
